package databricks

import (
	"testing"

	"ucbridge/config/route"
)

// Routes named by their URL are spoken of by the name in it.
func TestNamesInURLs(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"/api/2.0/mcp/external/github":                                 `connection "github"`,
		"/api/2.0/unity-catalog/connections/github/proxy/x?y=1":        `connection "github"`,
		"/ai-gateway/mcp-services/system.ai.github?o=1":                `MCP service "system.ai.github"`,
		"https://w.test/ai-gateway/mcp-services/system.ai.github":      `MCP service "system.ai.github"`,
		"/ai-gateway/mcp-services/system.ai.$(x)":                      `path "/ai-gateway/mcp-services/system.ai.$(x)"`,
		"/api/2.0/mcp/genie/1":                                         `path "/api/2.0/mcp/genie/1"`,
		"https://mcp-x-1.aws.databricksapps.com/mcp":                   `address "https://mcp-x-1.aws.databricksapps.com/mcp"`,
		"https://w.test/api/2.0/unity-catalog/connections/a%60b/proxy": `address "https://w.test/api/2.0/unity-catalog/connections/a%60b/proxy"`,
	} {
		d, err := parseURL(raw)
		if err != nil || d.String() != want {
			t.Errorf("%s: %s %v, want %s", raw, d, err, want)
		}
	}
}

func TestIsApp(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]bool{
		"https://mcp-x-1.aws.databricksapps.com/mcp":     true,
		"https://mcp-x-1.azure.databricksapps.com":       true,
		"https://MCP-X-1.DatabricksApps.com:443/":        true,
		"https://databricksapps.com/":                    false,
		"https://.databricksapps.com/":                   false,
		"https://evildatabricksapps.com/":                false,
		"https://x.databricksapps.com.evil.example/":     false,
		"https://x.databricksapps.com:8443/":             false,
		"https://evil.example/x.databricksapps.com":      false,
		"https://evil.example#x.databricksapps.com":      false,
		"https://evil.example\\@x.databricksapps.com/":   false,
		"https://evil.example%2f.databricksapps.com/":    false,
		"https://user@x.databricksapps.com@evil.example": false,
	} {
		d, err := parseURL(raw)
		if got := err == nil && d.route == route.App; got != want {
			t.Errorf("%s: %v (%v), want %v", raw, got, err, want)
		}
	}
}
