#!/usr/bin/env bash
# github.com/zitadel/oidc/v3 v3.52.0, tokenexchange: an OAuth error with status 200
#
# Guess: {"error": "..."} instead of a token is an error, whatever the status, as
#   it is for golang.org/x/oauth2.
# Behaviour: with status 200 ExchangeToken returns a token answer with an empty
#   access token and no error. With status 400 it is an error.
# Seen: 200 {"error":"invalid_grant"} -> AccessToken "", error nil.
#   x/oauth2 v0.38.0 on the same answer: oauth2: "invalid_grant".
# Why it matters: some authorization servers answer errors with 200. A gateway
#   that exchanges the user's token goes on with "Bearer " and nothing behind it,
#   and blames the MCP server for the 401 that follows. Test the token for being
#   empty.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export GOFLAGS=-mod=mod GOWORK=off GONOSUMDB='github.com/databricks/*'
cat > go.mod <<'EOF'
module probe
go 1.24
require (
	github.com/zitadel/oidc/v3 v3.52.0
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

	"github.com/zitadel/oidc/v3/pkg/client/tokenexchange"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"golang.org/x/oauth2/clientcredentials"
)

func main() {
	status := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		fmt.Fprint(w, `{"error":"invalid_grant"}`)
	}))
	defer server.Close()
	ctx := context.Background()
	exchanger, err := tokenexchange.NewTokenExchangerClientCredentials(ctx, server.URL, "id", "secret",
		tokenexchange.WithStaticTokenEndpoint(server.URL, server.URL+"/token"))
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	plain := clientcredentials.Config{ClientID: "id", ClientSecret: "secret", TokenURL: server.URL}
	failed := false
	for _, c := range []struct {
		status  int
		refused bool
	}{{400, true}, {200, false}} {
		status = c.status
		token, err := tokenexchange.ExchangeToken(ctx, exchanger, "subject", oidc.JWTTokenType, "", "", nil, nil, nil, "")
		got := "no answer"
		if token != nil {
			got = fmt.Sprintf("access token %q", token.AccessToken)
		}
		_, other := plain.Token(ctx)
		fmt.Printf("status %d: %s, error %v   x/oauth2: %v\n", c.status, got, err, other)
		if (err != nil) != c.refused || err == nil && got != `access token ""` || other == nil {
			fmt.Println("CHANGED: expected an error from zitadel/oidc:", c.refused)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
[ "$(go list -m -f '{{.Version}}' github.com/zitadel/oidc/v3)" = v3.52.0 ] || { echo "CHANGED: another version of github.com/zitadel/oidc/v3 was chosen"; exit 1; }
[ "$(go list -m -f '{{.Version}}' golang.org/x/oauth2)" = v0.38.0 ] || { echo "CHANGED: another version of golang.org/x/oauth2 was chosen"; exit 1; }
go run . 2>log.txt || { cat log.txt; exit 1; }
echo "as stated"
