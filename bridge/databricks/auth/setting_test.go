package auth

import (
	"os"
	"path/filepath"
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
	got, err = answers(hang).credentials(t, "").Settings()
	if err != nil || got[0] != (Setting{"host", "https://d.cloud.databricks.com", `profile "DEFAULT" in ` + file}) {
		t.Errorf("%v, %v", got, err)
	}
}
