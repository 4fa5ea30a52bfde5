package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
)

// cpuTime returns the processor time in ms, user and system, that a process has
// used: fields 14 and 15 of /proc/PID/stat (proc(5)), in ticks, of which Linux
// shows programs 100 a second. It is unknown on other systems.
func cpuTime(pid int) float64 {
	stat := procFile(pid, "stat")
	_, behindName, ok := bytes.Cut(stat, []byte(") "))
	fields := bytes.Fields(behindName)
	if !ok || len(fields) < 13 {
		return unknown
	}
	return 10 * (number(fields[11]) + number(fields[12]))
}

// residentMB returns the resident memory of a process in MB: VmRSS of
// /proc/PID/status. It is unknown on systems other than Linux.
func residentMB(pid int) float64 {
	_, rest, ok := bytes.Cut(procFile(pid, "status"), []byte("\nVmRSS:"))
	fields := bytes.Fields(rest)
	if !ok || len(fields) == 0 {
		return unknown
	}
	return number(fields[0]) * 1024 / 1e6
}

// procFile returns a file of /proc about a process, nothing where there is none.
func procFile(pid int, name string) []byte {
	if pid == 0 {
		return nil
	}
	content, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), name))
	if err != nil {
		return nil
	}
	return content
}

func number(digits []byte) float64 {
	n, err := strconv.ParseFloat(string(digits), 64)
	if err != nil {
		return unknown
	}
	return n
}
