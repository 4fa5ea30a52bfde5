package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"ucbridge/bridge/emulator"
	"ucbridge/bridge/sharedfile/sharedfiletest"
	"ucbridge/cmd/internal/aiclient"
)

// leftoverDelay is how long a process may outlive the one that started it
// before a test calls it left over.
const leftoverDelay = 5 * time.Second

const initializeLine = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"0"}}}` + "\n"

// process prepares "ucbridge args..." with the real main and an environment of
// the test's own. Its Wait reports exec.ErrWaitDelay when a child of it is left
// over, for that child holds on to stderr.
func process(t *testing.T, env []string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "ucbridge", args...)
	temp := t.TempDir()
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + temp, "TEMP=" + temp, "TMP=" + temp, "GORACE=" + raceOptions},
		append(userFolders(t.TempDir()), env...)...)
	stoppable(cmd)
	cmd.Stderr = new(bytes.Buffer)
	cmd.WaitDelay = leftoverDelay
	return cmd
}

// userFolders are the variables by which a system names the folders of a user. Settings
// are in .config everywhere, as XDG has it.
func userFolders(home string) []string {
	return []string{
		"HOME=" + home, "USERPROFILE=" + home,
		"APPDATA=" + filepath.Join(home, ".config"), "LOCALAPPDATA=" + filepath.Join(home, "AppData", "Local"),
	}
}

func workspace(t *testing.T) *emulator.Workspace {
	t.Helper()
	w, err := emulator.Start(emulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Errorf("closing the workspace: %v", err)
		}
	})
	return w
}

// dialogue is a bridge that runs with its pipes in the test's hands.
type dialogue struct {
	*exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func start(t *testing.T, cmd *exec.Cmd) dialogue {
	t.Helper()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return dialogue{cmd, in, bufio.NewReader(out)}
}

// say sends a line and returns the next line that comes back.
func (d dialogue) say(t *testing.T, line string) string {
	t.Helper()
	if _, err := io.WriteString(d.in, line); err != nil {
		t.Fatalf("writing to ucbridge: %v", err)
	}
	answer, err := d.out.ReadString('\n')
	if err != nil {
		t.Fatalf("reading from ucbridge: %v; stderr: %s", err, d.Stderr)
	}
	return answer
}

// exit waits for the end and returns the exit code.
func (d dialogue) exit(t *testing.T) int {
	t.Helper()
	err := d.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode()
	}
	if err != nil {
		t.Fatalf("waiting for ucbridge: %v", err)
	}
	return 0
}

func TestSignals(t *testing.T) {
	t.Parallel()
	for name, signal := range stops {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := demoEnvironment(nil, workspace(t).URL(), t.TempDir())
			d := start(t, process(t, env, "stdio", "--connection", "github"))
			d.say(t, initializeLine)
			if err := signal.send(d.Process); err != nil {
				t.Fatal(err)
			}
			if got := d.exit(t); got != signal.want {
				t.Errorf("exit code %d, want %d", got, signal.want)
			}
			if stderr := d.Stderr.(*bytes.Buffer).String(); stderr != "" {
				t.Errorf("stderr: %s", stderr)
			}
		})
	}
}

// TestStderrClosed is a client that reads no log: writing one must not end the bridge.
func TestStderrClosed(t *testing.T) {
	t.Parallel()
	env := demoEnvironment(nil, workspace(t).URL(), t.TempDir())
	cmd := process(t, env, "stdio", "--connection", "github", "--debug")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = w
	d := start(t, cmd)
	for _, end := range []*os.File{r, w} {
		if err := end.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if answer := d.say(t, initializeLine); !strings.Contains(answer, `"serverInfo"`) {
		t.Errorf("answer to initialize: %s", answer)
	}
	if err := d.in.Close(); err != nil {
		t.Fatal(err)
	}
	if got := d.exit(t); got != exitOK {
		t.Errorf("exit code %d, want %d", got, exitOK)
	}
}

// TestDemoLeavesNothing runs the whole demo: nothing in the temporary
// directory, and no child that holds on to stderr.
func TestDemoLeavesNothing(t *testing.T) {
	t.Parallel()
	temp := t.TempDir()
	cmd := process(t, []string{"TMPDIR=" + temp, "TEMP=" + temp, "TMP=" + temp}, "demo")
	if out, err := cmd.Output(); err != nil {
		t.Fatalf("demo: %v\n%s%s", err, out, cmd.Stderr)
	}
	left, err := os.ReadDir(temp)
	if err != nil || len(left) > 0 {
		t.Errorf("left over: %v, %v", left, err)
	}
}

// TestDemoServe does what the transcript says: it installs the workspace that is
// still up into a client, and starts what the client would.
func TestDemoServe(t *testing.T) {
	t.Parallel()
	demo := start(t, process(t, nil, "demo", "--serve"))
	// For a POSIX shell, or for PowerShell.
	profile := said(t, demo, `(?:export |\$env:)DATABRICKS_CONFIG_FILE ?= ?'?([^'\n]+)'?`)[1]
	listed := said(t, demo, `(?:& )?'?(\S+?)'? connections`)
	command := said(t, demo, `(?:& )?'?(\S+?)'? (install .*)`)
	diagnosed := said(t, demo, `(?:& )?'?(\S+?)'? doctor github`)
	_ = said(t, demo, `(?:& )?'?(\S+?)'? login github_u2m_connection`)
	program := command[1]
	if listed[1] != program || diagnosed[1] != program {
		t.Errorf("programs %q, %q and %q", listed[1], program, diagnosed[1])
	}
	sharedfiletest.OnlyOwner(t, profile)
	home := t.TempDir()
	for _, args := range [][]string{{"connections"}, strings.Fields(command[2]), {"doctor", "github"}} {
		step := process(t, append(userFolders(home), "DATABRICKS_CONFIG_FILE="+profile), args...)
		if out, err := step.Output(); err != nil {
			t.Fatalf("%s: %v\n%s%s", args, err, out, step.Stderr)
		}
	}
	entry := installed(t, filepath.Join(home, ".claude.json"), "github")
	if found, err := exec.LookPath(program); err != nil || entry.Command != found || !filepath.IsAbs(found) {
		t.Errorf("command %q, want that of %q, %q (%v)", entry.Command, program, found, err)
	}
	var env []string
	for name, value := range entry.Env {
		env = append(env, name+"="+value)
	}
	d := start(t, process(t, env, entry.Args...))
	if answer := d.say(t, initializeLine); !strings.Contains(answer, `"serverInfo"`) {
		t.Errorf("answer to initialize: %s", answer)
	}
	if err := d.in.Close(); err != nil {
		t.Fatal(err)
	}
	if got := d.exit(t); got != exitOK {
		t.Errorf("exit code of the bridge %d, want %d", got, exitOK)
	}
	if err := interrupt(demo.Process); err != nil {
		t.Fatal(err)
	}
	if got := demo.exit(t); got != exitOK {
		t.Errorf("exit code of the demo %d, want %d; stderr: %s", got, exitOK, demo.Stderr)
	}
	if _, err := os.Stat(filepath.Dir(profile)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the profile is left behind: %v", err)
	}
}

// said reads on to a line that is the pattern, and returns its groups.
func said(t *testing.T, p dialogue, pattern string) []string {
	t.Helper()
	want := regexp.MustCompile(`^ *` + pattern + `\n`)
	for {
		line, err := p.out.ReadString('\n')
		if err != nil {
			t.Fatalf("before %s: %v; stderr: %s", pattern, err, p.Stderr)
		}
		if groups := want.FindStringSubmatch(line); groups != nil {
			return groups
		}
	}
}

// TestDemoInstall puts the demo into a client's settings while it is up: they are as
// they were at the end, and a second demo is told that the first one is up.
func TestDemoInstall(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	settings := filepath.Join(home, ".cursor", "mcp.json")
	const original = "{\n  // mine\n  \"mcpServers\": {}\n}\n"
	if err := errors.Join(os.Mkdir(filepath.Dir(settings), 0o700), os.WriteFile(settings, []byte(original), 0o600)); err != nil {
		t.Fatal(err)
	}
	var profiles []string
	for range 2 {
		demo := start(t, process(t, userFolders(home), "demo", "--install", "cursor"))
		for line := ""; !strings.Contains(line, "until you press Ctrl-C"); {
			var err error
			if line, err = demo.out.ReadString('\n'); err != nil {
				t.Fatalf("before it is up: %v; stderr: %s", err, demo.Stderr)
			}
		}
		text, err := os.ReadFile(settings)
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(text), `"DATABRICKS_CONFIG_FILE": "`)
		profile, _, _ := strings.Cut(rest, `"`)
		profiles = append(profiles, profile)
		sharedfiletest.OnlyOwner(t, profile)
		if !strings.Contains(string(text), `"ucbridge-demo"`) {
			t.Errorf("settings:\n%s", text)
		}
		second := process(t, userFolders(home), "demo", "--serve")
		if out, err := second.Output(); err == nil || len(out) > 0 || !strings.Contains(second.Stderr.(*bytes.Buffer).String(), "another demo is up at http://127.0.0.1:") {
			t.Errorf("a second demo: %v, %s\n%s", err, second.Stderr, out)
		}
		if err := interrupt(demo.Process); err != nil {
			t.Fatal(err)
		}
		if got := demo.exit(t); got != exitOK {
			t.Errorf("exit code %d; stderr: %s", got, demo.Stderr)
		}
		if text, err := os.ReadFile(settings); err != nil || string(text) != original {
			t.Errorf("the settings are left as %q, %v", text, err)
		}
		if _, err := os.Stat(filepath.Dir(profile)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the profile is left behind: %v", err)
		}
	}
	if profiles[0] != profiles[1] {
		t.Errorf("the profile was at %s, then at %s", profiles[0], profiles[1])
	}
}

// installed reads a server from a client's settings, where no token may be.
func installed(t *testing.T, file, name string) aiclient.Server {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(text, []byte(demoToken)) {
		t.Errorf("a token is in %s", file)
	}
	var settings struct {
		MCPServers map[string]aiclient.Server `json:"mcpServers"`
	}
	if err := json.Unmarshal(text, &settings); err != nil {
		t.Fatal(err)
	}
	return settings.MCPServers[name]
}

// TestOnlyMainHasTheStreams holds all code to main.go's promise: nobody else
// names the standard streams, prints to them or ends the process.
func TestOnlyMainHasTheStreams(t *testing.T) {
	t.Parallel()
	forbidden := map[string]bool{"os.Stdin": true, "os.Stdout": true, "os.Stderr": true, "os.Exit": true,
		"fmt.Print": true, "fmt.Printf": true, "fmt.Println": true, "log.Fatal": true, "log.Fatalf": true}
	files := 0
	for _, root := range []string{"../../cmd", "../../bridge", "../../config"} {
		err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || path == filepath.Join("..", "..", "cmd", "ucbridge", "main.go") {
				return err
			}
			files++
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if s, ok := n.(*ast.SelectorExpr); ok {
					if x, ok := s.X.(*ast.Ident); ok && forbidden[x.Name+"."+s.Sel.Name] {
						t.Errorf("%s: %s.%s", fset.Position(s.Pos()), x.Name, s.Sel.Name)
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 10 {
		t.Errorf("only %d files looked at", files)
	}
}
