#!/usr/bin/env bash
# databricks-sdk-go v0.182.0: the key of the ID token's file in .databrickscfg
#
# Guess: keys of a profile are the variables in small letters without
#   DATABRICKS_, so DATABRICKS_OIDC_TOKEN_FILEPATH is oidc_token_filepath, beside
#   oidc_token_env of DATABRICKS_OIDC_TOKEN_ENV.
# Behaviour: the key is databricks_id_token_filepath. oidc_token_filepath is
#   ignored in silence, like every key the SDK does not know, and the sign-in
#   fails with "missing path".
# Seen: oidc_token_filepath = id-token -> default auth: missing path.
#   databricks_id_token_filepath = id-token -> signed in.
# Why it matters: a bridge that writes, shows or checks profiles for workload
#   identity has to know this one exception; the error names no key.
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
	os.WriteFile("id-token", []byte("aaa.bbb.ccc"), 0o600)
	failed := false
	for _, c := range []struct{ key, header, err string }{
		{"oidc_token_filepath", "", "default auth: missing path"},
		{"databricks_id_token_filepath", "Bearer A", ""},
	} {
		_, header, err := signIn("[DEFAULT]\nhost = " + workspace.URL + "\nclient_id = c\nauth_type = file-oidc\n" + c.key + " = id-token\n")
		text := ""
		if err != nil {
			text, _, _ = strings.Cut(err.Error(), ".")
		}
		fmt.Printf("%s: Authorization %q, error %q\n", c.key, header, text)
		if header != c.header || text != c.err {
			fmt.Printf("CHANGED: expected %q, %q\n", c.header, c.err)
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
