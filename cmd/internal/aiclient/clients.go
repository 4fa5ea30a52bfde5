package aiclient

import "ucbridge/cmd/internal/document"

// everywhere is a file that every system has at the same place.
func everywhere(patterns ...string) map[string][]string { return map[string][]string{"": patterns} }

// beside is a file below the folder that desktop programs keep settings in.
func beside(path string) map[string][]string {
	return map[string][]string{
		"darwin":  {"~/Library/Application Support/" + path},
		"windows": {"$APPDATA/" + path},
		"":        {"$XDG_CONFIG_HOME/" + path},
	}
}

var mcpServers = document.Section{Format: document.JSON, Key: "mcpServers"}

// beforeMove puts files of older releases in front of the one of newer ones.
func beforeMove(older map[string][]string, newer string) map[string][]string {
	files := make(map[string][]string)
	for system, patterns := range older {
		files[system] = append(patterns, newer)
	}
	return files
}

// strict is what readers of JSON and nothing else refuse.
const strict = document.ByteOrderMark | document.Comments | document.TrailingCommas

// Clients are all clients, by name. Where each keeps its settings is what its
// documentation says; the addresses are with those that are hard to find.
var Clients = []Client{
	{
		Name: "amp", Title: "Amp", Next: "start a new session",
		files: everywhere("$XDG_CONFIG_HOME/amp/settings.json"), project: ".amp/settings.json",
		programs: []string{"amp"},
		section:  document.Section{Format: document.JSON, Key: "amp.mcpServers"}, shape: plain,
		seen: "0.0.1790142911", refuses: document.ByteOrderMark, substitutes: dollarBraces, // https://ampcode.com/manual
	},
	{
		Name: "auggie", Title: "Auggie", Next: "start a new session",
		files: everywhere("~/.augment/settings.json"), project: ".augment/settings.json",
		programs: []string{"auggie"},
		section:  mcpServers, shape: plain, seen: "0.36.0", refuses: document.ByteOrderMark,
		environment: environment{only: []string{"HOME", "PATH"}},
	},
	{
		Name: "claude-code", Title: "Claude Code", Next: "start a new session, or /mcp in a running one",
		// https://code.claude.com/docs/en/mcp
		files: everywhere("$CLAUDE_CONFIG_DIR/.claude.json"), marks: []string{"~/.claude"}, project: ".mcp.json",
		programs: []string{"claude"},
		section:  mcpServers, shape: typed, aliases: []string{"claude"},
		seen: "2.1.332", refuses: document.Comments | document.TrailingCommas, substitutes: dollarBraces,
		managed: &managed{claudeServers, true, claudeRules, byCommand, claudeBlocks},
	},
	{
		Name: "claude-desktop", Title: "Claude Desktop", Next: "quit and start Claude Desktop",
		files: map[string][]string{
			"darwin": {"~/Library/Application Support/Claude/claude_desktop_config.json"},
			"windows": {
				// The Microsoft Store's build sees this one in the other's place.
				"$LOCALAPPDATA/Packages/Claude_pzs8sxrjxfjjc/LocalCache/Roaming/Claude/claude_desktop_config.json",
				"$APPDATA/Claude/claude_desktop_config.json",
			},
			"": {"$XDG_CONFIG_HOME/claude/claude_desktop_config.json", "$XDG_CONFIG_HOME/Claude/claude_desktop_config.json"},
		},
		section: mcpServers, shape: plain, refuses: strict,
		environment: environment{only: sdkVariables}, // https://modelcontextprotocol.io/docs/tools/debugging
	},
	{
		Name: "cline", Title: "Cline", Next: "nothing: Cline watches the file",
		// Release 4 of the extension, the CLI and the SDK share a file; older extensions
		// have one in the settings of VS Code.
		files: beforeMove(beside("Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json"),
			"~/.cline/data/settings/cline_mcp_settings.json"),
		moved: "~/.cline", marks: []string{"~/.cline"},
		programs: []string{"cline"},
		section:  mcpServers, shape: patient, seen: "3.0.65", refuses: strict,
	},
	{
		Name: "codex", Title: "Codex", Next: "start a new session",
		// https://developers.openai.com/codex/config-reference
		files: everywhere("$CODEX_HOME/config.toml"), project: ".codex/config.toml",
		programs: []string{"codex"},
		section:  document.Section{Format: document.TOML, Key: "mcp_servers"}, shape: required,
		seen: "0.171.0", environment: environment{byName: true, only: append(sdkVariables[:len(sdkVariables):len(sdkVariables)],
			"LANG", "LC_ALL", "TMPDIR", "TZ", "SSL_CERT_FILE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE")},
		managed: &managed{codexServers, false, codexRules, byIdentity, codexBlocks},
	},
	{
		Name: "continue", Title: "Continue", Next: "nothing: Continue watches the file",
		// https://docs.continue.dev/reference
		files:    everywhere("~/.continue/config.yaml"),
		initial:  "name: Local Assistant\nversion: 1.0.0\nschema: v1\n",
		programs: []string{"cn"},
		section:  document.Section{Format: document.YAML, Key: "mcpServers", List: true}, shape: typed, seen: "1.5.47",
	},
	{
		Name: "copilot-cli", Title: "GitHub Copilot CLI", Next: "start a new session",
		files:    everywhere("$COPILOT_HOME/mcp-config.json"),
		programs: []string{"copilot"},
		section:  mcpServers, shape: allTools, aliases: []string{"copilot"},
		seen: "1.0.102", substitutes: dollarName | dollarBraces,
		managed: &managed{rules: copilotRules, allowed: byCommand, blocks: copilotBlocks},
	},
	{
		Name: "cursor", Title: "Cursor", Next: "nothing, or reload the window if Cursor does not list it",
		files: everywhere("~/.cursor/mcp.json"), project: ".cursor/mcp.json",
		programs: []string{"cursor", "cursor-agent"},
		section:  mcpServers, shape: plain, substitutes: dollarBraces, // https://cursor.com/docs/context/mcp
	},
	{
		Name: "droid", Title: "Factory droid", Next: "start a new session",
		files: everywhere("~/.factory/mcp.json"), project: ".factory/mcp.json",
		programs: []string{"droid"},
		section:  mcpServers, shape: enabled, aliases: []string{"factory"},
		seen: "0.215.0", refuses: document.ByteOrderMark | document.TrailingCommas,
	},
	{
		Name: "gemini-cli", Title: "Gemini CLI", Next: "start a new session",
		files: everywhere("$GEMINI_CLI_HOME/.gemini/settings.json"), project: ".gemini/settings.json",
		programs: []string{"gemini"},
		section:  mcpServers, shape: plain, aliases: []string{"gemini"},
		seen: "0.61.0", refuses: document.ByteOrderMark | document.TrailingCommas, substitutes: dollarName | dollarBraces,
		environment: environment{hide: []string{"AUTH", "CERT", "CREDENTIAL", "KEY", "PASSWORD", "SECRET", "TOKEN"}},
		managed:     &managed{geminiSystem, false, geminiSystem, byName, geminiBlocks},
	},
	{
		Name: "goose", Title: "Goose", Next: "start a new session",
		files: map[string][]string{
			"windows": {"$APPDATA/Block/goose/config/config.yaml"},
			"":        {"$XDG_CONFIG_HOME/goose/config.yaml"},
		},
		section: document.Section{Format: document.YAML, Key: "extensions"}, shape: extension,
	},
	{
		Name: "junie", Title: "JetBrains Junie", Next: "restart the IDE, or reload in Settings > Tools > Junie > MCP Settings",
		files: everywhere("~/.junie/mcp/mcp.json"), marks: []string{"~/.junie"}, project: ".junie/mcp/mcp.json",
		programs: []string{"junie"},
		section:  mcpServers, shape: plain,
	},
	{
		Name: "kilo", Title: "Kilo", Next: "start a new session",
		files:    everywhere("$XDG_CONFIG_HOME/kilo/kilo.jsonc", "$XDG_CONFIG_HOME/kilo/kilo.json"),
		project:  "kilo.json",
		programs: []string{"kilo"},
		section:  document.Section{Format: document.JSON, Key: "mcp"}, shape: local,
		seen: "7.7.9", substitutes: braces,
	},
	{
		Name: "kiro", Title: "Kiro", Next: "nothing: Kiro watches the file",
		files: everywhere("~/.kiro/settings/mcp.json"), marks: []string{"~/.kiro"}, project: ".kiro/settings/mcp.json",
		programs: []string{"kiro", "kiro-cli"},
		section:  mcpServers, shape: plain,
	},
	{
		Name: "lm-studio", Title: "LM Studio", Next: "nothing, or restart LM Studio if it does not list it",
		// https://github.com/lmstudio-ai/lmstudio-bug-tracker/issues/1371
		files:    everywhere("~/.lmstudio/mcp.json", "~/.cache/lm-studio/mcp.json", "~/.lmstudio/mcp.json"),
		programs: []string{"lms"},
		section:  mcpServers, shape: plain,
	},
	{
		Name: "mcporter", Title: "mcporter", Next: "nothing: mcporter reads it at each call",
		files: everywhere("~/.mcporter/mcporter.json"), project: "config/mcporter.json",
		programs: []string{"mcporter"},
		section:  mcpServers, shape: plain,
		seen: "0.12.3", refuses: document.ByteOrderMark, substitutes: dollarBraces,
	},
	{
		Name: "openclaw", Title: "OpenClaw", Next: "restart the gateway: openclaw gateway restart",
		files:    everywhere("~/.openclaw/openclaw.json"),
		programs: []string{"openclaw"},
		section:  document.Section{Format: document.JSON, Parent: "mcp", Key: "servers"}, shape: plain,
		seen: "2026.9.6", substitutes: dollarBraces, environment: environment{only: sdkVariables},
	},
	{
		Name: "opencode", Title: "OpenCode", Next: "start a new session",
		// https://opencode.ai/docs/config; version 2 reads the shape of version 1 too.
		files:    everywhere("$XDG_CONFIG_HOME/opencode/opencode.jsonc", "$XDG_CONFIG_HOME/opencode/opencode.json"),
		project:  "opencode.json",
		programs: []string{"opencode"},
		section:  document.Section{Format: document.JSON, Key: "mcp"}, shape: local,
		seen: "1.18.33", substitutes: braces,
	},
	{
		Name: "qwen-code", Title: "Qwen Code", Next: "start a new session",
		files: everywhere("~/.qwen/settings.json"), project: ".qwen/settings.json",
		programs: []string{"qwen"},
		section:  mcpServers, shape: plain, aliases: []string{"qwen"},
		seen: "0.24.4", refuses: document.TrailingCommas, substitutes: dollarName | dollarBraces,
	},
	{
		Name: "vscode", Title: "VS Code", Next: "start the server where VS Code asks, or MCP: List Servers in the command palette",
		// https://code.visualstudio.com/docs/copilot/reference/mcp-configuration
		files: beside("Code/User/mcp.json"), project: ".vscode/mcp.json",
		programs: []string{"code"},
		section:  document.Section{Format: document.JSON, Key: "servers"}, shape: typed, aliases: []string{"code", "vs-code"},
		substitutes: dollarBraces,
		managed:     &managed{rules: copilotRules, allowed: byCommand, blocks: vscodeBlocks},
	},
	{
		Name: "windsurf", Title: "Windsurf", Next: "refresh in Cascade's MCP panel, or restart Windsurf",
		files:    everywhere("~/.codeium/windsurf/mcp_config.json"),
		programs: []string{"windsurf"},
		section:  mcpServers, shape: plain, substitutes: dollarBraces, // https://docs.windsurf.com/windsurf/cascade/mcp
	},
	{
		Name: "zed", Title: "Zed", Next: "nothing: Zed watches the file",
		files: map[string][]string{
			"darwin":  {"~/.config/zed/settings.json"},
			"windows": {"$APPDATA/Zed/settings.json"},
			"":        {"$XDG_CONFIG_HOME/zed/settings.json"},
		},
		project:  ".zed/settings.json",
		programs: []string{"zeditor"},
		section:  document.Section{Format: document.JSON, Key: "context_servers"}, shape: custom,
	},
}
