package page

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Setup is what one AI client has to be told, in each of the ways it knows.
type Setup struct {
	Client string
	Ways   []Way
}

// Way is one text to paste.
type Way struct {
	Title string
	File  string // where it goes
	Text  string
	Note  string
}

// tokenName is the environment variable that clients take the token from. The
// token itself stays out of files.
const tokenName = "UCBRIDGE_TOKEN"

// setups tells each client how to reach the servers.
func (v *visit) setups(servers []Server) []Setup {
	base := v.base()
	byURL := func(typed bool, token string) map[string]any {
		all := make(map[string]any)
		for _, s := range servers {
			one := map[string]any{"url": base + s.Path}
			if typed {
				one["type"] = "http"
			}
			if v.needsToken() {
				one["headers"] = map[string]string{"Authorization": "Bearer " + token}
			}
			all[s.Name] = one
		}
		return all
	}
	byCommand := func(typed bool) map[string]any {
		all := make(map[string]any)
		for _, s := range servers {
			one := map[string]any{"command": "/path/to/ucbridge", "args": v.stdioArgs(base, s)}
			if typed {
				one["type"] = "stdio"
			}
			all[s.Name] = one
		}
		return all
	}
	code := map[string]any{"servers": byURL(true, "${input:ucbridge-token}")}
	if v.needsToken() {
		code["inputs"] = []any{map[string]any{"id": "ucbridge-token", "type": "promptString", "description": "Token for " + base, "password": true}}
	}
	note := v.tokenNote()
	return []Setup{
		{"Claude Code", []Way{
			{"By address", ".mcp.json of a project", spread(map[string]any{"mcpServers": byURL(true, "${"+tokenName+"}")}), note},
			{"By command", ".mcp.json of a project", spread(map[string]any{"mcpServers": byCommand(true)}), ""},
		}},
		{"Claude Desktop", []Way{
			{"By command", "claude_desktop_config.json", spread(map[string]any{"mcpServers": byCommand(false)}), "Its file knows no addresses."},
		}},
		{"Cursor", []Way{
			{"By address", "~/.cursor/mcp.json", spread(map[string]any{"mcpServers": byURL(false, "${env:"+tokenName+"}")}), note},
			{"By command", "~/.cursor/mcp.json", spread(map[string]any{"mcpServers": byCommand(false)}), ""},
		}},
		{"VS Code", []Way{
			{"By address", ".vscode/mcp.json", spread(code), strings.ReplaceAll(note, tokenName+" is", "It asks for")},
			{"By command", ".vscode/mcp.json", spread(map[string]any{"servers": byCommand(true)}), ""},
		}},
	}
}

// base is the address under which the visitor sees the gateway.
func (v *visit) base() string {
	host, scheme := v.r.Host, "http"
	if v.Gateway.Door.Believed {
		scheme = "https"
		if asked := v.r.Header.Get("X-Forwarded-Host"); asked != "" {
			host = asked
		}
		if v.r.Header.Get("X-Forwarded-Proto") == "http" {
			scheme = "http"
		}
	}
	return scheme + "://" + host
}

// needsToken reports whether clients have to show a token of the gateway or of its
// front door. On this machine, with --auth app, they need none.
func (v *visit) needsToken() bool { return v.entry != nil || v.Gateway.Door.Believed }

// tokenNote says what UCBRIDGE_TOKEN holds.
func (v *visit) tokenNote() string {
	switch {
	case v.entry != nil:
		return tokenName + " is the token that ucbridge serve printed; each start makes a new one."
	case isApp(v.base()):
		return tokenName + " is what “databricks auth token” prints for the workspace, good for an hour. By command nothing has to be renewed."
	case v.Gateway.Door.Believed:
		return tokenName + " is what the front door of this gateway takes."
	}
	return ""
}

// stdioArgs is the command line that leads to the same server: through this
// gateway where it is a Databricks App, which ucbridge signs in to by itself.
func (v *visit) stdioArgs(base string, s Server) []string {
	if isApp(base) {
		return []string{"stdio", "--url", base + s.Path, "--profile", "DEFAULT"}
	}
	return append(append([]string{"stdio"}, s.Args...), "--profile", "DEFAULT")
}

func isApp(base string) bool { return strings.HasSuffix(base, ".databricksapps.com") }

// spread is v as indented JSON. It is only strings, and maps of them.
func spread(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		panic(err)
	}
	return b.String()
}
