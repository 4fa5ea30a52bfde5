package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"syscall"

	"golang.org/x/sys/windows"
)

// stoppable prepares a process that interrupt and terminate are to reach: Ctrl-C goes to
// all that share a console, so it gets one of its own, without a window.
func stoppable(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_CONSOLE, HideWindow: true}
}

// interrupt does what Ctrl-C does. A process has one console, so another process goes
// to that of p.
func interrupt(p *os.Process) error {
	out, err := exec.Command("ctrlc", strconv.Itoa(p.Pid)).CombinedOutput()
	if err != nil {
		err = fmt.Errorf("pressing Ctrl-C: %w: %s", err, out)
	}
	return err
}

// terminate is Ctrl-C, too: Wine has no way to close a console.
func terminate(p *os.Process) error { return interrupt(p) }

// terminated is the exit code after terminate.
const terminated = 130

// ctrlC is a program that presses Ctrl-C in the console of a process.
func ctrlC() {
	signal.Notify(make(chan os.Signal, 1), os.Interrupt)
	pid, err := strconv.Atoi(os.Args[1])
	if err != nil {
		panic(err)
	}
	kernel := windows.NewLazySystemDLL("kernel32.dll")
	_, _, _ = kernel.NewProc("FreeConsole").Call() // it may have none
	if ok, _, err := kernel.NewProc("AttachConsole").Call(uintptr(pid)); ok == 0 {
		panic(fmt.Sprint("attaching to the console: ", err))
	}
	if err := windows.GenerateConsoleCtrlEvent(windows.CTRL_C_EVENT, 0); err != nil {
		panic(err)
	}
}
