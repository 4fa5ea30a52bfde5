package auth

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/databricks/databricks-sdk-go/config"

	"ucbridge/bridge/refusal"
)

// TestPlaces: what is wrong is named where it stands, be that the environment, a flag, the
// usual file of profiles or another one.
func TestPlaces(t *testing.T) {
	const good = "host = https://w.cloud.databricks.com\n"
	for name, tt := range map[string]struct {
		file    string            // of profiles, whose profile is "p"
		other   bool              // it is not the usual one
		env     map[string]string // beside it
		host    string            // --host
		profile string            // --profile
		want    string            // the message, or a part of it, and the hint
		hint    string
	}{
		"a group of the environment": {
			file: good + "token = " + testToken + "\n", env: map[string]string{"DATABRICKS_GROUP_ID": "17"}, profile: "p",
			want: "The group_id in DATABRICKS_GROUP_ID needs", hint: "remove the group_id in DATABRICKS_GROUP_ID, or use client_id and client_secret of a service principal",
		},
		"a group of the profile": {
			file: good + "group_id = 17\ntoken = " + testToken + "\n", profile: "p",
			want: `The group_id in profile "p" needs`, hint: `remove the group_id in profile "p", or use client_id and client_secret of a service principal`,
		},
		"a host of the environment": {
			env:  map[string]string{"DATABRICKS_HOST": "ftp://w.test"},
			want: "is not usable", hint: "correct it in DATABRICKS_HOST",
		},
		"a host that the client left open": {
			env:  map[string]string{"DATABRICKS_HOST": "${HOST}"},
			want: "DATABRICKS_HOST is ${HOST}, a variable that was not filled in.", hint: "set that variable where the AI client is started, or write its value into DATABRICKS_HOST",
		},
		"a token that the client left open": {
			env:  map[string]string{"DATABRICKS_HOST": "https://w.cloud.databricks.com", "DATABRICKS_TOKEN": "${env:TOKEN}"},
			want: "DATABRICKS_TOKEN is ${env:TOKEN}, a variable", hint: "set that variable where the AI client is started, or write its value into DATABRICKS_TOKEN",
		},
		"a token that the client left open, for a profile without": {
			file: good, env: map[string]string{"DATABRICKS_TOKEN": "${TOKEN}"}, profile: "p",
			want: "DATABRICKS_TOKEN is ${TOKEN}", hint: "set that variable where the AI client is started, or write its value into DATABRICKS_TOKEN",
		},
		"a profile that the client left open": {
			env:  map[string]string{"DATABRICKS_CONFIG_PROFILE": "${PROFILE}"},
			want: "DATABRICKS_CONFIG_PROFILE is ${PROFILE}", hint: "set that variable where the AI client is started, or write its value into DATABRICKS_CONFIG_PROFILE",
		},
		"a token that nobody reads": {
			file: "host = ftp://w.test\ntoken = " + testToken + "\n", env: map[string]string{"DATABRICKS_TOKEN": "${TOKEN}"}, profile: "p",
			want: "is not usable", hint: `correct it in profile "p"`,
		},
		"a host by flag":        {host: "ftp://w.test", want: "is not usable", hint: "correct it in --host"},
		"a host of the profile": {file: "host = ftp://w.test\n", profile: "p", want: "is not usable", hint: `correct it in profile "p"`},
		"a host of another file": {
			file: "host = ftp://w.test\n", other: true, profile: "p", want: "is not usable", hint: `correct it in profile "p" of FILE`,
		},
		"a kind of credentials that the profile lacks": {
			file: good + "token = " + testToken + "\n", env: map[string]string{"DATABRICKS_AUTH_TYPE": "oauth-m2m", "DATABRICKS_CONFIG_PROFILE": "p"},
			want: "You are not signed in to Databricks (oauth-m2m).",
			hint: `check client_id and client_secret of the service principal in profile "p", or unset DATABRICKS_AUTH_TYPE, which asks for this kind of credentials`,
		},
		"a token of the environment without a host": {
			file: good + "token = " + testToken + "\n", env: map[string]string{"DATABRICKS_TOKEN": "x"},
			want: "DATABRICKS_TOKEN is set without DATABRICKS_HOST, so that no profile is read.",
			hint: "choose a profile with --profile, of those in FILE: p",
		},
		"a number of the environment": {
			file: good + "token = " + testToken + "\n", env: map[string]string{"DATABRICKS_RATE_LIMIT": "many"}, profile: "p",
			want: "cannot be used", hint: "check --profile, DATABRICKS_RATE_LIMIT, ~/.databrickscfg",
		},
		"a host of the environment that is not the profile's": {
			file: good + "token = " + testToken + "\n", env: map[string]string{"DATABRICKS_HOST": "https://v.cloud.databricks.com", "DATABRICKS_CONFIG_PROFILE": "p"},
			want: "v.cloud.databricks.com (DATABRICKS_HOST)", hint: "unset DATABRICKS_HOST to use the profile's host, or choose the profile of v.cloud.databricks.com with --profile",
		},
		"a host by flag that is not the profile's": {
			file: good + "token = " + testToken + "\n", host: "https://v.cloud.databricks.com", profile: "p",
			want: "v.cloud.databricks.com (--host)", hint: "leave out --host to use the profile's host, or choose the profile of v.cloud.databricks.com with --profile",
		},
	} {
		t.Run(name, func(t *testing.T) {
			home := t.TempDir()
			t.Setenv("HOME", home)
			t.Setenv("USERPROFILE", home)
			t.Setenv("PATH", "")
			t.Setenv("DATABRICKS_CONFIG_FILE", "")
			file := filepath.Join(home, ".databrickscfg")
			if tt.other {
				file = filepath.Join(home, "other")
				t.Setenv("DATABRICKS_CONFIG_FILE", file)
			}
			if err := os.WriteFile(file, []byte("[p]\n"+tt.file), 0o600); err != nil {
				t.Fatal(err)
			}
			for name, value := range tt.env {
				t.Setenv(name, value)
			}
			c := answers(notFound).credentials(t, tt.host, func(cfg *config.Config) { cfg.Profile = tt.profile })
			c.folders = nil
			_, err := c.Sign(t.Context())
			e := refusalOf(t, err)
			if hint := strings.ReplaceAll(filepath.ToSlash(e.Data.Hint), filepath.ToSlash(file), "FILE"); !strings.Contains(e.Message, tt.want) || hint != tt.hint {
				t.Errorf("%s\n%s\nwant %s\n%s", e.Message, hint, tt.want, tt.hint)
			}
		})
	}
}

// TestRefusedCredentials: those that the workspace has refused are named where they stand.
func TestRefusedCredentials(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	t.Setenv("DATABRICKS_TOKEN", testToken)
	file := filepath.Join(t.TempDir(), "cfg")
	if err := os.WriteFile(file, []byte("[p]\nhost = https://w.cloud.databricks.com\ntoken = other\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DATABRICKS_CONFIG_FILE", file)
	for variable, want := range map[string]string{"DATABRICKS_CONFIG_PROFILE": " in DATABRICKS_TOKEN", "": ` in profile "p" of ` + file} {
		c := answers(notFound).credentials(t, "", func(cfg *config.Config) { cfg.Profile = "p" })
		if variable != "" { // the environment wins, as it does in the SDK
			t.Setenv(variable, "p")
			c = answers(notFound).credentials(t, "")
		}
		signed, err := c.Sign(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if e := signed.NotAuthenticated(); e.Data.Reason != refusal.NotAuthenticated || !strings.HasSuffix(e.Data.Hint, want) {
			t.Errorf("%q: %v", variable, e)
		}
	}
}
