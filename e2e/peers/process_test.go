//go:build linux

package peers

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// environ holds nothing of the user's but PATH.
func environ(t *testing.T) []string {
	t.Helper()
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "NO_PROXY=127.0.0.1,localhost"}
}

// run is a process with such an environment, in a group of its own.
func run(t *testing.T, program string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Env = environ(t)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	return cmd
}

// node is a script in this folder.
func node(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	path, err := exec.LookPath("node")
	if err != nil {
		t.Fatal("Node is not installed")
	}
	return run(t, path, args...)
}

// find looks for a file below node_modules, of this folder or of the one above,
// which has what "make e2e" needs.
func find(pattern string) (path string, ok bool) {
	for _, modules := range []string{"node_modules", "../node_modules"} {
		found, _ := filepath.Glob(filepath.Join(modules, pattern)) // patterns are right
		if len(found) == 0 {
			continue
		}
		path, err := filepath.EvalSymlinks(found[0])
		if err == nil {
			path, err = filepath.Abs(path)
		}
		return path, err == nil
	}
	return "", false
}

// native is find for what must be there.
func native(t *testing.T, pattern string) string {
	t.Helper()
	path, ok := find(pattern)
	if !ok {
		t.Fatalf("no %s: run npm ci in e2e and in e2e/peers", pattern)
	}
	return path
}

// missing skips a peer that only "make clients" and "make servers" install.
func missing(t *testing.T) {
	t.Helper()
	if os.Getenv("PEERS") == "all" {
		t.Fatal("not installed: run npm ci in e2e/peers")
	}
	t.Skip("not installed here: make clients, make servers")
}

// background runs a process and all that it starts until the test is over. What it
// said is shown when the test fails.
func background(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	said := new(bytes.Buffer)
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		cmd.Wait()
		if t.Failed() {
			t.Logf("%s said:\n%s", cmd, said)
		}
	})
}

// awaitListener returns when something accepts connections at addr.
func awaitListener(t *testing.T, addr string) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) {
		conn, err := net.DialTimeout("tcp", addr, time.Second)
		if err == nil {
			conn.Close()
			return
		}
		time.Sleep(50 * time.Millisecond) // nothing else says when a stranger listens
	}
	t.Fatalf("nothing listens at %s", addr)
}

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
