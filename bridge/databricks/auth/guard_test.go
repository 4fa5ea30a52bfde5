package auth

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/databricks/databricks-sdk-go/config"

	"ucbridge/bridge/refusal"
)

const profiles = `
[DEFAULT]
host = https://default.test/
token = dapi-default-0000

[ada]
host  = ada.test
token = dapi-ada-000000

[odd]
host  = HTTPS://Odd.Test:443/?o=42
token = dapi-odd-000000

[homeless]
token = dapi-homeless-00

[bare]
cluster_id = c

[hostonly]
host = https://hostonly.cloud.databricks.com

[stored]
host = https://evil.test
auth_type = databricks-cli

[sp]
host = https://sp.test
client_id = id
client_secret = s3cr3t-s3cr3t
`

// TestHostGuard is about where a profile's credentials may go. It sets the
// environment, so it cannot run beside other tests.
func TestHostGuard(t *testing.T) {
	tests := []struct {
		name          string
		profile, host string            // flags
		env           map[string]string // DATABRICKS_...
		settings      string            // appended to the file
		to            string            // where the token goes, "" where the request is refused
		reason        refusal.Reason
		words         []string
	}{
		{name: "default profile", to: "default.test default"},
		{name: "default_profile of the settings", settings: "[__settings__]\ndefault_profile = ada\n", to: "ada.test ada"},
		{name: "profile by flag", profile: "ada", to: "ada.test ada"},
		{name: "profile by environment", env: map[string]string{"CONFIG_PROFILE": "ada"}, to: "ada.test ada"},
		{name: "same host", profile: "ada", host: "https://ada.test", to: "ada.test ada"},
		{name: "same host without scheme", profile: "ada", host: "ada.test", to: "ada.test ada"},
		{name: "same host with slash and query", profile: "ada", host: "https://ada.test/?o=7", to: "ada.test ada"},
		{name: "same host in capitals", profile: "ada", host: "https://ADA.TEST:443", to: "ada.test ada"},
		{name: "profile oddly spelled", profile: "odd", host: "odd.test", to: "odd.test odd"},
		{name: "profile oddly spelled alone", profile: "odd", to: "odd.test odd"},
		{name: "same host by environment", profile: "ada", env: map[string]string{"HOST": "https://ada.test/"}, to: "ada.test ada"},
		{name: "all by environment", env: map[string]string{"HOST": "https://env.cloud.databricks.com", "TOKEN": "dapi-env-000000"}, to: "env.cloud.databricks.com env"},
		{name: "all by environment, to a name that is none of Databricks'", env: map[string]string{"HOST": "https://env.test", "TOKEN": "dapi-env-000000"}, reason: "host_mismatch", words: []string{"env.test is not a host of Databricks", "ucbridge login --profile NAME --host https://env.test"}},
		{name: "login of the Azure CLI", host: "https://evil.test", env: map[string]string{"AUTH_TYPE": "azure-cli", "AZURE_RESOURCE_ID": "/subscriptions/a"}, reason: "host_mismatch", words: []string{"is not a host of Databricks"}},
		{name: "cloud by environment", host: "https://evil.test", env: map[string]string{"CLOUD": "Azure"}, reason: "host_mismatch"},
		{name: "login of the Databricks CLI by a file that is not the user's", profile: "stored", reason: "host_mismatch"},
		{name: "another kind than the one in the file", profile: "sp", settings: "auth_type = azure-cli\n", reason: "host_mismatch"},
		{name: "flag says what the environment says", host: "env.cloud.databricks.com", env: map[string]string{"HOST": "https://env.cloud.databricks.com", "TOKEN": "dapi-env-000000"}, to: "env.cloud.databricks.com env"},

		{name: "flag against profile", profile: "ada", host: "https://evil.test", reason: "host_mismatch", words: []string{"evil.test", "ada.test", "--host"}},
		{name: "flag that only begins like it", profile: "ada", host: "https://ada.test.evil.test", reason: "host_mismatch"},
		{name: "another port", profile: "ada", host: "https://ada.test:8443", reason: "host_mismatch"},
		{name: "flag against profile of the environment", host: "https://evil.test", env: map[string]string{"CONFIG_PROFILE": "ada"}, reason: "host_mismatch", words: []string{"evil.test", "ada.test"}},
		{name: "profile by flag against the host of the environment", profile: "ada", env: map[string]string{"HOST": "https://evil.test"}, to: "ada.test ada"},
		{name: "profile by flag against host and token of the environment", profile: "ada", env: map[string]string{"HOST": "https://env.test", "TOKEN": "dapi-env-000000"}, to: "ada.test ada"},
		{name: "profile by flag against a token of the environment", profile: "ada", env: map[string]string{"TOKEN": "dapi-env-000000"}, to: "ada.test ada"},
		{name: "profile by flag against another kind", profile: "ada", env: map[string]string{"AUTH_TYPE": "oauth-m2m"}, to: "ada.test ada"},
		{name: "profile by flag against another method", profile: "ada", env: map[string]string{"CLIENT_ID": "i", "CLIENT_SECRET": "s3cr3t-s3cr3t"}, to: "ada.test ada"},
		{name: "profile of the environment under a token of the environment", env: map[string]string{"CONFIG_PROFILE": "hostonly", "TOKEN": "dapi-env-000000"}, to: "hostonly.cloud.databricks.com env"},
		{name: "profile without host and credentials by flag", profile: "bare", env: map[string]string{"HOST": "https://env.test", "TOKEN": "dapi-env-000000"}, reason: "config_invalid", words: []string{`Profile "bare" names no host.`, "to it in " + os.TempDir()}},
		{name: "profile without credentials by flag", profile: "hostonly", env: map[string]string{"TOKEN": "dapi-env-000000"}, to: "hostonly.cloud.databricks.com env"},
		{name: "environment against profile of the environment", env: map[string]string{"HOST": "evil.test", "CONFIG_PROFILE": "ada"}, reason: "host_mismatch"},
		{name: "profile without host", profile: "homeless", host: "https://evil.test", reason: "host_mismatch", words: []string{"names no host", "to the profile in " + os.TempDir()}},
		{name: "flag against environment", host: "https://evil.test", env: map[string]string{"HOST": "https://env.test", "TOKEN": "dapi-env-000000"}, reason: "host_mismatch", words: []string{"evil.test", "env.test"}},
		{name: "discovery elsewhere", env: map[string]string{"CONFIG_PROFILE": "sp", "DISCOVERY_URL": "https://evil.test/oidc"}, reason: "host_mismatch", words: []string{"DATABRICKS_DISCOVERY_URL"}},
		{name: "plain http", env: map[string]string{"CONFIG_PROFILE": "ada", "HOST": "http://ada.test"}, reason: "config_invalid", words: []string{"plain http"}},
		{name: "not a host", env: map[string]string{"HOST": "https://a b", "TOKEN": "dapi-env-000000"}, reason: "config_invalid"},
		{name: "unknown profile", profile: "bob", reason: "config_invalid", words: []string{"There is no profile \"bob\"."}},
		{name: "reserved profile", profile: "__settings__", reason: "config_invalid"},
		// A host alone loads no profile (SDK, config_file.go), so no token is at hand.
		{name: "host alone", host: "https://evil.test", reason: "host_mismatch"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), ".databrickscfg")
			if err := os.WriteFile(file, []byte(profiles+tt.settings), 0o600); err != nil {
				t.Fatal(err)
			}
			t.Setenv("DATABRICKS_CONFIG_FILE", file)
			for name, v := range tt.env {
				t.Setenv("DATABRICKS_"+name, v)
			}
			c := answers(func(req *http.Request) (*http.Response, error) {
				if tt.reason == "host_mismatch" {
					t.Errorf("%s was asked although the credentials are refused", req.URL)
				}
				return answer(req, 200, "application/json", "{}"), nil
			}).credentials(t, tt.host, func(cfg *config.Config) { cfg.Profile = tt.profile })
			got := ""
			signature, err := c.Sign(t.Context())
			if token, ok := strings.CutPrefix(signature.Header.Get("Authorization"), "Bearer dapi-"); ok {
				who, _, _ := strings.Cut(token, "-")
				got = signature.Base.Hostname() + " " + who
			}
			if got != tt.to {
				t.Errorf("token went to %q, want %q", got, tt.to)
			}
			if tt.reason == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			e := refusalOf(t, err)
			if e.Data.Reason != tt.reason {
				t.Errorf("reason %s, want %s (%v)", e.Data.Reason, tt.reason, err)
			}
			for _, want := range tt.words {
				if !strings.Contains(e.Error(), want) {
					t.Errorf("%q not in %q", want, e.Error())
				}
			}
			if strings.Contains(e.Error(), "dapi-") || strings.Contains(e.Error(), "s3cr3t") {
				t.Errorf("a secret in %q", e.Error())
			}
		})
	}
}
