package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
)

// residentMB returns the resident memory of a process in MB: VmRSS of
// /proc/PID/status (proc(5)). It is unknown on systems other than Linux, as are
// the other figures of a process.
func residentMB(pid int) float64 { return kilobytes(procFile(pid, "status"), "VmRSS:") }

// peakMB returns the most that a process ever had resident.
func peakMB(pid int) float64 { return kilobytes(procFile(pid, "status"), "VmHWM:") }

// privateMB returns the memory in MB that a process cannot share: private pages,
// without the clean ones of files, which it shares with every other process of the
// same program, if there happens to be one.
func privateMB(pid int) float64 {
	total, ofFile, found := 0.0, false, false
	for line := range bytes.Lines(procFile(pid, "smaps")) {
		fields := bytes.Fields(line)
		switch {
		case len(fields) == 0:
		case !bytes.HasSuffix(fields[0], []byte(":")): // a mapping begins: addresses, rights, offset, device, inode, path
			ofFile = len(fields) > 5 && bytes.HasPrefix(fields[5], []byte("/"))
		case string(fields[0]) == "Private_Dirty:", string(fields[0]) == "Private_Clean:" && !ofFile:
			total, found = total+number(fields[1]), true
		}
	}
	if !found {
		return unknown
	}
	return total * 1024 / 1e6
}

// kilobytes finds the line of a name in a file of /proc, and returns its value in
// MB.
func kilobytes(file []byte, name string) float64 {
	_, rest, ok := bytes.Cut(file, []byte("\n"+name))
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
