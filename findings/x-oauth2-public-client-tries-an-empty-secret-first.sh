#!/usr/bin/env bash
# golang.org/x/oauth2 v0.38.0: the first token request of a client without a secret
#
# Guess: with PKCE and no client secret, Exchange sends client_id in the form, as
#   public clients do; there is no secret to put into a header.
# Behaviour: unless Endpoint.AuthStyle says otherwise, the first request carries
#   "Authorization: Basic" of "client_id:" with an empty secret and no client_id
#   in the form. Only if that is refused comes a second one with the form. The
#   choice is remembered per Config, so each new sign-in begins with the wrong one.
# Seen: a server on which a code is good for one request refuses the first with
#   401 invalid_client, the second with 400; Exchange returns only
#   "invalid_grant" "code used". With AuthStyleInParams: one request, a token.
# Why it matters: MCP clients are public clients as a rule. A server that spends
#   the code on any attempt can then never be signed in to, and the error names
#   the wrong cause.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export GOFLAGS=-mod=mod GOWORK=off GONOSUMDB='github.com/databricks/*'
cat > go.mod <<'EOF'
module probe
go 1.24
require (
	golang.org/x/oauth2 v0.38.0
)
EOF
cat > main.go <<'EOF'
package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"

	"golang.org/x/oauth2"
)

func main() {
	var requests []string
	used := map[string]bool{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.ParseForm()
		user, secret, basic := r.BasicAuth()
		requests = append(requests, fmt.Sprintf("basic %v %q:%q, client_id in form %q", basic, user, secret, r.Form.Get("client_id")))
		w.Header().Set("Content-Type", "application/json")
		code := r.Form.Get("code")
		switch {
		case used[code]:
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"error":"invalid_grant","error_description":"code used"}`)
		case basic:
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"error":"invalid_client"}`)
		default:
			fmt.Fprint(w, `{"access_token":"A","token_type":"Bearer"}`)
		}
		used[code] = true
	}))
	defer server.Close()
	failed := false
	for _, c := range []struct {
		name     string
		style    oauth2.AuthStyle
		requests []string
		err      string
	}{
		{"default", oauth2.AuthStyleAutoDetect, []string{
			`basic true "cid":"", client_id in form ""`,
			`basic false "":"", client_id in form "cid"`,
		}, `oauth2: "invalid_grant" "code used"`},
		{"AuthStyleInParams", oauth2.AuthStyleInParams, []string{`basic false "":"", client_id in form "cid"`}, "<nil>"},
	} {
		requests = nil
		cfg := &oauth2.Config{ClientID: "cid", Endpoint: oauth2.Endpoint{TokenURL: server.URL, AuthStyle: c.style}}
		_, err := cfg.Exchange(context.Background(), "code of "+c.name, oauth2.VerifierOption("verifier"))
		fmt.Printf("%s: %d requests, error: %v\n", c.name, len(requests), err)
		for _, r := range requests {
			fmt.Println("   ", r)
		}
		if fmt.Sprint(err) != c.err || !reflect.DeepEqual(requests, c.requests) {
			fmt.Println("CHANGED: expected", c.requests, c.err)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
[ "$(go list -m -f '{{.Version}}' golang.org/x/oauth2)" = v0.38.0 ] || { echo "CHANGED: another version of golang.org/x/oauth2 was chosen"; exit 1; }
go run . 2>log.txt || { cat log.txt; exit 1; }
echo "as stated"
