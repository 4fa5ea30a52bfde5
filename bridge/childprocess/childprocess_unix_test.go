//go:build unix

package childprocess

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// roleVariable makes another program of the tests.
const roleVariable = "TEST_ROLE"

// What the programs of a test get beside stdin, stdout and stderr.
const (
	reportFile = 3 // to write to: each says that it is there, and holds it open as long as it lives
	lifeFile   = 4 // to read from: they go on at its end
)

// TestMain is the programs, too.
func TestMain(m *testing.M) {
	role := os.Getenv(roleVariable)
	if role == "" {
		goleak.VerifyTestMain(m)
		return
	}
	report, life := os.NewFile(reportFile, "report"), os.NewFile(lifeFile, "life")
	start := func(role string, start func(*exec.Cmd) error) {
		cmd := command(context.Background(), role)
		cmd.Stdout, cmd.ExtraFiles = os.Stdout, []*os.File{report, life}
		if err := start(cmd); err != nil {
			panic(err)
		}
	}
	n, _ := io.Copy(io.Discard, os.Stdin)
	fmt.Fprintln(report, role, n, syscall.Getpgrp())
	switch role {
	case "parent": // ends by a signal
		start("late", func(cmd *exec.Cmd) error { _, _, err := Output(cmd); return err })
	case "stubborn": // starts a child, and ends not even with SIGTERM
		signal.Ignore(syscall.SIGTERM, syscall.SIGINT)
		fmt.Println("half a token")
		start("child", (*exec.Cmd).Start)
		_, _ = io.Copy(io.Discard, life)
	case "leaves": // ends, and leaves a child behind that holds its stdout
		start("child", (*exec.Cmd).Start)
		fmt.Println("token")
	case "child":
		_, _ = io.Copy(io.Discard, life)
	case "late": // prints when nobody may be there to read it any more
		_, _ = io.Copy(io.Discard, life)
		fmt.Println("token")
		time.Sleep(time.Hour)
	case "endless":
		for {
			fmt.Println(strings.Repeat("x", 4<<10))
		}
	case "chatty":
		for range 2 * maxSaid / 1000 {
			fmt.Fprintln(os.Stderr, strings.Repeat("x", 1000))
		}
		fmt.Print("token")
	case "fails":
		fmt.Fprintln(os.Stderr, "not signed in")
		os.Exit(3)
	}
	os.Exit(0)
}

func command(ctx context.Context, role string) *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), roleVariable+"="+role)
	return cmd
}

// programs are those of a test.
type programs struct {
	cmd     *exec.Cmd
	reports *bufio.Reader
	report  *os.File
	goOn    func() // has them go on
}

// prepare returns a program of that role, which has not been started.
func prepare(t *testing.T, ctx context.Context, role string) *programs {
	t.Helper()
	read, report, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	life, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _, _, _ = read.Close(), report.Close(), life.Close(), write.Close() })
	if err := read.SetReadDeadline(time.Now().Add(2 * time.Minute)); err != nil { // a test that fails does not hang
		t.Fatal(err)
	}
	f := &programs{cmd: command(ctx, role), reports: bufio.NewReader(read), report: report, goOn: func() { _ = write.Close() }}
	f.cmd.ExtraFiles = []*os.File{report, life}
	return f
}

// await waits until programs of these roles are there. None of them has something to read.
// The process group is that of the last one.
func (f *programs) await(t *testing.T, roles ...string) (group int) {
	t.Helper()
	for range roles {
		line, err := f.reports.ReadString('\n')
		var role string
		var read int
		if _, bad := fmt.Sscan(line, &role, &read, &group); err != nil || bad != nil || read != 0 || !slices.Contains(roles, role) {
			t.Fatalf("%q: %v, %v, want %s", line, err, bad, roles)
		}
	}
	return group
}

// ended waits until all have ended: nobody holds their report open any more.
func (f *programs) ended(t *testing.T) {
	t.Helper()
	_ = f.report.Close()
	if rest, err := io.ReadAll(f.reports); err != nil {
		t.Errorf("a program is left over: %q, %v", rest, err)
	}
}

// TestContext ends a program that does not end by itself, with its child.
func TestContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	f := prepare(t, ctx, "stubborn")
	done := make(chan struct{})
	go func() {
		defer close(done)
		if out, _, err := Output(f.cmd); !errors.Is(err, context.Canceled) && !strings.Contains(fmt.Sprint(err), "killed") || string(out) != "half a token\n" {
			t.Errorf("%q, %v", out, err)
		}
	}()
	if group := f.await(t, "stubborn", "child"); group == syscall.Getpgrp() {
		t.Error("they are in our process group")
	}
	cancel()
	<-done
	f.ended(t)
}

// TestChildLeftBehind: a program that has ended is not waited for because of a child that
// keeps its output open. What it printed counts.
func TestChildLeftBehind(t *testing.T) {
	t.Parallel()
	f := prepare(t, t.Context(), "leaves")
	out, _, err := Output(f.cmd)
	if string(out) != "token\n" || err != nil {
		t.Errorf("%q, %v", out, err)
	}
	f.await(t, "leaves", "child")
	f.goOn()
	f.ended(t)
}

// TestEndOfParent: what a parent that was killed has started ends as soon as it prints.
func TestEndOfParent(t *testing.T) {
	t.Parallel()
	f := prepare(t, t.Context(), "parent")
	if err := f.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	f.await(t, "parent", "late")
	if err := f.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = f.cmd.Wait()
	f.goOn()
	f.ended(t)
}

// TestLimits: a program that prints without end ends, and one that says much on stderr is
// heard all the same.
func TestLimits(t *testing.T) {
	t.Parallel()
	endless := prepare(t, t.Context(), "endless")
	if out, _, err := Output(endless.cmd); !errors.Is(err, errTooMuch) || len(out) != maxOutput {
		t.Errorf("%d bytes, %v", len(out), err)
	}
	endless.ended(t)
	out, said, err := Output(prepare(t, t.Context(), "chatty").cmd)
	if string(out) != "token" || len(said) != maxSaid || err != nil {
		t.Errorf("%q, and %d bytes on stderr, %v", out, len(said), err)
	}
}

// TestFailure returns what a program says of its failure.
func TestFailure(t *testing.T) {
	t.Parallel()
	_, said, err := Output(prepare(t, t.Context(), "fails").cmd)
	if failed, ok := errors.AsType[*exec.ExitError](err); !ok || failed.ExitCode() != 3 || string(said) != "not signed in\n" {
		t.Errorf("%q, %v", said, err)
	}
	if _, _, err := Output(exec.CommandContext(t.Context(), "/nowhere/databricks")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no program: %v", err)
	}
}
