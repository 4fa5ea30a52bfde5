package aiclient

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestBlock has what users turn off themselves, and files that say nothing. The rules
// of administrators are compared with real clients in e2e.
func TestBlock(t *testing.T) {
	t.Parallel()
	entry := Entry{Name: "github", Server: Server{Command: "/opt/ucbridge", Args: []string{"stdio"}}}
	off := entry
	off.Off = true
	tests := []struct {
		name, client string
		scope        Scope
		entry        Entry
		files        map[string]string // below the root, the home or the project's folder
		reason       string            // "" where it is started
		own          bool
	}{
		{"nothing", "claude-code", User, entry, nil, "", false},
		{"turned off in its entry", "cursor", User, off, nil, "it is turned off there", true},
		{"turned off for the folder", "claude-code", User, entry, map[string]string{"home/.claude.json": `{"projects": {"DIR": {"disabledMcpServers": ["github"]}}}`}, "it is turned off for this folder", true},
		{"turned off for another folder", "claude-code", User, entry, map[string]string{"home/.claude.json": `{"projects": {"/other": {"disabledMcpServers": ["github"]}}}`}, "", false},
		{"of the project, declined", "claude-code", Project, entry, map[string]string{"home/.claude/settings.json": `{"disabledMcpjsonServers": ["github"]}`}, "it is on disabledMcpjsonServers", true},
		{"the user's, a project's declined", "claude-code", User, entry, map[string]string{"dir/.claude/settings.local.json": `{"disabledMcpjsonServers": ["github"]}`}, "", false},
		{"a variable in the rule", "claude-code", User, entry, map[string]string{"root/etc/claude-code/managed-settings.json": `{"allowedMcpServers": [{"serverCommand": ["${HOME}/ucbridge", "stdio"]}]}`}, "", false},
		{"rolled out, and no server allowed", "claude-code", Managed, entry, map[string]string{"root/etc/claude-code/managed-settings.json": `{"allowedMcpServers": []}`}, "", false},
		{"rolled out and denied", "claude-code", Managed, entry, map[string]string{"root/etc/claude-code/managed-settings.json": `{"deniedMcpServers": [{"serverName": "github"}]}`}, "it is on deniedMcpServers", false},
		{"settings that do not parse", "claude-code", User, entry, map[string]string{"root/etc/claude-code/managed-settings.json": `{"allowedMcpServers": [`}, "", false},
		{"requirements of another shape", "codex", User, entry, map[string]string{"root/etc/codex/requirements.toml": "mcp_servers = 5\n"}, "", false},
		{"rules that do not parse", "copilot-cli", User, entry, map[string]string{"root/etc/github-copilot/managed-settings.json": `{`}, "it cannot be read, and no server is started then", false},
		{"the name beside a command", "copilot-cli", User, entry, map[string]string{"root/etc/github-copilot/managed-settings.json": `{"allowedMcpServers": [{"serverName": "github"}, {"serverCommand": ["npx"]}]}`}, "it is not on allowedMcpServers", false},
		{"no server in VS Code", "vscode", User, entry, map[string]string{"root/etc/vscode/policy.json": `{"ChatMCP": "none"}`}, "ChatMCP turns all servers off", false},
	}
	for _, tt := range tests {
		dir := t.TempDir()
		s := System{OS: "linux", Home: filepath.Join(dir, "home"), Dir: filepath.Join(dir, "dir"), Root: filepath.Join(dir, "root")}
		s.Getenv = func(string) string { return "" }
		s.Exists = func(path string) bool { _, err := os.Stat(path); return err == nil }
		for name, text := range tt.files {
			path := filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			write(t, path, []byte(strings.ReplaceAll(text, "DIR", filepath.ToSlash(s.Dir))))
		}
		c, ok := Find(tt.client)
		if !ok {
			t.Fatalf("no client %s", tt.client)
		}
		block := State{Client: c, Scope: tt.scope}.Block(s, tt.entry)
		switch {
		case block == nil && tt.reason != "":
			t.Errorf("%s: it is started, want %q", tt.name, tt.reason)
		case block != nil && (block.Reason != tt.reason || block.Own != tt.own):
			t.Errorf("%s: %q, of the user's own %v; want %q, %v", tt.name, block.Reason, block.Own, tt.reason, tt.own)
		}
	}
}
