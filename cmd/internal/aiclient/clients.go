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

// Clients are all clients, by name. Where each keeps its settings is what its
// documentation says; the addresses are with those that are hard to find.
var Clients = []Client{
	{
		Name: "claude-code", Title: "Claude Code", Next: "start a new session, or /mcp in a running one",
		// https://code.claude.com/docs/en/mcp
		files: everywhere("$CLAUDE_CONFIG_DIR/.claude.json"), marks: []string{"~/.claude"}, project: ".mcp.json",
		section: mcpServers, shape: typed,
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
		section: mcpServers, shape: plain,
	},
	{
		Name: "cline", Title: "Cline", Next: "nothing: Cline watches the file",
		files:   beside("Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json"),
		section: mcpServers, shape: plain,
	},
	{
		Name: "codex", Title: "Codex", Next: "start a new session",
		// https://developers.openai.com/codex/config-reference
		files: everywhere("$CODEX_HOME/config.toml"), project: ".codex/config.toml",
		section: document.Section{Format: document.TOML, Key: "mcp_servers"}, shape: plain,
	},
	{
		Name: "continue", Title: "Continue", Next: "nothing: Continue watches the file",
		// https://docs.continue.dev/reference
		files:   everywhere("~/.continue/config.yaml"),
		initial: "name: Local Assistant\nversion: 1.0.0\nschema: v1\n",
		section: document.Section{Format: document.YAML, Key: "mcpServers", List: true}, shape: typed,
	},
	{
		Name: "copilot-cli", Title: "GitHub Copilot CLI", Next: "start a new session",
		files:   everywhere("$COPILOT_HOME/mcp-config.json"),
		section: mcpServers, shape: allTools,
	},
	{
		Name: "cursor", Title: "Cursor", Next: "nothing, or reload the window if Cursor does not list it",
		files: everywhere("~/.cursor/mcp.json"), project: ".cursor/mcp.json",
		section: mcpServers, shape: plain,
	},
	{
		Name: "gemini-cli", Title: "Gemini CLI", Next: "start a new session",
		files: everywhere("$GEMINI_CLI_HOME/.gemini/settings.json"), project: ".gemini/settings.json",
		section: mcpServers, shape: plain,
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
		section: mcpServers, shape: plain,
	},
	{
		Name: "kiro", Title: "Kiro", Next: "nothing: Kiro watches the file",
		files: everywhere("~/.kiro/settings/mcp.json"), marks: []string{"~/.kiro"}, project: ".kiro/settings/mcp.json",
		section: mcpServers, shape: plain,
	},
	{
		Name: "lm-studio", Title: "LM Studio", Next: "nothing, or restart LM Studio if it does not list it",
		// https://github.com/lmstudio-ai/lmstudio-bug-tracker/issues/1371
		files:   everywhere("~/.lmstudio/mcp.json", "~/.cache/lm-studio/mcp.json", "~/.lmstudio/mcp.json"),
		section: mcpServers, shape: plain,
	},
	{
		Name: "opencode", Title: "OpenCode", Next: "start a new session",
		// https://opencode.ai/docs/config; version 2 reads the shape of version 1 too.
		files:   everywhere("$XDG_CONFIG_HOME/opencode/opencode.jsonc", "$XDG_CONFIG_HOME/opencode/opencode.json"),
		project: "opencode.json",
		section: document.Section{Format: document.JSON, Key: "mcp"}, shape: local,
	},
	{
		Name: "vscode", Title: "VS Code", Next: "start the server where VS Code asks, or MCP: List Servers in the command palette",
		// https://code.visualstudio.com/docs/copilot/reference/mcp-configuration
		files: beside("Code/User/mcp.json"), project: ".vscode/mcp.json",
		section: document.Section{Format: document.JSON, Key: "servers"}, shape: typed,
	},
	{
		Name: "windsurf", Title: "Windsurf", Next: "refresh in Cascade's MCP panel, or restart Windsurf",
		files:   everywhere("~/.codeium/windsurf/mcp_config.json"),
		section: mcpServers, shape: plain,
	},
	{
		Name: "zed", Title: "Zed", Next: "nothing: Zed watches the file",
		files: map[string][]string{
			"darwin":  {"~/.config/zed/settings.json"},
			"windows": {"$APPDATA/Zed/settings.json"},
			"":        {"$XDG_CONFIG_HOME/zed/settings.json"},
		},
		project: ".zed/settings.json",
		section: document.Section{Format: document.JSON, Key: "context_servers"}, shape: custom,
	},
}
