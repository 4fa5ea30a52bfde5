//go:build unix

package auth

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// inOwnGroup gives the command a process group, which is ended as a whole with the
// command's context: a CLI may have children of its own.
func inOwnGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error {
		err := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		if errors.Is(err, syscall.ESRCH) {
			return os.ErrProcessDone
		}
		return err
	}
}
