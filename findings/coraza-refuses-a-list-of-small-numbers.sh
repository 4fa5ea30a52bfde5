#!/usr/bin/env bash
# Go github.com/corazawaf/coraza/v3 v3.8.1, its recommended configuration: a list of numbers
#
# Guess: a web application firewall without rules of attacks refuses a JSON body for what is not
#   JSON, for its depth (1024) or its size (12.5 MiB), as that configuration says.
# Behaviour: it flattens the body to one name for each value ("json.params.arguments.ids.136"),
#   and refuses it where these names and values have more than eight times the bytes of the
#   body. A list of small numbers has a name of 30 bytes for two bytes of body.
# Seen: tools/call with {"ids":[1,1,...]}: 136 numbers pass, 137 are answered 400 and an empty
#   body, a call of 374 bytes. 3000 numbers of five digits pass, and a text of 140 KB.
# Why it matters: Coraza is the firewall module of Caddy, Envoy and Traefik. A tool that takes
#   flags, counts or rows by number works for short lists; a longer one is a bad request to
#   the client, which the model cannot see a reason in. The longer the argument's name and the
#   deeper it lies, the sooner. Rule 200002 in the log says why; turn it off for /mcp.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export GOFLAGS='-mod=mod -trimpath -ldflags=-w -vet=off' GOWORK=off
cat > go.mod <<'EOF'
module probe
go 1.26
require (
	github.com/corazawaf/coraza-coreruleset/v4 v4.25.0
	github.com/corazawaf/coraza/v3 v3.8.1
)
EOF
cat > main.go <<'EOF'
package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"

	coreruleset "github.com/corazawaf/coraza-coreruleset/v4"
	"github.com/corazawaf/coraza/v3"
	corazahttp "github.com/corazawaf/coraza/v3/http"
	"github.com/corazawaf/coraza/v3/types"
)

func main() {
	rule := 0
	waf, err := coraza.NewWAF(coraza.NewWAFConfig().
		WithErrorCallback(func(m types.MatchedRule) { rule = m.Rule().ID() }).
		WithRootFS(coreruleset.FS).WithDirectives("Include @coraza.conf-recommended\nSecRuleEngine On"))
	if err != nil {
		panic(err)
	}
	tool := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.Copy(io.Discard, r.Body) })
	server := httptest.NewServer(corazahttp.WrapHandler(waf, tool))
	defer server.Close()
	list := func(value string, n int) string { return "[" + strings.TrimSuffix(strings.Repeat(value+",", n), ",") + "]" }
	failed := false
	for _, c := range []struct {
		name, argument string
		status         int
	}{
		{"136 numbers of one digit", list("1", 136), 200},
		{"137 numbers of one digit", list("1", 137), 400},
		{"3000 numbers of five digits", list("12345", 3000), 200},
		{"a text of 140 KB", `"` + strings.Repeat("text ", 28000) + `"`, 200},
	} {
		body := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"delete_rows","arguments":{"ids":` + c.argument + `}}}`
		rule = 0
		res, err := http.Post(server.URL, "application/json", strings.NewReader(body))
		if err != nil {
			panic(err)
		}
		said, _ := io.ReadAll(res.Body)
		res.Body.Close()
		fmt.Printf("%s, a body of %d bytes: %d %q, rule %d\n", c.name, len(body), res.StatusCode, said, rule)
		if res.StatusCode != c.status || len(said) > 0 || (rule == 200002) != (c.status == 400) {
			fmt.Println("CHANGED: expected", c.status)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
[ "$(go list -m -f '{{.Version}}' github.com/corazawaf/coraza/v3)" = v3.8.1 ] || { echo "CHANGED: another version of coraza was chosen"; exit 1; }
go run . 2>log.txt || { cat log.txt; exit 1; }
echo "as stated"
