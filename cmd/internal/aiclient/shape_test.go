package aiclient

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/tailscale/hujson"
)

// The settings of clients that no test can start, as their makers document them:
// what is not named here they do not know, and what has no omitempty they want.

// claudeDesktopSettings: https://modelcontextprotocol.io/docs/develop/connect-local-servers
type claudeDesktopSettings struct {
	MCPServers map[string]struct {
		Command *string           `json:"command"`
		Args    []string          `json:"args,omitempty"`
		Env     map[string]string `json:"env,omitempty"`
	} `json:"mcpServers"`
}

// vscodeSettings: https://code.visualstudio.com/docs/copilot/reference/mcp-configuration
type vscodeSettings struct {
	Servers map[string]struct {
		Type    *string           `json:"type"` // stdio, http or sse
		Command *string           `json:"command"`
		Args    []string          `json:"args,omitempty"`
		Env     map[string]string `json:"env,omitempty"`
		EnvFile string            `json:"envFile,omitempty"`
	} `json:"servers"`
}

// copilotSettings: https://docs.github.com/en/copilot/how-tos/copilot-cli/customize-copilot/add-mcp-servers
type copilotSettings struct {
	MCPServers map[string]struct {
		Type    *string           `json:"type"` // local, stdio, http or sse
		Command *string           `json:"command"`
		Args    []string          `json:"args,omitempty"`
		Env     map[string]string `json:"env,omitempty"`
		Tools   *[]string         `json:"tools"`
	} `json:"mcpServers"`
}

// opencodeSettings: https://opencode.ai/docs/mcp-servers
type opencodeSettings struct {
	MCP map[string]struct {
		Type        *string           `json:"type"` // local or remote
		Command     *[]string         `json:"command"`
		Environment map[string]string `json:"environment,omitempty"`
		Enabled     *bool             `json:"enabled"`
	} `json:"mcp"`
}

// gooseSettings: https://block.github.io/goose/docs/guides/config-files
type gooseSettings struct {
	Extensions map[string]struct {
		Enabled     *bool             `yaml:"enabled"`
		Type        *string           `yaml:"type"` // stdio, builtin, ...
		Name        *string           `yaml:"name"`
		Description *string           `yaml:"description"`
		Cmd         *string           `yaml:"cmd"`
		Args        *[]string         `yaml:"args"`
		Envs        map[string]string `yaml:"envs,omitempty"`
		Timeout     *int              `yaml:"timeout"` // seconds
	} `yaml:"extensions"`
}

// continueSettings: https://docs.continue.dev/reference
type continueSettings struct {
	Name       *string `yaml:"name"`
	Version    *string `yaml:"version"`
	Schema     *string `yaml:"schema"` // v1
	MCPServers []struct {
		Name    *string           `yaml:"name"`
		Type    *string           `yaml:"type"` // stdio, sse or streamable-http
		Command *string           `yaml:"command"`
		Args    []string          `yaml:"args,omitempty"`
		Env     map[string]string `yaml:"env,omitempty"`
	} `yaml:"mcpServers"`
}

// TestDocumentedShapes decodes new settings strictly, and looks for what is missing.
func TestDocumentedShapes(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string]any{
		"claude-desktop": new(claudeDesktopSettings), "vscode": new(vscodeSettings), "copilot-cli": new(copilotSettings),
		"opencode": new(opencodeSettings), "goose": new(gooseSettings), "continue": new(continueSettings),
	} {
		c, ok := Find(name)
		if !ok {
			t.Fatalf("no client %s", name)
		}
		text, err := c.add(nil, "github", c.shape(Entry{"github", servers["darwin"]}))
		if err != nil {
			t.Fatal(err)
		}
		var again []byte
		if strings.HasSuffix(c.File(machine("linux", nil), User).Path, ".yaml") {
			if err = yaml.UnmarshalWithOptions(text, settings, yaml.Strict()); err == nil {
				again, err = yaml.Marshal(settings)
			}
		} else if text, err = hujson.Standardize(text); err == nil {
			decoder := json.NewDecoder(strings.NewReader(string(text)))
			decoder.DisallowUnknownFields()
			if err = decoder.Decode(settings); err == nil {
				again, err = json.Marshal(settings)
			}
		}
		if err != nil || strings.Contains(string(again), "null") {
			t.Errorf("%s: %v in\n%s\nread as\n%s", name, err, text, again)
		}
	}
}
