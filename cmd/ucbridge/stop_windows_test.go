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

// stop is a way to stop a process, and its exit code then.
type stop struct {
	send func(*os.Process) error
	want int
}

// stops are what a console and the system tell the processes in it. Windows ends those
// that have heard of a closed console after five seconds; Go calls that SIGTERM.
var stops = map[string]stop{
	"Ctrl-C":         {interrupt, 130},
	"Ctrl-Break":     {func(p *os.Process) error { return controlEvent(p, windows.CTRL_BREAK_EVENT) }, 130},
	"closed console": {terminate, 143},
	"log-off":        {func(p *os.Process) error { return controlEvent(p, windows.CTRL_LOGOFF_EVENT) }, 143},
	"shutdown":       {func(p *os.Process) error { return controlEvent(p, windows.CTRL_SHUTDOWN_EVENT) }, 143},
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

// terminate closes the console of a process.
func terminate(p *os.Process) error { return controlEvent(p, windows.CTRL_CLOSE_EVENT) }

// controlEvent does in a process what its console does there: it runs the function of
// Windows that tells the program's handlers of the event. GenerateConsoleCtrlEvent has no
// closed console, and under Wine no Ctrl-Break. A library of the system has one address
// in all processes.
func controlEvent(p *os.Process, event uintptr) error {
	const rights = windows.PROCESS_CREATE_THREAD | windows.PROCESS_QUERY_INFORMATION | windows.PROCESS_VM_OPERATION | windows.PROCESS_VM_WRITE | windows.PROCESS_VM_READ
	process, err := windows.OpenProcess(rights, false, uint32(p.Pid))
	if err != nil {
		return err
	}
	defer windows.CloseHandle(process)
	tell := windows.NewLazySystemDLL("kernelbase.dll").NewProc("CtrlRoutine")
	if err := tell.Find(); err != nil {
		return err
	}
	thread, _, err := windows.NewLazySystemDLL("kernel32.dll").NewProc("CreateRemoteThread").Call(uintptr(process), 0, 0, tell.Addr(), event, 0, 0)
	if thread == 0 {
		return fmt.Errorf("telling process %d of console event %d: %w", p.Pid, event, err)
	}
	return windows.CloseHandle(windows.Handle(thread))
}

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
