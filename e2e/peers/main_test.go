//go:build linux

package peers

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"unsafe"
)

// program is the environment variable by which the copy of this test that runs in
// the namespace learns where ucbridge is.
const program = "PEERS_UCBRIDGE"

var ucbridge = os.Getenv(program)

// TestMain builds ucbridge and starts this test again in a network namespace. A copy
// that a client starts is its server.
func TestMain(m *testing.M) {
	if dir := os.Getenv(tapDir); dir != "" {
		os.Unsetenv(tapDir)
		if err := runTap(dir, os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if os.Getenv(tapChild) == probeChild {
		serveProbe()
		return
	}
	if ucbridge != "" {
		if err := raiseLoopback(); err != nil {
			fmt.Fprintln(os.Stderr, "raising the loopback interface:", err)
			os.Exit(1)
		}
		os.Exit(m.Run())
	}
	code, err := runAlone()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

func runAlone() (int, error) {
	dir, err := os.MkdirTemp("", "ucbridge-peers-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	built := filepath.Join(dir, "ucbridge")
	build := exec.Command("go", "build", "-o", built, "./cmd/ucbridge")
	build.Dir, build.Env = "../..", append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return 1, fmt.Errorf("building ucbridge: %w\n%s", err, out)
	}
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Env = append(os.Environ(), program+"="+built)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getuid(), HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: os.Getgid(), HostID: os.Getgid(), Size: 1}},
		AmbientCaps: []uintptr{12}, // CAP_NET_ADMIN, to raise the loopback interface
		Pdeathsig:   syscall.SIGKILL,
	}
	err = cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode(), nil
	}
	if err != nil {
		return 1, fmt.Errorf("starting a network namespace: %w", err)
	}
	return 0, nil
}

// raiseLoopback does what "ip link set lo up" does.
func raiseLoopback() error {
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(socket)
	request := struct { // struct ifreq
		name  [syscall.IFNAMSIZ]byte
		flags uint16
		_     [22]byte
	}{flags: syscall.IFF_UP | syscall.IFF_RUNNING}
	copy(request.name[:], "lo")
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(socket), syscall.SIOCSIFFLAGS, uintptr(unsafe.Pointer(&request)))
	if errno != 0 {
		return errno
	}
	return nil
}
