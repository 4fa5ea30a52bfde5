package childprocess

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// roleVariable makes another program of the tests.
const roleVariable = "TEST_ROLE"

// TestMain is the programs, too: "parent" starts "child" by start and waits for ever,
// "plain" does so after EndWithUs, as a library would; "child" starts "grandchild". Each
// prints its process id, and whether it has a window and something to read.
func TestMain(m *testing.M) {
	run := func(role string, start func(*exec.Cmd) error) {
		self, err := os.Executable()
		if err != nil {
			panic(err)
		}
		cmd := exec.CommandContext(context.Background(), self)
		cmd.Env = append(os.Environ(), roleVariable+"="+role)
		cmd.Stdout = os.Stdout
		if err := start(cmd); err != nil {
			panic(err)
		}
	}
	inJob := func(cmd *exec.Cmd) error { _, err := start(cmd); return err }
	switch os.Getenv(roleVariable) {
	case "":
		os.Exit(m.Run())
	case "parent":
		run("child", inJob)
	case "plain":
		if err := EndWithUs(); err != nil {
			panic(err)
		}
		run("child", (*exec.Cmd).Start)
	case "child":
		for !isInJob() { // what it starts before that is in none
			time.Sleep(time.Millisecond)
		}
		run("grandchild", (*exec.Cmd).Start)
	}
	window, _, _ := windows.NewLazySystemDLL("kernel32.dll").NewProc("GetConsoleWindow").Call()
	var info windows.StartupInfo
	if err := windows.GetStartupInfo(&info); err != nil {
		panic(err)
	}
	hidden := info.Flags&windows.STARTF_USESHOWWINDOW != 0 && info.ShowWindow == windows.SW_HIDE
	n, err := io.Copy(io.Discard, os.Stdin)
	fmt.Println(os.Getenv(roleVariable), os.Getpid(), window, hidden, n, err)
	time.Sleep(time.Hour)
}

// isInJob reports whether this process is in a job.
func isInJob() bool {
	var is int32
	ok, _, err := windows.NewLazySystemDLL("kernel32.dll").NewProc("IsProcessInJob").Call(uintptr(windows.CurrentProcess()), 0, uintptr(unsafe.Pointer(&is)))
	if ok == 0 {
		panic(err)
	}
	return is != 0
}

// TestChildrenEnd: what was started ends with its parent, which is ended by
// TerminateProcess, or with its context; it has no window, and not our stdin.
func TestChildrenEnd(t *testing.T) {
	t.Parallel()
	for role, byContext := range map[string]bool{"parent": false, "plain": false, "child": true} {
		t.Run(role, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			self, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(ctx, self)
			cmd.Env = append(os.Environ(), roleVariable+"="+role)
			cmd.Stderr = os.Stderr
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			in, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			programs := 3
			if byContext {
				cmd.Stdin = nil
				programs = 2
				end, err := start(cmd)
				if err != nil {
					t.Fatal(err)
				}
				defer end()
				if cmd.SysProcAttr.CreationFlags&windows.CREATE_NO_WINDOW == 0 { // Wine without a screen has none anyway
					t.Error("a console program gets a window")
				}
			} else if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			in.Close()
			lines := bufio.NewReader(out)
			var handles []windows.Handle
			for range programs {
				handles = append(handles, nextProgram(t, lines, role))
			}
			if byContext {
				cancel()
			} else if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			awaitEnd(t, handles)
			_ = cmd.Wait()
		})
	}
}

// nextProgram reads the next line that a program prints, and opens its process.
func nextProgram(t *testing.T, lines *bufio.Reader, role string) windows.Handle {
	t.Helper()
	line, err := lines.ReadString('\n')
	var who string
	var pid uint32
	var window, read int
	var hidden bool
	if _, bad := fmt.Sscan(line, &who, &pid, &window, &hidden, &read); bad != nil || err != nil {
		t.Fatalf("%q: %v, %v", line, bad, err)
	}
	if window != 0 || read != 0 {
		t.Errorf("%s has window %d and read %d bytes", who, window, read)
	}
	if started := who == "child" && role != "plain"; started && !hidden { // by start
		t.Errorf("%s is not told to hide its windows", who)
	}
	handle, err := windows.OpenProcess(windows.SYNCHRONIZE, false, pid)
	if err != nil {
		t.Fatalf("%s: %v", who, err)
	}
	return handle
}

// awaitEnd waits until processes have ended.
func awaitEnd(t *testing.T, processes []windows.Handle) {
	t.Helper()
	for _, handle := range processes {
		if event, err := windows.WaitForSingleObject(handle, 30_000); event != windows.WAIT_OBJECT_0 {
			t.Errorf("a process is left over: %v, %v", event, err)
		}
		_ = windows.CloseHandle(handle)
	}
}
