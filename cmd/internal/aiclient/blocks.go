package aiclient

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"ucbridge/cmd/internal/document"
)

// commandRule is an item of allowedMcpServers or deniedMcpServers.
type commandRule struct {
	Name    string   `json:"serverName"`
	Command []string `json:"serverCommand"`
}

// commandRules are the settings with which Claude Code and GitHub Copilot restrict
// servers. A nil list allows all.
type commandRules struct {
	Allowed     *[]commandRule `json:"allowedMcpServers"`
	Denied      []commandRule  `json:"deniedMcpServers"`
	ManagedOnly bool           `json:"allowManagedMcpServersOnly"`
	// Disabled are servers of a project that its user has declined.
	Disabled []string `json:"disabledMcpjsonServers"`
	file     string
}

func (r commandRule) names(e Entry) bool { return r.Name != "" && r.Name == e.Name }

func (r commandRule) starts(e Entry) bool {
	return len(r.Command) > 0 && slices.Equal(r.Command, e.words())
}

// expands says that the client puts variables of its own environment into the rule.
func (r commandRule) expands() bool {
	return slices.ContainsFunc(r.Command, func(word string) bool { return strings.Contains(word, "${") })
}

// commandRulesIn reads those of the files that there are.
func commandRulesIn(paths []string) (found []commandRules) {
	for _, path := range paths {
		var rules commandRules
		if inFile(document.JSON, path, &rules) {
			rules.file = path
			found = append(found, rules)
		}
	}
	return found
}

// denied says which of the files denies the entry.
func denied(files []commandRules, e Entry) *Block {
	for _, f := range files {
		if slices.ContainsFunc(f.Denied, func(r commandRule) bool { return r.names(e) || r.starts(e) }) {
			return &Block{File: f.file, Reason: "it is on deniedMcpServers"}
		}
	}
	return nil
}

// unlisted says that there is a list of what is allowed and that the entry is not on
// it. Of several files the lists count together. Where one item is a command, an
// entry that is started by a command must be listed by it.
func unlisted(files []commandRules, e Entry) *Block {
	var all []commandRule
	var block *Block
	for _, f := range files {
		if f.Allowed == nil {
			continue
		}
		all = append(all, *f.Allowed...)
		if block == nil {
			block = &Block{File: f.file, Reason: "it is not on allowedMcpServers", Lacks: true}
		}
	}
	byCommand := slices.ContainsFunc(all, func(r commandRule) bool { return len(r.Command) > 0 })
	if slices.ContainsFunc(all, func(r commandRule) bool {
		return r.expands() || r.starts(e) || !byCommand && r.names(e)
	}) {
		return nil
	}
	return block
}

// claudeBlocks reads the rules of Claude Code: https://code.claude.com/docs/en/managed-mcp
func claudeBlocks(s System, scope Scope, e Entry) *Block {
	main := claudeRules.path(s)
	more, _ := filepath.Glob(filepath.Join(filepath.Dir(main), "managed-settings.d", "*.json")) // the pattern is ours
	governing := commandRulesIn(append([]string{main}, more...))
	home := s.Getenv("CLAUDE_CONFIG_DIR")
	if home == "" {
		home = s.path("~/.claude")
	}
	own := commandRulesIn([]string{filepath.Join(home, "settings.json"), s.path(".claude/settings.json"), s.path(".claude/settings.local.json")})
	if block := denied(slices.Concat(governing, own), e); block != nil {
		return block
	}
	if servers := claudeServers.path(s); scope != Managed && s.Exists(servers) {
		return &Block{File: servers, Reason: "where there is such a file, no other servers are started"}
	}
	if scope == Managed { // what the organization delivers needs no rule
		return nil
	}
	lists := governing
	if !slices.ContainsFunc(governing, func(f commandRules) bool { return f.ManagedOnly }) {
		lists = slices.Concat(governing, own)
	}
	if block := unlisted(lists, e); block != nil {
		return block
	}
	return claudeDisabled(s, scope, e, slices.Concat(governing, own))
}

// claudeDisabled says where the user has turned a server off in this folder.
func claudeDisabled(s System, scope Scope, e Entry, files []commandRules) *Block {
	for _, f := range files {
		if scope == Project && slices.Contains(f.Disabled, e.Name) {
			return &Block{File: f.file, Reason: "it is on disabledMcpjsonServers", Own: true}
		}
	}
	var settings struct {
		Projects map[string]struct {
			Disabled []string `json:"disabledMcpServers"`
		} `json:"projects"`
	}
	file := s.path("$CLAUDE_CONFIG_DIR/.claude.json")
	if inFile(document.JSON, file, &settings) && slices.Contains(settings.Projects[filepath.ToSlash(s.Dir)].Disabled, e.Name) {
		return &Block{File: file, Reason: "it is turned off for this folder", Own: true}
	}
	return nil
}

// codexBlocks reads the requirements of Codex, which hold for servers of every origin:
// https://developers.openai.com/codex/enterprise/managed-configuration
func codexBlocks(s System, _ Scope, e Entry) *Block {
	var rules struct {
		Servers map[string]struct {
			Identity struct {
				Command any `json:"command"`
			} `json:"identity"`
		} `json:"mcp_servers"`
	}
	file := codexRules.path(s)
	if !inFile(document.TOML, file, &rules) || rules.Servers == nil {
		return nil
	}
	rule, listed := rules.Servers[e.Name]
	if !listed {
		return &Block{File: file, Reason: "its name is not among mcp_servers", Lacks: true}
	}
	if !identifies(rule.Identity.Command, e) {
		return &Block{File: file, Reason: "it is not the command that mcp_servers allows by that name", Lacks: true}
	}
	return nil
}

// identifies reports whether a command of Codex's requirements is the entry's: a text
// is the program alone.
func identifies(command any, e Entry) bool {
	matcher, ok := command.(map[string]any)
	if !ok {
		return command == e.Command
	}
	args, _ := matcher["args"].([]any)
	if matcher["executable"] != e.Command || len(args) != len(e.Args) {
		return false
	}
	for i, arg := range args {
		m, _ := arg.(map[string]any)
		value, _ := m["value"].(string)
		expression, _ := m["expression"].(string)
		switch m["match"] {
		case "exact":
			ok = e.Args[i] == value
		case "prefix":
			ok = strings.HasPrefix(e.Args[i], value)
		case "regex":
			pattern, err := regexp.Compile(`\A(?:` + expression + `)\z`)
			ok = err != nil || pattern.MatchString(e.Args[i]) // Codex knows expressions that Go does not
		}
		if !ok {
			return false
		}
	}
	return true
}

// geminiBlocks reads the settings of Gemini CLI: https://geminicli.com/docs/cli/enterprise
// Each list holds, whosever it is.
func geminiBlocks(s System, _ Scope, e Entry) *Block {
	for _, file := range []string{
		geminiDefaults.path(s), s.path("$GEMINI_CLI_HOME/.gemini/settings.json"), s.path(".gemini/settings.json"), geminiSystem.path(s),
	} {
		var settings struct {
			MCP struct {
				Allowed  *[]string `json:"allowed"`
				Excluded []string  `json:"excluded"`
			} `json:"mcp"`
		}
		if !inFile(document.JSON, file, &settings) {
			continue
		}
		if sameName(settings.MCP.Excluded, e.Name) {
			return &Block{File: file, Reason: "it is on mcp.excluded"}
		}
		if list := settings.MCP.Allowed; list != nil && !sameName(*list, e.Name) {
			return &Block{File: file, Reason: "it is not on mcp.allowed", Lacks: true}
		}
	}
	return nil
}

// copilotBlocks reads the rules of GitHub Copilot's clients:
// https://docs.github.com/en/copilot/reference/enterprise-administrators/enterprise-managed-settings
func copilotBlocks(s System, _ Scope, e Entry) *Block {
	file := copilotRules.path(s)
	rules := commandRulesIn([]string{file})
	if block := denied(rules, e); block != nil {
		return block
	}
	if block := unlisted(rules, e); block != nil {
		return block
	}
	// The CLI starts nothing, and says nothing, with a file that it does not trust.
	switch info, err := os.Stat(file); {
	case err != nil:
		return nil
	case len(rules) == 0:
		return &Block{File: file, Reason: "it cannot be read, and no server is started then"}
	case s.OS != "windows" && info.Mode()&0o022 != 0:
		return &Block{File: file, Reason: "others than its owner may write it, and no server is started then"}
	}
	return nil
}

// vscodeBlocks is copilotBlocks with VS Code's own switch for all servers:
// https://code.visualstudio.com/docs/enterprise/policies
func vscodeBlocks(s System, scope Scope, e Entry) *Block {
	var policy struct {
		Access string `json:"ChatMCP"`
	}
	if file := vscodePolicy.path(s); inFile(document.JSON, file, &policy) && policy.Access == "none" {
		return &Block{File: file, Reason: "ChatMCP turns all servers off"}
	}
	return copilotBlocks(s, scope, e)
}
