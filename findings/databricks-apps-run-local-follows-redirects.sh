#!/usr/bin/env bash
# Databricks CLI v1.12.1 (libs/appproxy, the proxy of "databricks apps run-local"):
# a redirect of an app
#
# Guess: a proxy hands a redirect to the client, which decides whether to follow.
# Behaviour: the proxy follows it itself, up to ten times, also to other hosts, and
#   the client gets the last answer as that of the first address. A POST that is
#   answered 302 or 303 becomes a GET on the way.
# Seen: POST /mcp answered 303 to /login: the client gets 200 and the page of
#   /login, the app hears "GET /login". Without the proxy: 303 and Location.
# Why it matters: an app that sends an MCP client to a sign-in page, and an OAuth
#   authorization address behind the app, answer otherwise in run-local than when
#   deployed: a client sees 200 with a page where there will be a redirect.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export GOFLAGS=-mod=mod GOWORK=off GONOSUMDB='github.com/databricks/*'
cat > go.mod <<'EOF'
module probe
go 1.24
require (
	github.com/databricks/cli v1.12.1
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
	"strings"

	"github.com/databricks/cli/libs/appproxy"
)

func main() {
	ctx := context.Background()
	heard := ""
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		heard += r.Method + " " + r.URL.Path + " "
		if r.URL.Path == "/login" {
			fmt.Fprint(w, "sign in here")
			return
		}
		http.Redirect(w, r, "/login", http.StatusSeeOther)
	}))
	defer app.Close()
	proxy, err := appproxy.New(ctx, app.URL)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	listener, err := proxy.Listen("127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	go proxy.Serve(listener)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	failed := false
	for _, c := range []struct{ name, url, want string }{
		{"app itself", app.URL, `303 Location "/login" body "", app heard POST /mcp `},
		{"through run-local's proxy", "http://" + listener.Addr().String(), `200 Location "" body "sign in here", app heard POST /mcp GET /login `},
	} {
		heard = ""
		answer, err := client.Post(c.url+"/mcp", "application/json", strings.NewReader("{}"))
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		body, _ := io.ReadAll(answer.Body)
		got := fmt.Sprintf("%d Location %q body %q, app heard %s", answer.StatusCode, answer.Header.Get("Location"), body, heard)
		fmt.Printf("%s: %s\n", c.name, got)
		if got != c.want {
			fmt.Println("CHANGED: expected", c.want)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
[ "$(go list -m -f '{{.Version}}' github.com/databricks/cli)" = v1.12.1 ] || { echo "CHANGED: another version of github.com/databricks/cli was chosen"; exit 1; }
go run . 2>log.txt || { cat log.txt; exit 1; }
echo "as stated"
