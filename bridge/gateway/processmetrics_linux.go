package gateway

import (
	"bytes"
	"os"
	"slices"
	"strconv"
)

// ticksPerSecond is in what /proc counts processor time: Linux shows every program
// 100 a second (sysconf(3), _SC_CLK_TCK).
const ticksPerSecond = 100

// writeProcess writes what /proc tells of the process (proc(5)), by the names and
// with the types that Prometheus' own client library gave it. What cannot be read is
// left out.
func (p *metricsPage) writeProcess() {
	if stat, ok := readStat(); ok {
		p.single("process_cpu_seconds_total", "counter", "Processor time, of the program and of the system for it.", (stat(14)+stat(15))/ticksPerSecond)
		p.single("process_virtual_memory_bytes", "gauge", "Size of the address space in use.", stat(23))
		p.single("process_resident_memory_bytes", "gauge", "Resident memory.", stat(24)*float64(os.Getpagesize()))
		if boot, ok := bootTime(); ok {
			p.single("process_start_time_seconds", "gauge", "When the process began, as Unix time.", boot+stat(22)/ticksPerSecond)
		}
	}
	if open, err := os.ReadDir("/proc/self/fd"); err == nil {
		p.single("process_open_fds", "gauge", "Open files and connections.", float64(len(open)))
	}
	limits, _ := os.ReadFile("/proc/self/limits")
	if limit, ok := limitOf(limits, "\nMax open files"); ok {
		p.single("process_max_fds", "gauge", "How many files and connections may be open.", limit)
	}
	if limit, ok := limitOf(limits, "\nMax address space"); ok {
		p.single("process_virtual_memory_max_bytes", "gauge", "How large the address space may be.", limit)
	}
	if received, sent, ok := networkBytes(); ok {
		p.single("process_network_receive_bytes_total", "counter", "Bytes that came by IP into the network namespace.", received)
		p.single("process_network_transmit_bytes_total", "counter", "Bytes that went by IP out of the network namespace.", sent)
	}
}

// readStat returns the fields of /proc/self/stat, by their numbers in the manual.
func readStat() (field func(int) float64, ok bool) {
	content, err := os.ReadFile("/proc/self/stat")
	end := bytes.LastIndexByte(content, ')') // of field 2, a name that may hold anything
	fields := bytes.Fields(content[end+1:])
	if err != nil || len(fields) < 22 {
		return nil, false
	}
	return func(n int) float64 {
		value, _ := strconv.ParseFloat(string(fields[n-3]), 64) // the kernel writes numbers
		return value
	}, true
}

// bootTime is when the system was started, as Unix time.
func bootTime() (float64, bool) {
	content, err := os.ReadFile("/proc/stat")
	_, rest, ok := bytes.Cut(content, []byte("\nbtime "))
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	at, parseErr := strconv.ParseFloat(string(line), 64)
	return at, err == nil && ok && parseErr == nil
}

// limitOf finds a limit by the beginning of its line: the largest number where there
// is none (proc_pid_limits(5)).
func limitOf(limits []byte, name string) (float64, bool) {
	_, rest, ok := bytes.Cut(limits, []byte(name))
	fields := bytes.Fields(rest)
	if !ok || len(fields) == 0 {
		return 0, false
	}
	if string(fields[0]) == "unlimited" {
		return 1<<64 - 1, true
	}
	limit, err := strconv.ParseFloat(string(fields[0]), 64)
	return limit, err == nil
}

// networkBytes returns InOctets and OutOctets of IpExt, which are two lines, of
// names and of values (proc_pid_net(5)).
func networkBytes() (received, sent float64, ok bool) {
	content, err := os.ReadFile("/proc/self/net/netstat")
	var table [][][]byte
	for line := range bytes.Lines(content) {
		if bytes.HasPrefix(line, []byte("IpExt:")) {
			table = append(table, bytes.Fields(line))
		}
	}
	if err != nil || len(table) != 2 {
		return 0, 0, false
	}
	value := func(name string) float64 {
		i := slices.IndexFunc(table[0], func(field []byte) bool { return string(field) == name })
		if i < 0 || i >= len(table[1]) {
			ok = false
			return 0
		}
		number, _ := strconv.ParseFloat(string(table[1][i]), 64) // the kernel writes numbers
		return number
	}
	ok = true
	received, sent = value("InOctets"), value("OutOctets")
	return received, sent, ok
}
