#!/usr/bin/env bash
# golang.org/x/oauth2 v0.38.0: resource indicators (RFC 8707), which MCP asks for
#
# Guess: "resource" given to AuthCodeURL and Exchange belongs to the grant, so a
#   TokenSource repeats it when it refreshes; and two SetAuthURLParam("resource",
#   ...) give two resources.
# Behaviour: a refresh sends grant_type and refresh_token and nothing else: no
#   resource, no scope, and no option or field of Config adds one. Of two
#   resources only the last is sent, without an error, in the address of the
#   authorization page and in the token request.
# Seen: AuthCodeURL and Exchange with resources a and b: "resource=[b]". Refresh
#   of the token: no resource.
# Why it matters: MCP's authorization wants the resource in every token request.
#   A server that then issues a token for its default audience lets a bridge work
#   for the first hour only; the refresh has to be written by hand. Several
#   resources in one sign-in need an own address and form.
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
	"net/url"
	"os"
	"time"

	"golang.org/x/oauth2"
)

func main() {
	var form url.Values
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.ParseForm()
		form = r.Form
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"access_token":"A","token_type":"Bearer","expires_in":3600,"refresh_token":"R"}`)
	}))
	defer server.Close()
	ctx := context.Background()
	cfg := &oauth2.Config{ClientID: "cid", Scopes: []string{"tools"}, Endpoint: oauth2.Endpoint{
		AuthURL: server.URL + "/authorize", TokenURL: server.URL + "/token", AuthStyle: oauth2.AuthStyleInParams}}
	a, b := oauth2.SetAuthURLParam("resource", "https://a.test/mcp"), oauth2.SetAuthURLParam("resource", "https://b.test/mcp")
	failed := false
	check := func(what, got, want string) {
		fmt.Printf("%s: %s\n", what, got)
		if got != want {
			fmt.Println("CHANGED: expected", want)
			failed = true
		}
	}

	page, err := url.Parse(cfg.AuthCodeURL("state", a, b))
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	check("authorization page, resources", fmt.Sprint(page.Query()["resource"]), "[https://b.test/mcp]")
	token, err := cfg.Exchange(ctx, "code", a, b)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	check("exchange, resources", fmt.Sprint(form["resource"]), "[https://b.test/mcp]")
	token.Expiry = time.Now().Add(-time.Minute)
	if _, err = cfg.TokenSource(ctx, token).Token(); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	check("refresh, whole form", form.Encode(), "client_id=cid&grant_type=refresh_token&refresh_token=R")
	if failed {
		os.Exit(1)
	}
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
[ "$(go list -m -f '{{.Version}}' golang.org/x/oauth2)" = v0.38.0 ] || { echo "CHANGED: another version of golang.org/x/oauth2 was chosen"; exit 1; }
go run . 2>log.txt || { cat log.txt; exit 1; }
echo "as stated"
