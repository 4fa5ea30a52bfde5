package auth

import (
	"strings"
	"testing"
)

func TestHints(t *testing.T) {
	t.Parallel()
	const host = "https://w.cloud.databricks.com"
	tests := []struct{ authType, profile, want string }{
		{"pat", "", host + "/settings/user/developer/access-tokens and replace the old one in the environment"},
		{"pat", "ada", `in profile "ada"`},
		{"databricks-cli", "ada", "ucbridge login --profile ada"},
		{"databricks-cli", "", "ucbridge login --host https://w.cloud.databricks.com"},
		{"databricks-cli", "it's; rm", "ucbridge login --profile " + word("it's; rm")},
		{"basic", "ada", "ucbridge login --host https://w.cloud.databricks.com --profile NAME"},
		{"oauth-m2m", "sp", `client_secret of the service principal in profile "sp"`},
		{"azure-cli", "", "az login"},
		{"azure-client-secret", "", "azure_client_secret"},
		{"azure-msi", "", "managed identity"},
		{"google-id", "", "Google service account"},
		{"metadata-service", "", "application that started"},
		{"github-oidc", "", "federation policy"},
	}
	for _, tt := range tests {
		e := notAuthenticated(tt.authType, host, places{profile: tt.profile})
		if e.Data.Reason != "not_authenticated" || !strings.Contains(e.Message, tt.authType) || !strings.Contains(e.Data.Hint, tt.want) {
			t.Errorf("%s, profile %q: %v, want %q in the hint", tt.authType, tt.profile, e, tt.want)
		}
	}
}
