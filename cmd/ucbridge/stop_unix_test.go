//go:build unix

package main

import (
	"os"
	"os/exec"
	"syscall"
)

// stoppable prepares a process that interrupt and terminate are to reach.
func stoppable(*exec.Cmd) {}

// interrupt does what Ctrl-C does.
func interrupt(p *os.Process) error { return p.Signal(os.Interrupt) }

// terminate asks a process to end, as whoever runs services does.
func terminate(p *os.Process) error { return p.Signal(syscall.SIGTERM) }

// stop is a way to stop a process, and its exit code then.
type stop struct {
	send func(*os.Process) error
	want int
}

var stops = map[string]stop{"interrupt": {interrupt, 130}, "terminate": {terminate, 143}}

// ctrlC is a program of Windows' tests.
func ctrlC() {}
