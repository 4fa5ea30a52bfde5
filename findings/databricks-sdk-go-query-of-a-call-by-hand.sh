#!/usr/bin/env bash
# databricks-sdk-go v0.182.0, client.Do: the query of a call made by hand
#
# Guess: client.Do(ctx, method, path, headers, query, body, &out) puts the query
#   onto the path as net/url would: with "&" where the path has one already, and
#   a GET with a query and no body has no body.
# Behaviour: a second "?" is put after a path that has a query, so its last value
#   swallows the rest: "o=5?v=1" is the one parameter "o". A GET with a query
#   and nil as body sends the JSON text null as its body. A list becomes Go's
#   print of it, "[x y]".
# Seen: POST /x?o=5 with {"v": 1} -> "?o=5?v=1";
#   GET with {"v": 1} -> body "null", Content-Type application/json.
# Why it matters: Databricks gives out MCP addresses with "?o=<workspace>", and
#   calls that the SDK has no method for are made this way. Nothing fails in the
#   SDK; the workspace gets an id that is none, or a gateway refuses a GET that
#   has a body. Build the path with net/url and pass nil for the query.
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
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/databricks/databricks-sdk-go/client"
	"github.com/databricks/databricks-sdk-go/config"
)

func main() {
	heard := ""
	workspace := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		body, _ := io.ReadAll(r.Body)
		if r.URL.Path != "/.well-known/databricks-config" {
			heard = fmt.Sprintf("%s ?%s body %q", r.Method, r.URL.RawQuery, body)
		}
		fmt.Fprint(w, `{}`)
	}))
	defer workspace.Close()
	c, err := client.New(&config.Config{Host: workspace.URL, Token: "t", AuthType: "pat", ConfigFile: os.DevNull})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	failed := false
	type query = map[string]any
	for _, call := range []struct {
		method, path string
		query        query
		body         any
		want         string
	}{
		{"POST", "/x", query{"v": 1}, query{"b": 2}, `POST ?v=1 body "{\"b\":2}"`},
		{"POST", "/x?o=5", query{"v": 1}, query{"b": 2}, `POST ?o=5?v=1 body "{\"b\":2}"`},
		{"GET", "/x?o=5", nil, query{"v": 1}, `GET ?o=5?v=1 body ""`},
		{"GET", "/x", query{"v": 1}, nil, `GET ?v=1 body "null"`},
		{"GET", "/x", nil, query{"l": []string{"x", "y"}}, `GET ?l=%5Bx%20y%5D body ""`},
	} {
		heard = ""
		var out map[string]any
		err := c.Do(context.Background(), call.method, call.path, nil, call.query, call.body, &out)
		fmt.Printf("%s %s query %v body %v -> %s, error %v\n", call.method, call.path, call.query, call.body, heard, err)
		if heard != call.want || err != nil {
			fmt.Println("CHANGED: expected", call.want)
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
