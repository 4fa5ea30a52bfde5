#!/usr/bin/env bash
# github.com/cedar-policy/cedar-go v1.9.1: arguments of a tool call as a context
#
# Guess: the arguments of a tools/call, a JSON object, are a Cedar record; a null
#   is left out, a fraction becomes a decimal or is an error of that member only.
# Behaviour: one null, one fraction, one 5.0 or 1e3 anywhere among the arguments
#   and the whole record is refused. A list becomes a set: order and repeats are
#   gone.
# Seen: {"n": 5, "note": null} -> "unsupported type: null"; {"n": 5.0} -> "long
#   out of range"; {"path": ["b", "a", "b"]} -> two elements.
# Why it matters: 5.0 is an integer to JSON Schema, a null may be allowed by the
#   tool, and ratios and temperatures are ordinary arguments. A gateway with Cedar
#   policies refuses such calls though no policy speaks about them. Drop nulls and
#   turn numbers into integers or decimals before the policy engine sees them.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export GOFLAGS=-mod=mod GOWORK=off GONOSUMDB='github.com/databricks/*'
cat > go.mod <<'EOF'
module probe
go 1.24
require (
	github.com/cedar-policy/cedar-go v1.9.1
)
EOF
cat > main.go <<'EOF'
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/cedar-policy/cedar-go"
)

func main() {
	failed := false
	for _, c := range []struct{ args, refusal string }{
		{`{"n": 5, "ok": true, "repo": "a", "o": {"x": []}}`, ""},
		{`{"n": 5, "note": null}`, "unsupported type: null"},
		{`{"n": 5, "filter": {"since": null}}`, "unsupported type: null"},
		{`{"n": 5.0}`, "long out of range"},
		{`{"n": 1e3}`, "long out of range"},
		{`{"ratio": 0.5}`, "long out of range"},
	} {
		var record cedar.Record
		err := json.Unmarshal([]byte(c.args), &record)
		fmt.Printf("%s -> error: %v\n", c.args, err)
		if (err == nil) != (c.refusal == "") || err != nil && !strings.Contains(err.Error(), c.refusal) {
			fmt.Printf("CHANGED: expected the refusal %q\n", c.refusal)
			failed = true
		}
	}
	var record cedar.Record
	err := json.Unmarshal([]byte(`{"path": ["b", "a", "b"]}`), &record)
	path, _ := record.Get("path")
	set, _ := path.(cedar.Set)
	fmt.Printf(`{"path": ["b", "a", "b"]} -> %d elements, error: %v`+"\n", set.Len(), err)
	if set.Len() != 2 {
		fmt.Println("CHANGED: expected a set of two")
		failed = true
	}
	if failed {
		os.Exit(1)
	}
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
[ "$(go list -m -f '{{.Version}}' github.com/cedar-policy/cedar-go)" = v1.9.1 ] || { echo "CHANGED: another version of github.com/cedar-policy/cedar-go was chosen"; exit 1; }
go run . 2>log.txt || { cat log.txt; exit 1; }
echo "as stated"
