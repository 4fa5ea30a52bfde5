//go:build linux

package peers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"ucbridge/bridge/programtest"
)

// Environment variables of a copy of this test that a client starts as its server.
const (
	tapDir   = "PEERS_TAP"   // where it writes what it sees
	tapChild = "PEERS_CHILD" // the server that it stands before: a program, or probeChild
)

// probeChild is the probe over stdio.
const probeChild = "probe"

// runTap starts the server for a client and writes down what the client says to it, the
// environment that it gives to it, and by what it ends it.
func runTap(dir string, args []string) error {
	child := os.Getenv(tapChild)
	if child == probeChild {
		child = "/proc/self/exe"
	}
	base := filepath.Join(dir, fmt.Sprint(os.Getpid()))
	if err := os.WriteFile(base+".env", []byte(strings.Join(os.Environ(), "\n")), 0o600); err != nil {
		return err
	}
	said, err := os.Create(base + ".said")
	if err != nil {
		return err
	}
	defer said.Close()
	cmd := exec.Command(child, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = os.Environ(), os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	ending := func(by string) { // the first counts
		if file, err := os.OpenFile(base+".end", os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600); err == nil {
			file.WriteString(by)
			file.Close()
		}
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
	go func() {
		for s := range signals {
			ending(map[os.Signal]string{syscall.SIGTERM: "SIGTERM", syscall.SIGINT: "SIGINT", syscall.SIGHUP: "SIGHUP"}[s])
			cmd.Process.Signal(s)
		}
	}()
	go func() {
		io.Copy(io.MultiWriter(in, said), os.Stdin)
		ending("EOF")
		in.Close()
	}()
	return cmd.Wait()
}

// tap is where the copies for one client write.
type tap struct{ dir string }

// newTap writes a program that starts such a copy, for a client to start in the place
// of ucbridge.
func newTap(t *testing.T, child string) (tap, string) {
	t.Helper()
	self, err := os.Readlink("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	script := filepath.Join(dir, "ucbridge-tap")
	text := fmt.Sprintf("#!/bin/sh\n%s='%s' %s='%s' exec '%s' \"$@\"\n", tapDir, dir, tapChild, child, self)
	programtest.Write(t, script, []byte(text))
	return tap{dir}, script
}

// tapped is what one start of a server saw.
type tapped struct {
	messages []tappedMessage
	env, end string
}

type tappedMessage struct {
	ID     json.RawMessage
	Method string
	Params struct {
		Name, Cursor    string
		ProtocolVersion string
		Capabilities    map[string]any
		ClientInfo      struct{ Name, Version string }
	}
}

// read returns what was seen in the start that said most: clients start a server to
// list it, too.
func (p tap) read(t *testing.T) (best tapped) {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(p.dir, "*.said")) // the pattern is right
	for _, file := range files {
		said, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var seen tapped
		for line := range bytes.Lines(said) {
			var m tappedMessage
			if json.Unmarshal(line, &m) == nil {
				seen.messages = append(seen.messages, m)
			}
		}
		base := strings.TrimSuffix(file, ".said")
		env, _ := os.ReadFile(base + ".env") // written before
		end, _ := os.ReadFile(base + ".end") // where it was not killed
		seen.env, seen.end = string(env), string(end)
		if len(seen.messages) > len(best.messages) {
			best = seen
		}
	}
	return best
}
