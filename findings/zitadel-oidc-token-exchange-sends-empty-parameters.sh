#!/usr/bin/env bash
# github.com/zitadel/oidc/v3 v3.52.0, tokenexchange: what is not given
#
# Guess: ExchangeToken leaves out the parameters of RFC 8693 that the caller left
#   empty.
# Behaviour: it sends them without a value: actor_token=, actor_token_type=,
#   requested_token_type= and scope=, with every request. Only lists (resource,
#   audience) are left out when empty.
# Seen: ExchangeToken of a subject token and nothing else: the form has
#   actor_token=&actor_token_type=&requested_token_type=&scope= beside the three
#   required members.
# Why it matters: a server should read a parameter without a value as absent, and
#   not all do: an empty actor_token calls for delegation, an empty scope asks for
#   no rights. Where a gateway's exchange of the user's token for an MCP server's
#   is refused with invalid_request, look at the form first.
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
)
EOF
cat > main.go <<'EOF'
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/zitadel/oidc/v3/pkg/client/tokenexchange"
	"github.com/zitadel/oidc/v3/pkg/oidc"
)

func main() {
	form := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		form = string(body)
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"access_token":"A","issued_token_type":"urn:ietf:params:oauth:token-type:access_token","token_type":"Bearer"}`)
	}))
	defer server.Close()
	ctx := context.Background()
	exchanger, err := tokenexchange.NewTokenExchangerClientCredentials(ctx, server.URL, "id", "secret",
		tokenexchange.WithStaticTokenEndpoint(server.URL, server.URL+"/token"))
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	_, err = tokenexchange.ExchangeToken(ctx, exchanger, "subject", oidc.JWTTokenType, "", "", nil, nil, nil, "")
	fmt.Println(form, "error:", err)
	want := "actor_token=&actor_token_type=&grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange" +
		"&requested_token_type=&scope=&subject_token=subject&subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Ajwt"
	if form != want || err != nil {
		fmt.Println("CHANGED: expected", want)
		os.Exit(1)
	}
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
[ "$(go list -m -f '{{.Version}}' github.com/zitadel/oidc/v3)" = v3.52.0 ] || { echo "CHANGED: another version of github.com/zitadel/oidc/v3 was chosen"; exit 1; }
go run . 2>log.txt || { cat log.txt; exit 1; }
echo "as stated"
