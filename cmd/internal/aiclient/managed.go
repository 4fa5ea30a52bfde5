package aiclient

import (
	"encoding/json"
	"slices"
	"strings"

	"ucbridge/cmd/internal/document"
)

// managed is how a client is governed on a whole machine: where it reads servers that
// an administrator rolls out, and rules on which servers may be started.
type managed struct {
	// servers is the file of the servers that all users get; the zero machineFile where
	// the client reads none.
	servers machineFile
	// exclusive says that with that file the client starts no server from elsewhere.
	exclusive bool
	// rules is the file of the rules.
	rules machineFile
	// allowed is the list in the rules of what may be started.
	allowed allowList
	// blocks says what keeps the client from starting an entry of that scope, as its
	// settings and rules on this machine tell; nil where nothing does. The rules that
	// come over the network or from a device's management are not among them.
	blocks func(System, Scope, Entry) *Block
}

// machineFile is a file of a whole machine, on Linux, macOS and Windows. A variable
// that is set leads elsewhere.
type machineFile struct{ linux, darwin, windows, variable string }

// path is "" where there is no such file.
func (f machineFile) path(s System) string {
	if f.variable != "" && s.Getenv(f.variable) != "" {
		return s.Getenv(f.variable)
	}
	pattern := f.linux
	switch s.OS {
	case "darwin":
		pattern = f.darwin
	case "windows":
		pattern = f.windows
	}
	if pattern == "" {
		return ""
	}
	return s.path(pattern)
}

// Governed reports whether the client reads rules on which servers may be started.
func (c Client) Governed() bool { return c.managed != nil }

// Exclusive reports whether the client starts no other servers than those that are
// rolled out, once there are any.
func (c Client) Exclusive() bool { return c.managed != nil && c.managed.exclusive }

// Block is what keeps a client from starting an entry.
type Block struct {
	File   string // that says so
	Reason string // what it says of the entry, as in "it is on deniedMcpServers"
	// Lacks says that a rule for the entry would be enough.
	Lacks bool
	// Own says that the user has turned the entry off, as clients offer it.
	Own bool
}

// Block says what keeps the client from starting an entry that was found in these
// settings; nil where nothing is known to.
func (s State) Block(system System, e Entry) *Block {
	if e.Off {
		return &Block{File: s.File, Reason: "it is turned off there", Own: true}
	}
	if s.Client.managed == nil {
		return nil
	}
	return s.Client.managed.blocks(system, s.Scope, e)
}

// What an administrator keeps.
var (
	claudeServers = machineFile{
		linux:   "/etc/claude-code/managed-mcp.json",
		darwin:  "/Library/Application Support/ClaudeCode/managed-mcp.json",
		windows: "$ProgramFiles/ClaudeCode/managed-mcp.json",
	}
	claudeRules = machineFile{
		linux:   "/etc/claude-code/managed-settings.json",
		darwin:  "/Library/Application Support/ClaudeCode/managed-settings.json",
		windows: "$ProgramFiles/ClaudeCode/managed-settings.json",
	}
	// A managed_config.toml is read as well, and is called legacy by Codex itself.
	codexServers = machineFile{
		linux:   "/etc/codex/config.toml",
		darwin:  "/etc/codex/config.toml",
		windows: "$ProgramData/OpenAI/Codex/config.toml",
	}
	codexRules = machineFile{
		linux:   "/etc/codex/requirements.toml",
		darwin:  "/etc/codex/requirements.toml",
		windows: "$ProgramData/OpenAI/Codex/requirements.toml",
	}
	geminiSystem = machineFile{
		linux:    "/etc/gemini-cli/settings.json",
		darwin:   "/Library/Application Support/GeminiCli/settings.json",
		windows:  "$ProgramData/gemini-cli/settings.json",
		variable: "GEMINI_CLI_SYSTEM_SETTINGS_PATH",
	}
	geminiDefaults = machineFile{
		linux:    "/etc/gemini-cli/system-defaults.json",
		darwin:   "/Library/Application Support/GeminiCli/system-defaults.json",
		windows:  "$ProgramData/gemini-cli/system-defaults.json",
		variable: "GEMINI_CLI_SYSTEM_DEFAULTS_PATH",
	}
	copilotRules = machineFile{
		linux:   "/etc/github-copilot/managed-settings.json",
		darwin:  "/Library/Application Support/GitHubCopilot/managed-settings.json",
		windows: "$ProgramFiles/GitHubCopilot/managed-settings.json",
	}
	vscodePolicy = machineFile{linux: "/etc/vscode/policy.json"}
)

// inFile decodes a file of settings into v. What is missing or cannot be read says
// nothing: that is its client's to tell.
func inFile(format document.Format, path string, v any) bool {
	if path == "" {
		return false
	}
	content, err := (File{Path: path}).read()
	if err != nil || content == nil {
		return false
	}
	tree, err := document.Decode(format, content)
	if err != nil {
		return false
	}
	text, err := json.Marshal(tree)
	return err == nil && json.Unmarshal(text, v) == nil
}

// sameName compares names as Gemini CLI does.
func sameName(list []string, name string) bool {
	plain := func(s string) string { return strings.ToLower(strings.TrimSpace(s)) }
	return slices.ContainsFunc(list, func(other string) bool { return plain(other) == plain(name) })
}
