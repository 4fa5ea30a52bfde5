package main

import (
	"bytes"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestCallInterruptedWhileReading interrupts a call whose arguments come from
// somebody who does not write them, as one at a keyboard may not.
func TestCallInterruptedWhileReading(t *testing.T) {
	t.Parallel()
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, given := range []string{"--json=" + pipe, "text=@" + pipe} {
		w := workspace(t)
		cmd := process(t, demoEnvironment(nil, w.URL(), t.TempDir()), "call", "echo", given, "--connection", "github")
		d := start(t, cmd)
		writer, err := os.OpenFile(pipe, os.O_WRONLY, 0) // returns when it is opened for reading
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		if got := d.exit(t); got != 130 {
			t.Errorf("%s: exit code %d, want 130", given, got)
		}
		if stderr := cmd.Stderr.(*bytes.Buffer).String(); stderr != "" {
			t.Errorf("%s: stderr: %s", given, stderr)
		}
		writer.Close()
	}
}
