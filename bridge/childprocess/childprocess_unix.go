//go:build unix

package childprocess

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// start starts the command in a process group of its own, which is ended as a
// whole with the command's context: a CLI may have children of its own. The function
// that is returned is to be called at the end.
func start(cmd *exec.Cmd) (end func(), err error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error {
		err := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		if errors.Is(err, syscall.ESRCH) {
			return os.ErrProcessDone
		}
		return err
	}
	return func() {}, cmd.Start()
}

// EndWithUs is for Windows, where the system can end children with their parent,
// however that ends. Elsewhere a CLI that is left over ends by itself, as its stdout is
// closed.
func EndWithUs() error { return nil }
