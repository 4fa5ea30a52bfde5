package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ucbridge/bridge/refusal"
	"ucbridge/config"
)

// invoke runs a command line in this process.
func invoke(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = run(t.Context(), args, streams{in: strings.NewReader(""), out: &out, err: &err})
	return code, out.String(), err.String()
}

func TestHelp(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"", "stdio", "serve", "demo", "connections", "login", "logout", "doctor", "version", "install", "uninstall", "tools", "call", "replay",
		"flags", "policy", "policy init", "policy show", "policy check", "policy test", "policy diff", "policy approve", "policy log"} {
		name := "ucbridge"
		args := []string{"--help"}
		if command != "" {
			name, args = strings.ReplaceAll(command, " ", "-"), append([]string{"help"}, strings.Fields(command)...)
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := invoke(t, args...)
			if code != exitOK || stderr != "" {
				t.Fatalf("exit code %d, stderr %q", code, stderr)
			}
			golden := filepath.Join("testdata", "help", name+".txt")
			if *update {
				if err := os.WriteFile(golden, []byte(stdout), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), stdout); diff != "" {
				t.Errorf("help (-want +got), rewrite with -update:\n%s", diff)
			}
			for line := range strings.Lines(stdout) {
				if len(line) > 105 {
					t.Errorf("line of %d characters: %s", len(line), line)
				}
			}
		})
	}
}

func TestExitCode(t *testing.T) {
	t.Parallel()
	interrupted := func(s syscall.Signal) context.Context {
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(interruption{s})
		return ctx
	}
	tests := []struct {
		name string
		ctx  context.Context
		err  error
		want int
	}{
		{"done", t.Context(), nil, 0},
		{"an error", t.Context(), errors.New("x"), 1},
		{"a usage fault", t.Context(), fmt.Errorf("x: %w", usageError{error: errors.New("y")}), 2},
		{"a settings fault", t.Context(), &config.Error{Problem: "x"}, 2},
		{"not signed in", t.Context(), fmt.Errorf("x: %w", refusal.New("not_authenticated", "y")), 4},
		{"another refusal", t.Context(), refusal.New("connection_not_found", "x"), 1},
		{"SIGINT", interrupted(syscall.SIGINT), context.Canceled, 130},
		{"SIGTERM", interrupted(syscall.SIGTERM), errors.New("x"), 143},
		{"done in spite of a signal", interrupted(syscall.SIGINT), nil, 0},
	}
	for _, tt := range tests {
		if got := exitCode(tt.ctx, tt.err); got != tt.want {
			t.Errorf("%s: exit code %d, want %d", tt.name, got, tt.want)
		}
	}
}

func TestReport(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		err  error
		want string
	}{
		{"nothing", nil, ""},
		{"plain", errors.New("x"), "ucbridge: error: x\n"},
		{"words from outside", errors.New("x\x1b[2J"), "ucbridge: error: x\\u{1b}[2J\n"},
		{"usage", usageError{errors.New("x"), []string{"a", "b"}}, "ucbridge: error: x\nucbridge: hint: a\nucbridge: hint: b\n"},
		{"settings", &config.Error{Problem: "x", Hint: "a"}, "ucbridge: error: x\nucbridge: hint: a\n"},
		{"refusal", refusal.New("r", "X.").WithHint("a"), "ucbridge: error: X.\nucbridge: hint: a\n"},
	}
	for _, tt := range tests {
		var w strings.Builder
		report(&w, t.Context(), tt.err)
		if diff := cmp.Diff(tt.want, w.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestSemantic(t *testing.T) {
	t.Parallel()
	for v, want := range map[string]string{
		"1.2.3":               "1.2.3",
		"v1.2.3":              "1.2.3",
		"v1.2":                "1.2.0",
		"v1.2.3-4-gabcdef0":   "1.2.3-4-gabcdef0",
		"v1.2.3-rc.1+dirty":   "1.2.3-rc.1+dirty",
		"abcdef0":             "0.0.0-dev+abcdef0",
		"abcdef0-dirty":       "0.0.0-dev+abcdef0-dirty",
		"(devel)":             "0.0.0-dev",
		"":                    "0.0.0-dev",
		"two words":           "0.0.0-dev",
		"v0.0.0-2026-a+dirty": "0.0.0-2026-a+dirty",
	} {
		if got := semantic(v); got != want {
			t.Errorf("semantic(%q) = %q, want %q", v, got, want)
		}
	}
}

func TestDemoEnvironment(t *testing.T) {
	t.Parallel()
	environ := []string{"PATH=/bin", "DATABRICKS_CLIENT_SECRET=s", "UCBRIDGE_URL=/x", "MY_DATABRICKS_HOST=kept"}
	want := []string{"PATH=/bin", "MY_DATABRICKS_HOST=kept", "DATABRICKS_HOST=http://h", "DATABRICKS_TOKEN=" + demoToken,
		"DATABRICKS_AUTH_TYPE=pat", "DATABRICKS_CONFIG_FILE=" + os.DevNull, "UCBRIDGE_CACHE_DIR=/c"}
	if diff := cmp.Diff(want, demoEnvironment(environ, "http://h", "/c")); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
}

// TestExitCodes walks the table of exit codes: each code that the documentation
// names is seen at a command, and no other is.
func TestExitCodes(t *testing.T) {
	t.Parallel()
	w := workspace(t)
	dir := t.TempDir()
	here := demoEnvironment(nil, w.URL(), dir)
	revoked := append(slices.Clone(here), "DATABRICKS_TOKEN=dapi-of-nobody")
	offline := demoEnvironment(nil, "http://127.0.0.1:1", dir)
	nowhere := []string{"DATABRICKS_CONFIG_FILE=" + os.DevNull}
	seen := map[string]bool{"130": true, "143": true} // see TestSignals
	for _, tt := range []struct {
		env  []string
		line string
		want int
	}{
		{here, "tools github", 0},
		{here, "stdio --connection github", 0},
		{here, "call github no_such_host --json {}", 2},
		{here, "call github list_issues owner=octo repo=nowhere", 1},
		{here, "tools nowhere", 1},
		{here, "doctor nowhere", 1},
		{here, "policy check no-such-file.yaml", 2},
		{nowhere, "tools github", 2},
		{nowhere, "doctor github", 2},
		{nowhere, "stdio --connection github --fail-fast", 2},
		{here, "tools github --profile NOPE", 2},
		{here, "tools github --frobnicate", 2},
		{here, "frobnicate", 2},
		{here, "tools github --policy no-such-file.yaml", 2},
		{offline, "policy test echo --connection github --read-only", 3},
		{revoked, "tools github", 4},
		{revoked, "doctor github", 4},
		{revoked, "connections", 4},
		{revoked, "stdio --connection github --fail-fast", 4},
		{offline, "tools github", 5},
		{offline, "call github echo text=a", 5},
		{offline, "doctor github", 5},
		{offline, "connections", 5},
		{offline, "stdio --connection github --fail-fast --connect-timeout 1", 5},
		{here, "stdio --connection github --connection nowhere --fail-fast", 1},
		{here, "stdio --connection github --mcp-service system.ai.github --fail-fast", 0},
		{offline, "stdio --connection github --connection other --fail-fast --connect-timeout 1", 5},
		{here, "stdio --all-servers --fail-fast", 2},
	} {
		cmd := process(t, tt.env, strings.Fields(tt.line)...)
		in, client, err := os.Pipe() // a client that stays
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(client, initializeLine); err != nil {
			t.Fatal(err)
		}
		if tt.want == exitOK {
			client.Close()
		}
		cmd.Stdin = in
		if _, err := cmd.Output(); err != nil && cmd.ProcessState == nil {
			t.Fatal(err)
		}
		got := cmd.ProcessState.ExitCode()
		if got != tt.want {
			t.Errorf("ucbridge %s: exit code %d, want %d: %s", tt.line, got, tt.want, cmd.Stderr)
		}
		if said := fmt.Sprint(cmd.Stderr); strings.Contains(tt.line, "--connection nowhere") && !strings.Contains(said, "reaching the MCP server nowhere: ") {
			t.Errorf("ucbridge %s does not name the server: %s", tt.line, said)
		}
		seen[strconv.Itoa(got)] = true
		in.Close()
		client.Close()
	}
	page, err := os.ReadFile("../../docs/faults.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]bool{}
	_, table, _ := strings.Cut(string(page), "## Exit codes\n")
	table, _, _ = strings.Cut(table, "\n## ")
	for _, row := range regexp.MustCompile(`(?m)^\| ([0-9, ]+) \|`).FindAllStringSubmatch(table, -1) {
		for code := range strings.SplitSeq(row[1], ", ") {
			documented[code] = true
		}
	}
	if diff := cmp.Diff(documented, seen); diff != "" {
		t.Errorf("exit codes (-documented +seen):\n%s", diff)
	}
}

// What a server said may stand in an error, and be several lines; none of them passes for
// a line of ours.
func TestPrintLineSpeaksForUs(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	printLine(&out, "error", "missing x\r\nucbridge: hint: run: curl evil\n\nucbridge: error: y\u0085ucbridge: hint: z")
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(lines) != 4 || !strings.HasPrefix(lines[0], "ucbridge: error: missing x") {
		t.Fatalf("%q", lines)
	}
	for _, line := range lines[1:] {
		if strings.HasPrefix(line, "ucbridge:") || strings.ContainsAny(line, "\r\u0085") {
			t.Errorf("%q", line)
		}
	}
}

// TestSignalKeepsFromInstalling: who ends install while it looks for the target finds no
// file changed.
func TestSignalKeepsFromInstalling(t *testing.T) {
	home := t.TempDir()
	for _, name := range []string{"HOME", "USERPROFILE", "APPDATA", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"} {
		t.Setenv(name, home)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(interruption{syscall.SIGINT})
	for _, clients := range [][]string{{"cursor"}, {"--all-clients"}} {
		var out, err bytes.Buffer
		args := append([]string{"install"}, clients...)
		if code := run(ctx, append(args, "--connection", "github", "--no-check"), streams{in: strings.NewReader(""), out: &out, err: &err}); code != 130 || out.Len() > 0 {
			t.Errorf("%v: exit code %d, %s%s", clients, code, &out, &err)
		}
	}
	if _, err := os.Stat(filepath.Join(home, ".cursor")); err == nil {
		t.Error("a signal did not keep the file from being written")
	}
}

// TestSignalKeepsFromJudging: who ends "policy test" while it asks the server is not told
// that the tool passes.
func TestSignalKeepsFromJudging(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	t.Setenv("DATABRICKS_HOST", "http://127.0.0.1:1")
	t.Setenv("DATABRICKS_TOKEN", "dapi-none")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(interruption{syscall.SIGINT})
	for _, rule := range [][]string{nil, {"--deny", "delete_*"}} {
		var out, err bytes.Buffer
		args := append([]string{"policy", "test", "create_issue", "--connection", "github"}, rule...)
		if code := run(ctx, args, streams{in: strings.NewReader(""), out: &out, err: &err}); code != 130 || out.Len() > 0 {
			t.Errorf("%v: exit code %d, %s%s", rule, code, &out, &err)
		}
	}
}
