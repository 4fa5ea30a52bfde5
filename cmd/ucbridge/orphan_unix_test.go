//go:build unix

package main

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"testing"
)

// A client that is killed takes its pipes along, unless another process holds
// them: then only the parent's end tells. The shell here is the client; its pipes
// are the test's, which keeps them open.
func TestOrphanEnds(t *testing.T) {
	t.Parallel()
	path, err := exec.LookPath("ucbridge")
	if err != nil {
		t.Fatal(err)
	}
	// The shell's own stdin stays open behind descriptor 3, since a shell gives
	// /dev/null to what it starts in the background.
	shell := exec.CommandContext(t.Context(), "sh", "-c", `exec 3<&0; "$0" stdio --connection github <&3 & read line <&4`, path)
	shell.Env = append([]string{"PATH=" + os.Getenv("PATH"), "GORACE=" + raceOptions},
		demoEnvironment(nil, workspace(t).URL(), t.TempDir())...)
	in, client, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	answers, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	hold, release, err := os.Pipe() // the shell waits for a line on it
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	shell.Stdin, shell.Stdout = in, out
	shell.ExtraFiles = []*os.File{nil, hold}
	if err := shell.Start(); err != nil {
		t.Fatal(err)
	}
	in.Close()
	out.Close()
	hold.Close()
	if _, err := io.WriteString(client, initializeLine); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(answers)
	if _, err := lines.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	if err := release.Close(); err != nil { // ends the shell
		t.Fatal(err)
	}
	_ = shell.Wait() // it fails, as its read met the end of a file
	// stdin is still open; the end of stdout is the end of the bridge.
	if rest, err := io.ReadAll(lines); err != nil || len(rest) > 0 {
		t.Errorf("after its parent had ended: %q, %v", rest, err)
	}
}

// A client that has closed its end of stdout, and keeps stdin open, is gone too.
func TestClosedStdoutEnds(t *testing.T) {
	t.Parallel()
	cmd := process(t, demoEnvironment(nil, workspace(t).URL(), t.TempDir()), "stdio", "--connection", "github")
	answers, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout = out
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	out.Close()
	if _, err := io.WriteString(in, initializeLine); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(answers).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	answers.Close()
	_ = cmd.Wait() // returns: that is the test, the code does not matter
}
