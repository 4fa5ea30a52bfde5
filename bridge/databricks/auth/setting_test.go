package auth

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/databricks/databricks-sdk-go/config"
	"github.com/google/go-cmp/cmp"
)

func TestSettings(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cfg")
	if err := os.WriteFile(file, []byte("[DEFAULT]\nhost = https://d.cloud.databricks.com\n[work]\nhost = https://w.cloud.databricks.com\ntoken = "+testToken+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DATABRICKS_CONFIG_FILE", file)
	t.Setenv("PATH", "")
	c := answers(hang).credentials(t, "", func(cfg *config.Config) { cfg.Profile = "work" })
	c.folders = nil // what this machine has installed does not matter
	got, err := c.Settings()
	want := []Setting{
		{"host", "https://w.cloud.databricks.com", `profile "work" in ` + file},
		{"token", "", `profile "work" in ` + file},
		{"profile", "work", "--profile"},
		{"config_file", file, "DATABRICKS_CONFIG_FILE"},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	// What the SDK counts as internal is the user's all the same.
	t.Setenv("DATABRICKS_AUTH_TYPE", "oauth-m2m")
	t.Setenv("DATABRICKS_CLOUD", "AWS")
	t.Setenv("DATABRICKS_DISCOVERY_URL", "https://d.cloud.databricks.com/oidc")
	c = answers(hang).credentials(t, "")
	c.folders = nil
	got, err = c.Settings()
	for _, want := range []Setting{
		{"auth_type", "oauth-m2m", "DATABRICKS_AUTH_TYPE"}, {"cloud", "AWS", "DATABRICKS_CLOUD"},
		{"discovery_url", "https://d.cloud.databricks.com/oidc", "DATABRICKS_DISCOVERY_URL"},
	} {
		if err != nil || !slices.Contains(got, want) {
			t.Errorf("%v, %v; want %v in it", got, err, want)
		}
	}
	t.Setenv("DATABRICKS_HOST", "https://e.cloud.databricks.com/?o=55")
	t.Setenv("DATABRICKS_DISCOVERY_URL", "")
	c = answers(hang).credentials(t, "")
	c.folders = nil
	if got, err = c.Settings(); err != nil || !slices.Contains(got, Setting{"workspace_id", "55", "DATABRICKS_HOST"}) {
		t.Errorf("%v, %v; want the workspace id of the host's ?o= in it", got, err)
	}
	t.Setenv("DATABRICKS_HOST", "")
	got, err = answers(hang).credentials(t, "").Settings()
	if err != nil || got[0] != (Setting{"host", "https://d.cloud.databricks.com", `profile "DEFAULT" in ` + file}) {
		t.Errorf("%v, %v", got, err)
	}
}
