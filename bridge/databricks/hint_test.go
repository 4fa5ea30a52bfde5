package databricks

import (
	"strings"
	"testing"
)

func TestHints(t *testing.T) {
	t.Parallel()
	const host = "https://w.test"
	tests := []struct{ authType, profile, want string }{
		{"pat", "", host + "/settings/user/developer/access-tokens and replace the old one in the environment"},
		{"pat", "ada", `in profile "ada"`},
		{"databricks-cli", "ada", "databricks auth login --profile ada"},
		{"databricks-cli", "", "databricks auth login --host https://w.test"},
		{"databricks-cli", "it's; rm", `databricks auth login --profile 'it'\''s; rm'`},
		{"basic", "ada", "databricks auth login"},
		{"oauth-m2m", "sp", `client_secret of the service principal in profile "sp"`},
		{"azure-cli", "", "az login"},
		{"azure-client-secret", "", "azure_client_secret"},
		{"azure-msi", "", "managed identity"},
		{"google-id", "", "Google service account"},
		{"metadata-service", "", "application that started"},
		{"github-oidc", "", "federation policy"},
	}
	for _, tt := range tests {
		e := notAuthenticated(tt.authType, tt.profile, host)
		if e.Data.Reason != "not_authenticated" || !strings.Contains(e.Message, tt.authType) || !strings.Contains(e.Data.Hint, tt.want) {
			t.Errorf("%s, profile %q: %v, want %q in the hint", tt.authType, tt.profile, e, tt.want)
		}
	}
}

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
