package auth

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/databricks/databricks-sdk-go/config"
	"github.com/google/go-cmp/cmp"

	"ucbridge/bridge/refusal"
)

// A login of another kind is never replaced, whatever the kind.
func TestLoginCommandByKind(t *testing.T) {
	t.Parallel()
	tests := []struct {
		kind      string
		configure func(*config.Config)
	}{
		{"pat", withToken},
		{"basic", func(cfg *config.Config) { cfg.Username, cfg.Password = "ada", testToken }},
		{"oauth-m2m", m2m},
		{"azure-client-secret", func(cfg *config.Config) { cfg.AzureClientSecret = testToken }},
		{"azure-msi", func(cfg *config.Config) { cfg.AzureUseMSI = true }},
		{"google-credentials", func(cfg *config.Config) { cfg.GoogleCredentials = testToken }},
		{"google-id", func(cfg *config.Config) { cfg.GoogleServiceAccount = "robot@x.test" }},
		{"metadata-service", func(cfg *config.Config) { cfg.MetadataServiceURL = "http://localhost/x" }},
		{"azure-cli", func(cfg *config.Config) { cfg.AuthType = "azure-cli" }},
		{"file-oidc", func(cfg *config.Config) { cfg.AuthType = "file-oidc" }},
	}
	for _, tt := range tests {
		c := answers(func(req *http.Request) (*http.Response, error) {
			t.Errorf("asked %s", req.URL)
			return nil, errors.New("no network")
		}).credentials(t, "https://w.cloud.databricks.com", tt.configure)
		command, err := c.LoginCommand()
		if e := refusalOf(t, err); e.Data.Reason != "login_not_applicable" || !strings.Contains(e.Message, "of the kind "+tt.kind+",") ||
			strings.Contains(e.Error(), testToken) || e.Data.Hint == "" {
			t.Errorf("%s: %q %+v", tt.kind, command, e)
		}
	}

	c := answers(hang).credentials(t, "w.cloud.databricks.com", func(cfg *config.Config) { cfg.Profile = "it's new" })
	_, err := c.LoginCommand() // PATH is empty here
	e := refusalOf(t, err)
	if diff := cmp.Diff(refusal.CLIMissing, e.Data.Reason); diff != "" {
		t.Error(diff)
	}
	if want := `ucbridge login --host https://w.cloud.databricks.com --profile ` + word("it's new"); !strings.HasSuffix(e.Data.Hint, want) {
		t.Errorf("hint %s\nwant %s at its end", e.Data.Hint, want)
	}
}
