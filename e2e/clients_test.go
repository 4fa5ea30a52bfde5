package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pelletier/go-toml/v2"

	"ucbridge/bridge/emulator"
)

// desk is a home folder with AI clients, and a workspace that a profile leads to.
type desk struct {
	home string
	env  map[string]string
}

// newDesk starts a workspace with a connection "github". No client reaches
// anything but loopback.
func newDesk(t *testing.T) desk {
	t.Helper()
	w, err := emulator.Start(emulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	home := t.TempDir()
	const nowhere = "http://127.0.0.1:9"
	d := desk{home, map[string]string{
		"HOME": home, "HTTPS_PROXY": nowhere, "HTTP_PROXY": nowhere, "NO_PROXY": "127.0.0.1",
		"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "GEMINI_CLI_TRUST_WORKSPACE": "true",
	}}
	d.write(t, "workspace.cfg", "[DEFAULT]\nhost = "+w.URL()+"\ntoken = dapi-demo-ada\n")
	return d
}

func (d desk) write(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join(d.home, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (d desk) read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(d.home, name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// run runs a program to its end, in the home folder, and returns what it printed
// on stdout. With profile it knows the workspace.
func (d desk) run(t *testing.T, profile bool, program string, args ...string) []byte {
	t.Helper()
	stdout, _ := d.runBoth(t, profile, program, args...)
	return stdout
}

// runBoth is run for a program that prints on stderr.
func (d desk) runBoth(t *testing.T, profile bool, program string, args ...string) (out, err []byte) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	env := maps.Clone(d.env)
	if profile {
		env["DATABRICKS_CONFIG_FILE"] = filepath.Join(d.home, "workspace.cfg")
	}
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env, cmd.Dir, cmd.WaitDelay = environ(t, env), d.home, 5*time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\nstdout:\n%s\nstderr:\n%s", cmd, err, &stdout, &stderr)
	}
	return stdout.Bytes(), stderr.Bytes()
}

// install returns what it says.
func (d desk) install(t *testing.T, client string) string {
	t.Helper()
	return string(d.run(t, true, ucbridge, "install", client, "--connection", "github"))
}

// checkNothingToDo is for settings in which the client wrote the entry.
func (d desk) checkNothingToDo(t *testing.T, client string) {
	t.Helper()
	if said := d.install(t, client); !strings.Contains(said, "github is already in ") {
		t.Errorf("over the client's own entry, install says: %s", said)
	}
}

// entry is what install writes, in the words of these clients' own commands.
func (d desk) entry() (variable string, command []string) {
	return "DATABRICKS_CONFIG_FILE=" + filepath.Join(d.home, "workspace.cfg"), []string{ucbridge, "stdio", "--connection", "github"}
}

// listed has a client list its servers, and reports whether it has started one, as the
// pattern says. Where it is wanted the client may try again: Gemini CLI gives a server five
// seconds, and a busy machine takes longer.
func listed(pattern string, wanted bool, list func() string) (out string, started bool) {
	starts := regexp.MustCompile(pattern)
	for range 5 {
		if out = list(); starts.MatchString(out) || !wanted {
			break
		}
	}
	return out, starts.MatchString(out)
}

// script is a program of a package here.
func script(t *testing.T, path ...string) string {
	t.Helper()
	file, err := filepath.Abs(filepath.Join(append([]string{"node_modules"}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// claudePath is Claude Code's program, which is in a package for the platform.
func claudePath(t *testing.T) string {
	t.Helper()
	nodePath(t)
	found, err := filepath.Glob(script(t, "@anthropic-ai", "claude-code-*", "claude*"))
	if err != nil || len(found) != 1 {
		if os.Getenv("CI") == "true" {
			t.Fatalf("no program of Claude Code, and CI must have it: %v, %v", found, err)
		}
		t.Skipf("Claude Code is not to be had on this platform: %v, %v", found, err)
	}
	return found[0]
}

// TestClaudeCode has Claude Code start what install wrote, and remove no trace
// of its own when it is uninstalled. The entry is what Claude Code would write.
func TestClaudeCode(t *testing.T) {
	t.Parallel()
	claude := claudePath(t)
	d := newDesk(t)
	d.run(t, false, claude, "mcp", "list") // it writes its settings when it starts
	d.install(t, "claude-code")
	if out := d.run(t, false, claude, "mcp", "list"); !regexp.MustCompile(`(?m)^github: .* - ✔ Connected$`).Match(out) {
		t.Errorf("claude mcp list:\n%s", out)
	}
	get := string(d.run(t, false, claude, "mcp", "get", "github"))
	for _, want := range []string{"Scope: User config", "Status: ✔ Connected", "Type: stdio", "Args: stdio --connection github"} {
		if !strings.Contains(get, want) {
			t.Errorf("claude mcp get github lacks %q:\n%s", want, get)
		}
	}
	ours := decode(t, d.read(t, ".claude.json"))
	d.run(t, false, ucbridge, "uninstall", "claude-code")
	if out := d.run(t, false, claude, "mcp", "list"); strings.Contains(string(out), "github") {
		t.Errorf("after uninstall:\n%s", out)
	}
	variable, command := d.entry()
	d.run(t, false, claude, append([]string{"mcp", "add", "-s", "user", "-e", variable, "--", "github"}, command...)...)
	theirs := decode(t, d.read(t, ".claude.json"))
	if diff := cmp.Diff(theirs["mcpServers"], ours["mcpServers"]); diff != "" {
		t.Errorf("entry (-claude +ucbridge):\n%s", diff)
	}
	d.checkNothingToDo(t, "claude-code")
}

// TestCodex has Codex read what install added to settings with comments, tables
// and dotted keys. The entry is what Codex would write.
func TestCodex(t *testing.T) {
	t.Parallel()
	node, codex := nodePath(t), script(t, "@openai", "codex", "bin", "codex.js")
	d := newDesk(t)
	const before = "# by hand\nmodel = \"gpt-6\"\nmcp_servers.files.command = \"npx\" # dotted\n\n[mcp_servers.docs]\nurl = \"https://docs.example.test/mcp\"\n"
	d.write(t, ".codex/config.toml", before)
	d.install(t, "codex")
	var list []struct {
		Name      string
		Enabled   bool
		Transport struct {
			Type, Command string
			Args          []string
			Env           map[string]string
		}
	}
	if err := json.Unmarshal(d.run(t, false, node, codex, "mcp", "list", "--json"), &list); err != nil {
		t.Fatal(err)
	}
	names := make(map[string]bool)
	variable, command := d.entry()
	name, value, _ := strings.Cut(variable, "=")
	for _, s := range list {
		names[s.Name] = s.Enabled
		got := append([]string{s.Transport.Command}, s.Transport.Args...)
		if s.Name == "github" && (cmp.Diff(command, got) != "" || s.Transport.Env[name] != value) {
			t.Errorf("codex mcp list: %+v", s)
		}
	}
	if diff := cmp.Diff(map[string]bool{"files": true, "docs": true, "github": true}, names); diff != "" {
		t.Errorf("codex mcp list (-want +got):\n%s", diff)
	}
	ours := servers(t, d.read(t, ".codex/config.toml"))
	entry := ours["github"].(map[string]any)
	if diff := cmp.Diff([]any{"HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"}, entry["env_vars"]); diff != "" {
		t.Errorf("variables of the proxy (-want +got):\n%s", diff)
	}
	delete(entry, "env_vars") // nor for these
	d.run(t, false, ucbridge, "uninstall", "codex")
	if diff := cmp.Diff(before, string(d.read(t, ".codex/config.toml"))); diff != "" {
		t.Errorf("after uninstall (-want +got):\n%s", diff)
	}
	d.run(t, false, node, append([]string{codex, "mcp", "add", "--env", variable, "github", "--"}, command...)...)
	theirs := servers(t, d.read(t, ".codex/config.toml"))
	theirs["github"].(map[string]any)["required"] = true // codex mcp add has no flag for it
	if diff := cmp.Diff(theirs, ours); diff != "" {
		t.Errorf("entry (-codex +ucbridge):\n%s", diff)
	}
}

// servers reads those of Codex's settings.
func servers(t *testing.T, config []byte) map[string]any {
	t.Helper()
	var v map[string]any
	if err := toml.Unmarshal(config, &v); err != nil {
		t.Fatalf("%v in:\n%s", err, config)
	}
	return v["mcp_servers"].(map[string]any)
}

// TestGeminiCLI has Gemini CLI start what install wrote. The entry is what Gemini
// CLI would write.
func TestGeminiCLI(t *testing.T) {
	t.Parallel()
	node, gemini := nodePath(t), script(t, "@google", "gemini-cli", "bundle", "gemini.js")
	d := newDesk(t)
	const before = "{\n  // by hand\n  \"ui\": { \"theme\": \"Default\" }\n}\n"
	d.write(t, ".gemini/settings.json", before)
	d.install(t, "gemini-cli")
	if out, connected := listed(`✓ .*github: .* \(stdio\) - Connected`, true, func() string {
		_, out := d.runBoth(t, false, node, gemini, "mcp", "list")
		return string(out)
	}); !connected {
		t.Errorf("gemini mcp list:\n%s", out)
	}
	d.run(t, false, ucbridge, "uninstall", "gemini-cli")
	if diff := cmp.Diff(before, string(d.read(t, ".gemini/settings.json"))); diff != "" {
		t.Errorf("after uninstall (-want +got):\n%s", diff)
	}
	d.write(t, ".gemini/settings.json", "{}")
	d.install(t, "gemini-cli")
	ours := decode(t, d.read(t, ".gemini/settings.json"))
	d.run(t, false, ucbridge, "uninstall", "gemini-cli")
	variable, command := d.entry()
	d.run(t, false, node, append([]string{gemini, "mcp", "add", "-s", "user", "-e", variable, "github"}, command...)...)
	theirs := decode(t, d.read(t, ".gemini/settings.json"))
	if diff := cmp.Diff(theirs["mcpServers"], ours["mcpServers"]); diff != "" {
		t.Errorf("entry (-gemini +ucbridge):\n%s", diff)
	}
	d.checkNothingToDo(t, "gemini-cli")
}
