package childprocess

import (
	"os/exec"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

// start starts the command in a job of Windows. The job is ended as a whole with the
// command's context, with the returned function and with our own process, however that
// ends: a CLI may have children of its own, as a .cmd file has. They get no window, and
// do not hear a console's Ctrl-C. What the command starts in its first moment, before it
// is in the job, ends with [EndWithUs] alone.
func start(cmd *exec.Cmd) (end func(), err error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP | windows.CREATE_NO_WINDOW, HideWindow: true}
	job, err := newJob()
	if err != nil {
		return nil, err
	}
	end = func() { _ = windows.CloseHandle(job) }
	cmd.Cancel = func() error {
		_ = windows.TerminateJobObject(job, 1) // the process may not be in it yet
		return cmd.Process.Kill()
	}
	if err := cmd.Start(); err != nil {
		end()
		return nil, err
	}
	if process, err := windows.OpenProcess(windows.PROCESS_SET_QUOTA|windows.PROCESS_TERMINATE, false, uint32(cmd.Process.Pid)); err == nil {
		_ = windows.AssignProcessToJobObject(job, process) // it may have ended already
		_ = windows.CloseHandle(process)
	}
	return end, nil
}

// EndWithUs has the system end whatever this process starts from now on, also
// where somebody else starts it, as the SDK does az.cmd, and however this process ends.
func EndWithUs() error {
	job, err := newJob() // it is never closed: the system does that at our end
	if err != nil {
		return err
	}
	return windows.AssignProcessToJobObject(job, windows.CurrentProcess())
}

// newJob makes a job whose processes end when its last handle is closed.
func newJob() (windows.Handle, error) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return 0, err
	}
	var limits windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION
	limits.BasicLimitInformation.LimitFlags = windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
	_, err = windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation, uintptr(unsafe.Pointer(&limits)), uint32(unsafe.Sizeof(limits)))
	if err != nil {
		_ = windows.CloseHandle(job)
		return 0, err
	}
	return job, nil
}
