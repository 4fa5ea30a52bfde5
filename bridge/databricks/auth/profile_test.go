package auth

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/databricks/databricks-sdk-go/config"

	"ucbridge/bridge/refusal"
)

// inFile reads profiles from a file with that text.
func inFile(t *testing.T, text, profile string) func(*config.Config) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "cfg")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return func(cfg *config.Config) { cfg.ConfigFile, cfg.Profile = file, profile }
}

// Where the host is named and its profile is not, the hint names the profiles there are.
func TestProfilesOfTheHost(t *testing.T) {
	t.Parallel()
	const one = "[b]\nhost = https://w.cloud.databricks.com/\ntoken = " + testToken + "\n[c]\nhost = https://other.cloud.databricks.com\ntoken = x\n"
	for text, want := range map[string]string{
		one: "choose the profile of that workspace: --profile b",
		one + "[d]\nhost = w.cloud.databricks.com\ntoken = y\n": "choose one of the profiles of that workspace with --profile: b, d",
	} {
		c := answers(notFound).credentials(t, "https://w.cloud.databricks.com", inFile(t, text, ""))
		c.folders = nil
		_, err := c.Sign(t.Context())
		if e := refusalOf(t, err); e.Data.Reason != refusal.NotAuthenticated || e.Data.Hint != want {
			t.Errorf("%s: hint %q, want %q", text, e.Data.Hint, want)
		}
	}
}

// A profile that narrows a login to the rights of a group is not signed with the
// rights of the user: what cannot be narrowed is refused.
func TestGroupIsNotPassedOver(t *testing.T) {
	t.Parallel()
	const host = "[g]\nhost = https://w.cloud.databricks.com\ngroup_id = 17\n"
	for name, text := range map[string]string{
		"pat":            host + "token = " + testToken + "\n",
		"basic":          host + "username = u\npassword = p4ssw0rd\n",
		"databricks-cli": host + "auth_type = databricks-cli\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			signed, err := answers(notFound).credentials(t, "", inFile(t, text, "g")).Sign(t.Context())
			e := refusalOf(t, err)
			want := `The group_id in profile "g" of `
			if signed.Header.Get("Authorization") != "" || e.Data.Reason != refusal.ConfigInvalid || !strings.HasPrefix(e.Message, want) || !strings.HasPrefix(e.Data.Hint, `remove the group_id in profile "g" of `) || !strings.HasSuffix(e.Message, " needs Databricks OAuth: "+name+" cannot take the role of a group.") {
				t.Errorf("signed with %v, %v", signed.Header, err)
			}
		})
	}
}

// A file of profiles that has no end is not read, which would take all memory; an empty
// one that is meant to say that there is none is.
func TestProfilesWithoutEnd(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		t.TempDir():  "is not a file of profiles",
		"/dev/zero":  "is not a file of profiles",
		os.DevNull:   "There is no profile",
		"/not/there": "There is no profile",
	} {
		if _, err := os.Stat(name); err != nil && name != "/not/there" {
			continue // a system without it
		}
		c := answers(notFound).credentials(t, "", func(cfg *config.Config) { cfg.ConfigFile, cfg.Profile = name, "g" })
		_, err := c.Sign(t.Context())
		if e := refusalOf(t, err); e.Data.Reason != refusal.ConfigInvalid || !strings.Contains(e.Message, want) {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
}
