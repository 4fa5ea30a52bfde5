package main

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// launcherVariable has the test binary start the ucbridge that it names with its own
// pipes, as a client does, and wait.
const launcherVariable = "TEST_LAUNCHER"

func init() {
	path := os.Getenv(launcherVariable)
	if path == "" {
		return
	}
	os.Unsetenv(launcherVariable)
	cmd := exec.Command(path, "stdio", "--connection", "github")
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

// TestOrphanEnds: the parent is ended by TerminateProcess, while others hold the pipes.
func TestOrphanEnds(t *testing.T) {
	t.Parallel()
	test, ucbridge := self(t)
	client := exec.Command(test)
	client.Env = append(process(t, demoEnvironment(nil, workspace(t).URL(), t.TempDir())).Env, launcherVariable+"="+ucbridge)
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
}

// TestCommandLines: what a client means is what arrives, by each way to write a command
// line: that of Node, Rust and Python with a program, and with cmd /c, which has signs of
// its own.
func TestCommandLines(t *testing.T) {
	t.Parallel()
	_, ucbridge := self(t)
	env := demoEnvironment(nil, workspace(t).URL(), t.TempDir())
	const rest = " --connection github"
	for name, tt := range map[string]struct{ line, want string }{
		"plain":                   {`"` + ucbridge + `" call echo text=a`, `a`},
		"spaces":                  {`"` + ucbridge + `" call echo "text=a b  c"`, `a b  c`},
		"quotes, Node and Rust":   {`"` + ucbridge + `" call echo "text=say \"hello\""`, `say "hello"`},
		"quotes, doubled":         {`"` + ucbridge + `" call echo "text=say ""hello"""`, `say "hello"`},
		"backslashes at the end":  {`"` + ucbridge + `" call echo "text=C:\a b\\"`, `C:\a b\`},
		"percent and caret":       {`"` + ucbridge + `" call echo "text=100%TEMP% ^x"`, `100%TEMP% ^x`},
		"cmd /c, spaces":          {`cmd /d /s /c ""` + ucbridge + `" call echo "text=a b"` + rest + `"`, `a b`},
		"cmd /c, caret in quotes": {`cmd /d /s /c ""` + ucbridge + `" call echo "text=a^b & c"` + rest + `"`, `a^b & c`},
		"cmd /c, no such %name%":  {`cmd /d /s /c ""` + ucbridge + `" call echo "text=50%%nosuch%%"` + rest + `"`, `50%%nosuch%%`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := process(t, env)
			if line, isShell := tt.line, strings.HasPrefix(tt.line, "cmd "); isShell {
				shell, err := exec.LookPath("cmd")
				if err != nil {
					t.Fatal(err)
				}
				cmd.Path, cmd.SysProcAttr = shell, &syscall.SysProcAttr{CmdLine: line}
			} else {
				cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: line + rest}
			}
			out, err := cmd.Output()
			if got := strings.TrimRight(string(out), "\r\n"); err != nil || got != tt.want {
				t.Errorf("%q, %v, want %q; %s", got, err, tt.want, cmd.Stderr)
			}
		})
	}
}

// TestPaths: the program, its folders and the profile may have any name.
func TestPaths(t *testing.T) {
	t.Parallel()
	_, ucbridge := self(t)
	folder := filepath.Join(t.TempDir(), "Jürgen Müller 日本 & (x86)")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(ucbridge)
	if err != nil {
		t.Fatal(err)
	}
	// The test binary is told by its name what it is to be.
	if err := os.WriteFile(filepath.Join(folder, "ucbridge.exe"), program, 0o700); err != nil {
		t.Fatal(err)
	}
	w := workspace(t)
	profile := filepath.Join(folder, "databrickscfg")
	if err := os.WriteFile(profile, []byte("\ufeff[DEFAULT]\r\nhost = "+w.URL()+"\r\ntoken = "+demoToken+"\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, prefix := range map[string]string{"plain": "", "long": `\\?\`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log, cache := prefix+filepath.Join(folder, name+".log"), prefix+filepath.Join(folder, name)
			cmd := process(t, append(userFolders(filepath.Join(folder, "home")), "DATABRICKS_CONFIG_FILE="+profile, "UCBRIDGE_CACHE_DIR="+cache),
				"stdio", "--connection", "github", "--debug", "--log-file", log)
			cmd.Path = filepath.Join(folder, "ucbridge.exe")
			d := start(t, cmd)
			if answer := d.say(t, initializeLine); !strings.Contains(answer, `"ucbridge-sample"`) {
				t.Errorf("answer to initialize: %s", answer)
			}
			if err := d.in.Close(); err != nil {
				t.Fatal(err)
			}
			if got := d.exit(t); got != exitOK {
				t.Errorf("exit code %d; %s", got, d.Stderr)
			}
			for _, file := range []string{log, cache} {
				if _, err := os.Stat(file); err != nil {
					t.Error(err)
				}
			}
		})
	}
}
