package main

import (
	"bytes"
	"os"
	"strings"
	"syscall"
	"testing"
)

// TestOutputLost has commands print to where nothing arrives: a full disk is told
// of, and a reader that has read enough, such as head, is not.
func TestOutputLost(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	syscall.ForkLock.RLock() // or a process that is being started is a reader, for a while
	reader, gone, err := os.Pipe()
	if err == nil {
		reader.Close()
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		t.Fatal(err)
	}
	defer gone.Close()
	env := demoEnvironment(nil, workspace(t).URL(), t.TempDir())
	for _, line := range []string{
		"version", "connections", "install --list", "call echo text=x --connection github",
		"tools --connection github", "tools echo --connection github", "tools --all -o json --connection github",
	} {
		for want, out := range map[string]*os.File{"ucbridge: error: write /dev/stdout: no space left on device\n": full, "": gone} {
			cmd := process(t, env, strings.Fields(line)...)
			cmd.Stdout = out
			if err := cmd.Run(); cmd.ProcessState.ExitCode() != exitError {
				t.Errorf("%s: %v, want exit code %d", line, err, exitError)
			}
			if got := cmd.Stderr.(*bytes.Buffer).String(); got != want {
				t.Errorf("%s: stderr %q, want %q", line, got, want)
			}
		}
	}
}
