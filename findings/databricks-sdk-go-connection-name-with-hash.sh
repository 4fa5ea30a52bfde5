#!/usr/bin/env bash
# databricks-sdk-go v0.182.0, service/catalog: a connection whose name holds "#" or "?"
#
# Guess: the SDK encodes the name of a Unity Catalog connection before it puts
#   it into the path, so Get("prod#eu") asks for .../connections/prod%23eu.
# Behaviour: names go into the path as they are. "#" begins a fragment, so
#   Get("prod#eu") asks for the connection "prod" and returns it without an
#   error. "?" begins a query: Get("prod?eu") asks for "prod" too. Text that
#   looks like an escape is taken for one: Get("a%20b") asks for "a b". A space
#   and a letter beyond ASCII are encoded. Only periods, spaces, slashes and
#   control characters are forbidden in names of Unity Catalog, so these are
#   lawful. By reading (not run), the same holds for the calls that change or
#   delete by name.
# Seen: asked "prod#eu", server heard "prod", SDK answered {Name: "prod"}, nil.
# Why it matters: a bridge that looks up a connection by name, to learn its URL
#   or the grants on it, can get another connection's answer and nothing says so.
#   Encode the name yourself (url.PathEscape) and compare the name in the answer.
set -euo pipefail
SDK=v0.182.0
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export GOFLAGS=-mod=mod GOWORK=off GONOSUMDB='github.com/databricks/*'
cat > go.mod <<EOF
module probe
go 1.24
require github.com/databricks/databricks-sdk-go $SDK
EOF
cat > main.go <<'EOF'
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"

	"github.com/databricks/databricks-sdk-go/client"
	"github.com/databricks/databricks-sdk-go/config"
	"github.com/databricks/databricks-sdk-go/service/catalog"
)

func main() {
	heard := ""
	workspace := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		name, found := strings.CutPrefix(r.URL.Path, "/api/2.1/unity-catalog/connections/")
		if !found {
			fmt.Fprint(w, `{}`)
			return
		}
		heard = name
		json.NewEncoder(w).Encode(map[string]string{"name": name})
	}))
	defer workspace.Close()
	cfg := &config.Config{Host: workspace.URL, Token: "t", AuthType: "pat", ConfigFile: os.DevNull}
	c, err := client.New(cfg)
	if err != nil {
		fmt.Println("no client:", err)
		os.Exit(1)
	}
	connections := catalog.NewConnections(c)
	failed := false
	for _, c := range []struct{ asked, heard string }{
		{"prod", "prod"}, {"prod eu", "prod eu"}, {"größe", "größe"},
		{"prod#eu", "prod"}, {"prod?eu", "prod"}, {"a%20b", "a b"},
	} {
		heard = "(nothing)"
		info, err := connections.GetByName(context.Background(), c.asked)
		got := "(nothing)"
		if info != nil {
			got = info.Name
		}
		fmt.Printf("asked %q, server heard %q, answer %q, error %v\n", c.asked, heard, got, err)
		if heard != c.heard || got != c.heard || err != nil {
			fmt.Printf("CHANGED: expected the server to hear %q\n", c.heard)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
[ "$(go list -m -f '{{.Version}}' github.com/databricks/databricks-sdk-go)" = "$SDK" ] || { echo "CHANGED: another version of the SDK was chosen"; exit 1; }
go run . 2>log.txt || { cat log.txt; exit 1; }
echo "as stated"
