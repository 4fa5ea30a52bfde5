package webui

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"runtime"
	"strings"

	"ucbridge/bridge/shell"
)

// client is an AI client as the page tells how to connect it. The names are those of
// "ucbridge install".
type client struct {
	name, title string
	// file is where entries by address go, "" where the client takes none.
	file string
	// root and kind are the member that holds the entries and the value of their "type";
	// at is the member of the address, "url" where it is empty.
	root, kind, at string
	// token is how the file takes UCBRIDGE_TOKEN from the environment, "" if it cannot.
	token string
	// text, if set, makes the whole text in place of JSON.
	text func(name, address string) string
	// link, if set, is an address that opens the client with the entry.
	link func(name, address string) string
	note string
}

// clients are those that the page names, in its order. Entries by address are those of
// the clients' documentation.
var clients = []client{
	{name: "claude-code", title: "Claude Code", file: ".mcp.json of a project", root: "mcpServers", kind: "http", token: "${" + tokenName + "}"},
	{name: "claude-desktop", title: "Claude Desktop", note: "By address: Settings, Connectors, Add custom connector, where the address can be reached from the internet."},
	{name: "cursor", title: "Cursor", file: "~/.cursor/mcp.json", root: "mcpServers", token: "${env:" + tokenName + "}", link: func(name, address string) string {
		config := base64.StdEncoding.EncodeToString([]byte(inJSON(map[string]string{"url": address})))
		return "cursor://anysphere.cursor-deeplink/mcp/install?name=" + url.QueryEscape(name) + "&config=" + url.QueryEscape(config)
	}},
	{name: "vscode", title: "VS Code", file: ".vscode/mcp.json", root: "servers", kind: "http", token: "${input:" + tokenInput + "}", link: func(name, address string) string {
		return "vscode:mcp/install?" + url.PathEscape(inJSON(map[string]string{"name": name, "type": "http", "url": address}))
	}},
	{name: "codex", title: "Codex", file: "a terminal", text: func(name, address string) string {
		return shell.Command(runtime.GOOS, "codex", "mcp", "add", name, "--url", address) + "\n" +
			shell.Command(runtime.GOOS, "codex", "mcp", "login", name) + "\n"
	}},
	{name: "gemini-cli", title: "Gemini CLI", file: "~/.gemini/settings.json", root: "mcpServers", at: "httpUrl", token: "$" + tokenName},
	{name: "copilot-cli", title: "GitHub Copilot CLI", file: "~/.copilot/mcp-config.json", root: "mcpServers", kind: "http", token: "${" + tokenName + "}"},
	{name: "windsurf", title: "Windsurf", file: "~/.codeium/windsurf/mcp_config.json", root: "mcpServers", at: "serverUrl", token: "${env:" + tokenName + "}"},
	{name: "zed", title: "Zed", file: "settings.json", root: "context_servers"},
	{name: "cline", title: "Cline", file: "cline_mcp_settings.json", root: "mcpServers", kind: "streamableHttp"},
	{name: "continue", title: "Continue", file: "~/.continue/config.yaml", text: func(name, address string) string {
		return fmt.Sprintf("mcpServers:\n  - name: %s\n    type: streamable-http\n    url: %s\n", inJSON(name), address)
	}},
	{name: "opencode", title: "OpenCode", file: "opencode.json", root: "mcp", kind: "remote", token: "{env:" + tokenName + "}"},
	{name: "kilo", title: "Kilo", file: "kilo.json", root: "mcp", kind: "remote", token: "{env:" + tokenName + "}"},
	{name: "lm-studio", title: "LM Studio", file: "mcp.json", root: "mcpServers", link: func(name, address string) string {
		config := base64.StdEncoding.EncodeToString([]byte(inJSON(map[string]string{"url": address})))
		return "lmstudio://add_mcp?name=" + url.QueryEscape(name) + "&config=" + url.QueryEscape(config)
	}},
	{name: "goose", title: "Goose", file: "~/.config/goose/config.yaml", text: func(name, address string) string {
		return fmt.Sprintf("extensions:\n  %s:\n    enabled: true\n    name: %[1]s\n    type: streamable_http\n    uri: %s\n    timeout: 300\n", inJSON(name), address)
	}},
	{name: "junie", title: "JetBrains Junie", file: ".junie/mcp/mcp.json", root: "mcpServers"},
	{name: "kiro", title: "Kiro", file: ".kiro/settings/mcp.json", root: "mcpServers"},
	{name: "amp", title: "Amp", file: "settings.json", root: "amp.mcpServers", token: "${" + tokenName + "}"},
	{name: "auggie", title: "Auggie", file: "~/.augment/settings.json", root: "mcpServers", kind: "http"},
	{name: "droid", title: "Factory droid", file: ".factory/mcp.json", root: "mcpServers", kind: "http"},
	{name: "mcporter", title: "mcporter", file: "config/mcporter.json", root: "mcpServers", at: "baseUrl", token: "${" + tokenName + "}"},
	{name: "qwen-code", title: "Qwen Code", file: ".qwen/settings.json", root: "mcpServers", at: "httpUrl", token: "$" + tokenName},
	{name: "openclaw", title: "OpenClaw", note: "It takes servers by command."},
}

// setups tells each client how to reach the servers.
func (q *request) setups(servers []Server) []Setup {
	base := q.base()
	all := make([]Setup, 0, len(clients))
	for _, c := range clients {
		s := Setup{Client: c.title}
		if way, ok := q.byAddress(c, base, servers); ok {
			s.Ways = append(s.Ways, way)
		}
		if c.link != nil && !q.needsToken() {
			for _, server := range servers {
				s.Links = append(s.Links, Link{"Add " + server.Name + " to " + c.title, c.link(entryName(server), base+server.Path)})
			}
		}
		all = append(all, q.byCommand(s, c, base, servers))
	}
	return all
}

// entryName is a server's name in letters that every client takes.
func entryName(s Server) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r == '-' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '-'
	}, s.Name)
}

// byAddress is the entry of a client that connects by itself.
func (q *request) byAddress(c client, base string, servers []Server) (Way, bool) {
	needs := q.needsToken()
	if c.file == "" || needs && c.token == "" {
		return Way{}, false
	}
	way := Way{Title: "By address", File: c.file, Note: q.tokenNote()}
	if c.text != nil {
		var all strings.Builder
		for _, s := range servers {
			all.WriteString(c.text(entryName(s), base+s.Path))
		}
		way.Text = all.String()
		return way, true
	}
	var more []member
	if needs && c.name == "vscode" {
		more = []member{{"inputs", []any{map[string]any{"id": tokenInput, "type": "promptString", "description": tokenName, "password": true}}}}
		way.Note = "VS Code asks for " + tokenName + ". " + way.Note
	}
	at := c.at
	if at == "" {
		at = "url"
	}
	way.Text = document(c.root, servers, func(s Server) []member {
		one := []member{{at, base + s.Path}}
		if c.kind != "" {
			one = append([]member{{"type", c.kind}}, one...)
		}
		if c.name == "copilot-cli" {
			one = append(one, member{"tools", []string{"*"}})
		}
		if needs {
			one = append(one, member{"headers", map[string]string{"Authorization": "Bearer " + c.token}})
		}
		return one
	}, more...)
	return way, true
}

// byCommand adds how the client starts ucbridge on its user's own machine.
func (q *request) byCommand(s Setup, c client, base string, servers []Server) Setup {
	byJSON := map[string][2]string{
		"claude-code": {".mcp.json of a project", "stdio"}, "claude-desktop": {"claude_desktop_config.json", ""},
		"cursor": {"~/.cursor/mcp.json", ""}, "vscode": {".vscode/mcp.json", "stdio"},
	}
	if to, ok := byJSON[c.name]; ok {
		root := c.root
		if root == "" {
			root = "mcpServers"
		}
		s.Ways = append(s.Ways, Way{Title: "By command", File: "a terminal", Text: q.installing(c, base, servers)})
		s.Ways = append(s.Ways, Way{Title: "The same by hand", File: to[0], Note: c.note, Text: document(root, servers, func(server Server) []member {
			one := []member{{"command", q.program()}, {"args", q.stdioArgs(base, server)}}
			if to[1] != "" {
				one = append([]member{{"type", to[1]}}, one...)
			}
			if p := q.page.opts.Program; p != nil && p.ConfigFile != "" {
				one = append(one, member{"env", map[string]string{configFile: p.ConfigFile}})
			}
			return one
		})})
		return s
	}
	s.Ways = append(s.Ways, Way{Title: "By command", File: "a terminal", Text: q.installing(c, base, servers), Note: c.note})
	return s
}

// configFile is the variable that names the file of profiles.
const configFile = "DATABRICKS_CONFIG_FILE"

// installing are the commands that put the servers into the client's settings.
func (q *request) installing(c client, base string, servers []Server) string {
	var lines strings.Builder
	for _, server := range servers {
		words := append([]string{"ucbridge", "install", c.name}, q.stdioArgs(base, server)[1:]...)
		command := shell.Command(runtime.GOOS, words...)
		if p := q.page.opts.Program; p != nil && p.ConfigFile != "" {
			command = shell.WithVariable(runtime.GOOS, configFile, p.ConfigFile, command)
		}
		fmt.Fprintln(&lines, command)
	}
	return lines.String()
}

// program is the path by which clients start ucbridge: the true one where the page is
// for the person at this machine.
func (q *request) program() string {
	if p := q.page.opts.Program; p != nil {
		return p.Path
	}
	return "/path/to/ucbridge"
}
