package auth

import (
	"os/exec"
	"syscall"
)

// inOwnGroup gives the command a process group, apart from a console's Ctrl-C.
// Its process is ended with the command's context.
func inOwnGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP, HideWindow: true}
}
