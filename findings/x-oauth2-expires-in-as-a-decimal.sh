#!/usr/bin/env bash
# golang.org/x/oauth2 v0.38.0: "expires_in" written as a decimal
#
# Guess: a client that takes "expires_in": "3600" (a text, which the RFC does not
#   allow) takes the number 3600.0 as well.
# Behaviour: the number must be spelled as an integer. 3600.0 and 3.6e3 are the
#   same JSON number as 3600, yet the whole token answer is refused: "cannot
#   parse json: strconv.ParseInt". 3600, "3600", null and a missing member pass.
# Seen: {"access_token":"A","token_type":"Bearer","expires_in":3600.0} ->
#   oauth2: cannot parse json: strconv.ParseInt: parsing "3600.0": invalid syntax
# Why it matters: an authorization server that computes the lifetime in floating
#   point (Python writes 3600.0 then) locks out every MCP client on this package,
#   the Databricks SDK for Go among them, and the message names neither the
#   member nor the server.
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
	"strings"

	"golang.org/x/oauth2/clientcredentials"
)

func main() {
	lifetime := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"access_token":"A","token_type":"Bearer"%s}`, lifetime)
	}))
	defer server.Close()
	cfg := clientcredentials.Config{ClientID: "id", ClientSecret: "secret", TokenURL: server.URL}
	failed := false
	for _, c := range []struct {
		lifetime string
		taken    bool
	}{
		{`,"expires_in":3600`, true}, {`,"expires_in":"3600"`, true}, {`,"expires_in":null`, true}, {``, true},
		{`,"expires_in":3600.0`, false}, {`,"expires_in":3.6e3`, false}, {`,"expires_in":"3600.0"`, false},
	} {
		lifetime = c.lifetime
		_, err := cfg.Token(context.Background())
		fmt.Printf("%-24s error: %v\n", c.lifetime, err)
		if taken := err == nil; taken != c.taken || !taken && !strings.Contains(err.Error(), "cannot parse json: strconv.ParseInt") {
			fmt.Println("CHANGED: expected taken =", c.taken)
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
