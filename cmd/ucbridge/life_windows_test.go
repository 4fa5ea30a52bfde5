package main

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"golang.org/x/sys/windows"
)

// launcherVariable has the test binary start the ucbridge that it names with its own
// arguments and pipes, as a client does, and wait.
const launcherVariable = "TEST_LAUNCHER"

func init() {
	path := os.Getenv(launcherVariable)
	if path == "" {
		return
	}
	os.Unsetenv(launcherVariable)
	cmd := exec.Command(path, os.Args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		panic(err)
	}
	os.Exit(0)
}

func self(t *testing.T) (test, ucbridge string) {
	t.Helper()
	test, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if ucbridge, err = exec.LookPath("ucbridge"); err != nil {
		t.Fatal(err)
	}
	return test, ucbridge
}

// shim writes a .cmd file that starts a program, as npm writes them, and returns its path.
func shim(t *testing.T, folder, name, program string) string {
	t.Helper()
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path, []byte("@ECHO off\r\n\""+program+"\" %*\r\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestOrphanEnds: the parent is ended by TerminateProcess, while others hold the pipes:
// the client, or the shell that a client has started for a .cmd file.
func TestOrphanEnds(t *testing.T) {
	t.Parallel()
	test, ucbridge := self(t)
	for name, program := range map[string]string{"client": test, "shim": shim(t, t.TempDir(), "ucbridge.cmd", ucbridge)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := exec.Command(program, "stdio", "--connection", "github")
			client.Env = append(process(t, demoEnvironment(nil, workspace(t).URL(), t.TempDir())).Env, launcherVariable+"="+ucbridge)
			if name == "shim" {
				client.Env = client.Env[:len(client.Env)-1]
			}
			in, line, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			answers, out, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer line.Close()
			client.Stdin, client.Stdout = in, out
			if err := client.Start(); err != nil {
				t.Fatal(err)
			}
			in.Close()
			out.Close()
			if _, err := io.WriteString(line, initializeLine); err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewReader(answers)
			if _, err := lines.ReadString('\n'); err != nil {
				t.Fatal(err)
			}
			if err := client.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = client.Wait()
			if rest, err := io.ReadAll(lines); err != nil || len(rest) > 0 { // its end is the end of the bridge
				t.Errorf("after its parent had ended: %q, %v", rest, err)
			}
		})
	}
}

// TestChildrenEnd: however a bridge ends, the program ends that it has asked for a token,
// and what that has started. It has nothing to read.
func TestChildrenEnd(t *testing.T) {
	t.Parallel()
	ways := map[string]func(dialogue) error{
		"closed stdin":     func(d dialogue) error { return d.in.Close() },
		"TerminateProcess": func(d dialogue) error { return d.Process.Kill() },
	}
	for name, stop := range stops {
		ways[name] = func(d dialogue) error { return stop.send(d.Process) }
	}
	_, cli := self(t)
	cli = filepath.Join(filepath.Dir(cli), "fakedatabricks.exe")
	folder := t.TempDir()
	shim(t, folder, "az.cmd", cli)
	profiles := filepath.Join(folder, "databrickscfg")
	host := "host = " + workspace(t).URL()
	text := "[cli]\r\n" + host + "\r\nauth_type = databricks-cli\r\n" +
		"[az]\r\n" + host + "\r\nauth_type = azure-cli\r\nazure_workspace_resource_id = /subscriptions/s\r\nazure_tenant_id = t-1\r\n"
	if err := os.WriteFile(profiles, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for way, end := range ways {
		for _, profile := range []string{"cli", "az"} {
			t.Run(way+", "+profile, func(t *testing.T) {
				t.Parallel()
				id := filepath.Join(t.TempDir(), "pid")
				cmd := process(t, []string{"DATABRICKS_CONFIG_FILE=" + profiles, "DATABRICKS_CLI_PATH=" + cli, "CLI_HANGS=" + id, "UCBRIDGE_CACHE_DIR=" + t.TempDir()},
					"stdio", "--connection", "github", "--profile", profile)
				cmd.Env[0] += ";" + folder // PATH
				d := start(t, cmd)
				child := processOf(t, id)
				defer windows.CloseHandle(child)
				if err := end(d); err != nil {
					t.Fatal(err)
				}
				if event, err := windows.WaitForSingleObject(child, uint32(longestTalk.Milliseconds())); event != windows.WAIT_OBJECT_0 {
					t.Errorf("the program is left over: %v, %v; ending it: %v", event, err, windows.TerminateProcess(child, 1))
				}
				d.in.Close()
				_ = d.Wait() // the exit code is TestSignals'
			})
		}
	}
}

// processOf is the process that writes its id into a file.
func processOf(t *testing.T, file string) windows.Handle {
	t.Helper()
	pid := 0
	await(t, func() bool {
		text, _ := os.ReadFile(file)
		pid, _ = strconv.Atoi(string(text))
		return pid != 0
	})
	process, err := windows.OpenProcess(windows.SYNCHRONIZE|windows.PROCESS_TERMINATE, false, uint32(pid))
	if err != nil {
		t.Fatal(err)
	}
	return process
}
