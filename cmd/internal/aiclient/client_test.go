package aiclient

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite golden files")

// machine is a system where nothing exists but some files.
func machine(system string, variables map[string]string, files ...string) System {
	s := System{OS: system, Home: "/home/ada", Dir: "/srv/repo"}
	switch system {
	case "darwin":
		s.Home = "/Users/ada"
	case "windows":
		s.Home, s.Dir = `C:\Users\ada`, `D:\repo`
	}
	s.Getenv = func(name string) string { return variables[name] }
	s.Exists = func(path string) bool { return slices.Contains(files, path) }
	return s
}

// TestPaths holds every path on every system against testdata/paths.txt.
func TestPaths(t *testing.T) {
	t.Parallel()
	var got strings.Builder
	list := func(title string, s System, scope Scope) {
		fmt.Fprintf(&got, "%s\n", title)
		for _, c := range Clients {
			if file := c.File(s, scope).Path; file != "" {
				fmt.Fprintf(&got, "  %-15s %s\n", c.Name, file)
			}
		}
	}
	for _, system := range []string{"linux", "darwin", "windows"} {
		list(system, machine(system, nil), User)
	}
	moved := map[string]string{
		"XDG_CONFIG_HOME": "/xdg/", "CLAUDE_CONFIG_DIR": "/claude", "CODEX_HOME": "/codex", "COPILOT_HOME": "/copilot", "GEMINI_CLI_HOME": "/gemini",
	}
	list("linux, with variables", machine("linux", moved), User)
	list("windows, with variables", machine("windows", map[string]string{"APPDATA": `E:\Roaming`}), User)
	for _, system := range []string{"linux", "darwin", "windows"} {
		list(system+", managed", machine(system, nil), Managed)
	}
	list("linux, project", machine("linux", nil), Project)
	list("windows, project", machine("windows", nil), Project)
	golden(t, filepath.Join("testdata", "paths.txt"), got.String())
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got), rewrite with -update:\n%s", path, diff)
	}
}

func TestInstalled(t *testing.T) {
	t.Parallel()
	const store = `C:\Users\ada\AppData\Local\Packages\Claude_pzs8sxrjxfjjc\LocalCache\Roaming\Claude\claude_desktop_config.json`
	tests := []struct {
		name, client, system string
		exists               string
		installed            bool
		file                 string
	}{
		{"nothing", "cursor", "linux", "", false, "/home/ada/.cursor/mcp.json"},
		{"its folder", "cursor", "linux", "/home/ada/.cursor", true, "/home/ada/.cursor/mcp.json"},
		{"home is no sign", "claude-code", "linux", "/home/ada", false, "/home/ada/.claude.json"},
		{"a mark", "claude-code", "darwin", "/Users/ada/.claude", true, "/Users/ada/.claude.json"},
		{"the file", "claude-code", "windows", `C:\Users\ada\.claude.json`, true, `C:\Users\ada\.claude.json`},
		{"the second spelling", "claude-desktop", "linux", "/home/ada/.config/claude/claude_desktop_config.json", true, "/home/ada/.config/claude/claude_desktop_config.json"},
		{"the second file", "claude-desktop", "windows", store, true, store},
		{"with comments", "opencode", "linux", "/home/ada/.config/opencode/opencode.jsonc", true, "/home/ada/.config/opencode/opencode.jsonc"},
		{"an old folder", "lm-studio", "darwin", "/Users/ada/.cache/lm-studio/mcp.json", true, "/Users/ada/.cache/lm-studio/mcp.json"},
	}
	for _, tt := range tests {
		c, ok := Find(tt.client)
		if !ok {
			t.Fatalf("no client %s", tt.client)
		}
		s := machine(tt.system, nil, tt.exists)
		if got := c.Installed(s); got != tt.installed {
			t.Errorf("%s: %s installed: %v", tt.name, tt.client, got)
		}
		if got := c.File(s, User).Path; got != tt.file {
			t.Errorf("%s: %s is in %s, want %s", tt.name, tt.client, got, tt.file)
		}
	}
}

// TestClients holds the table to what the code relies on.
func TestClients(t *testing.T) {
	t.Parallel()
	if !slices.IsSortedFunc(Clients, func(a, b Client) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("clients are not sorted by name")
	}
	server := Server{Command: "/bin/ucbridge", Args: []string{"stdio", "--connection", "c"}, Env: map[string]string{"A": "b"}}
	for _, c := range Clients {
		if c.Title == "" || c.Next == "" || c.files[""] == nil {
			t.Errorf("%s lacks a title, a next step or a file", c.Name)
		}
		added, err := c.add(nil, "github", c.shape(Entry{"github", server}))
		if err != nil {
			t.Errorf("%s: %v", c.Name, err)
			continue
		}
		got, err := c.servers(added)
		if diff := cmp.Diff([]Entry{{"github", server}}, got); err != nil || diff != "" {
			t.Errorf("%s: read %v (-want +got):\n%s", c.Name, err, diff)
		}
	}
	if _, ok := Find("nobody"); ok {
		t.Error("found a client that is none")
	}
}

func TestOurs(t *testing.T) {
	t.Parallel()
	for command, want := range map[string]bool{
		"ucbridge": true, "/opt/bin/ucbridge": true, `C:\Tools\ucbridge.exe`: true, `C:\Tools\UCBridge.EXE`: true, "./ucbridge-linux-arm64": true,
		"/opt/ucbridge/server": false, "npx": false, "": false, "my-ucbridge": false,
	} {
		if got := (Server{Command: command, Args: []string{"stdio"}}).Ours(); got != want {
			t.Errorf("%q is ours: %v", command, got)
		}
	}
	if (Server{Command: "ucbridge", Args: []string{"serve"}}).Ours() {
		t.Error("another command of ucbridge is taken for a server on stdio")
	}
}

// TestOurOwnName has the program under another name: what was installed is found
// again, brought up to date and taken out.
func TestOurOwnName(t *testing.T) {
	t.Parallel()
	c, file := cursor(t), filepath.Join(t.TempDir(), "mcp.json")
	write(t, file, []byte("{}"))
	s := Server{Command: "/opt/bin/ucb", Args: []string{"stdio", "--connection", "c"}}
	install(t, c, file, "github", s)
	entries, err := c.servers(content(t, file))
	if err != nil || len(entries) != 1 || !entries[0].Ours() {
		t.Errorf("read %+v, %v", entries, err)
	}
	if change, err := c.Install(user(file), "github", s); err != nil || len(change.Names) > 0 {
		t.Errorf("again: %v, %v", change.Names, err)
	}
	if change := uninstall(t, c, file, ""); len(change.Names) != 1 || string(content(t, file)) != "{}" {
		t.Errorf("removed %v:\n%s", change.Names, content(t, file))
	}
}

// TestRules holds where each client's rules are and how one is spelled that allows an
// entry and nothing else. What the clients make of it is a test of e2e.
func TestRules(t *testing.T) {
	t.Parallel()
	var got strings.Builder
	entry := Entry{"github", Server{Command: "/opt/bin/ucbridge", Args: []string{"stdio", "--connection", "github"}}}
	for _, system := range []string{"linux", "darwin", "windows"} {
		for _, c := range Clients {
			rule, known, err := c.Rule(machine(system, nil), entry)
			if err != nil || known != c.Governed() {
				t.Errorf("%s: %v, %v", c.Name, known, err)
			}
			if known {
				fmt.Fprintf(&got, "%s on %s: %s of %s\n%s\n\n", c.Name, system, rule.List, rule.File, rule.Text)
			}
		}
	}
	golden(t, filepath.Join("testdata", "rules.txt"), got.String())
}
