package main

import "golang.org/x/sys/unix"

// cpuTime returns the processor time in ms, user and system, that a process has
// used. Its clock has nanoseconds, where /proc/PID/stat has ticks of 10 ms.
func cpuTime(pid int) float64 {
	if pid == 0 {
		return unknown
	}
	// The clock of process PID, as clock_getcpuclockid(3) makes it: the
	// complement of the pid, and 2 for the scheduler's account.
	clock := int32(^pid)<<3 | 2
	var used unix.Timespec
	if err := unix.ClockGettime(clock, &used); err != nil {
		return unknown
	}
	return float64(used.Nano()) / 1e6
}
