#!/usr/bin/env bash
# databricks-sdk-go v0.182.0, file-oidc and env-oidc: the newline after an ID token
#
# Guess: the ID token is read from its file (or variable) without the white space
#   around it, since a JWT never holds any.
# Behaviour: the bytes are sent as they are: a newline at the end of the file is
#   part of subject_token in the token exchange, form-encoded as %0A.
# Seen: file "aaa.bbb.ccc\n" -> subject_token "aaa.bbb.ccc\n".
# Why it matters: a file made by echo or by an editor ends in a newline. What the
#   token endpoint makes of it is its own affair; a strict one says "invalid
#   token" of a good token. Write it with printf, or trim it before the SDK sees
#   it.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export GOFLAGS=-mod=mod GOWORK=off GONOSUMDB='github.com/databricks/*'
cat > go.mod <<'EOF'
module probe
go 1.24
require (
	github.com/databricks/databricks-sdk-go v0.182.0
)
EOF
cat > main.go <<'EOF'
package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"

	"github.com/databricks/databricks-sdk-go/config"
)

var workspace *httptest.Server
var exchanged string // the form that the token endpoint got

func init() {
	workspace = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.URL.Path == "/.well-known/databricks-config":
			fmt.Fprintf(w, `{"oidc_endpoint":"%s/oidc"}`, workspace.URL)
		case strings.Contains(r.URL.Path, "/.well-known/"):
			fmt.Fprintf(w, `{"authorization_endpoint":"%[1]s/authorize","token_endpoint":"%[1]s/token"}`, workspace.URL)
		default:
			r.ParseForm()
			exchanged = r.Form.Get("subject_token")
			fmt.Fprint(w, `{"access_token":"A","token_type":"Bearer","expires_in":3600}`)
		}
	}))
}

// signIn resolves a profile and variables and returns what a request would carry.
func signIn(profile string, env ...string) (*config.Config, string, error) {
	os.Clearenv()
	os.Setenv("HOME", "/nonexistent")
	for i := 0; i < len(env); i += 2 {
		os.Setenv(env[i], env[i+1])
	}
	os.WriteFile("profile.cfg", []byte(profile), 0o600)
	cfg := &config.Config{ConfigFile: "profile.cfg"}
	r, _ := http.NewRequest("GET", workspace.URL, nil)
	err := cfg.Authenticate(r)
	return cfg, r.Header.Get("Authorization"), err
}

func main() {
	os.WriteFile("id-token", []byte("aaa.bbb.ccc\n"), 0o600)
	profile := "[DEFAULT]\nhost = " + workspace.URL + "\nclient_id = c\n"
	failed := false
	for _, c := range []struct{ what, profile, env, want string }{
		{"file", "auth_type = file-oidc\ndatabricks_id_token_filepath = id-token\n", "", "aaa.bbb.ccc\n"},
		{"variable", "auth_type = env-oidc\noidc_token_env = ID_TOKEN\n", "aaa.bbb.ccc\n", "aaa.bbb.ccc\n"},
		{"variable without newline", "auth_type = env-oidc\noidc_token_env = ID_TOKEN\n", "aaa.bbb.ccc", "aaa.bbb.ccc"},
	} {
		exchanged = ""
		_, header, err := signIn(profile+c.profile, "ID_TOKEN", c.env)
		fmt.Printf("%s: subject_token %q, Authorization %q, error %v\n", c.what, exchanged, header, err)
		if exchanged != c.want || header != "Bearer A" {
			fmt.Printf("CHANGED: expected %q\n", c.want)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
[ "$(go list -m -f '{{.Version}}' github.com/databricks/databricks-sdk-go)" = v0.182.0 ] || { echo "CHANGED: another version of github.com/databricks/databricks-sdk-go was chosen"; exit 1; }
go run . 2>log.txt || { cat log.txt; exit 1; }
echo "as stated"
