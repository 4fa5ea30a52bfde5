#!/usr/bin/env bash
# databricks-sdk-go v0.182.0: variables of other products beside DATABRICKS_TOKEN
#
# Guess: only what could sign in to this workspace counts as a method of signing
#   in: a tenant's id is no credential, and Azure's and Google's variables do not
#   concern a host on AWS.
# Behaviour: ARM_TENANT_ID or ARM_CLIENT_ID alone, which Terraform's provider for
#   Azure reads, counts as the method "azure", and GOOGLE_CREDENTIALS as
#   "google", on every host. Beside a token each is an error before any request:
#   "more than one authorization method configured". ARM_ENVIRONMENT does not
#   count. With DATABRICKS_AUTH_TYPE=pat all pass.
# Seen: host, token and ARM_TENANT_ID=x: "azure and pat".
# Why it matters: AI clients and CI jobs hand their whole environment to an MCP
#   server. A bridge should set auth_type when it knows the method, or say which
#   variable is in the way.
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
	failed := false
	for _, c := range []struct{ name, more, methods string }{
		{"PATH", "", ""},
		{"ARM_ENVIRONMENT", "", ""},
		{"ARM_TENANT_ID", "", "azure and pat"},
		{"ARM_CLIENT_ID", "", "azure and pat"},
		{"GOOGLE_CREDENTIALS", "", "google and pat"},
		{"ARM_TENANT_ID", "pat", ""},
		{"GOOGLE_CREDENTIALS", "pat", ""},
	} {
		_, header, err := signIn("", "DATABRICKS_HOST", workspace.URL, "DATABRICKS_TOKEN", "t", "DATABRICKS_AUTH_TYPE", c.more, c.name, "x")
		methods := ""
		if err != nil {
			_, methods, _ = strings.Cut(err.Error(), "more than one authorization method configured: ")
			methods, _, _ = strings.Cut(methods, ".")
		}
		fmt.Printf("beside the token: %s=x, auth_type %q: Authorization %q, conflict %q\n", c.name, c.more, header, methods)
		if methods != c.methods || (header == "Bearer t") != (c.methods == "") {
			fmt.Printf("CHANGED: expected the conflict %q, got %v\n", c.methods, err)
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
