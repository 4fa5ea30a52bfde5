#!/usr/bin/env bash
# Go github.com/open-policy-agent/opa v1.22.4: a limit, and an argument that came as text
#
# Guess: "50" <= 100 is an error of types, found when the rule is compiled where both are
#   written out, and otherwise undefined when it runs, so that the rule can be seen to fail.
# Behaviour: every two values compare. A text ranks above every number, an object above
#   every text. Nothing is said at compile time, nor with strict errors of built-ins.
# Seen: "50" <= 100 is false, and so is input.arguments.limit <= 100 with
#   {"limit": "50"}; with {"limit": 50} it is true. No error in either.
# Why it matters: models send numbers as text now and then, and many servers take them. The
#   rule refuses the call as if the limit were too high, and its author looks for the wrong
#   thing. Ask for is_number() by a rule with words of its own.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export GOFLAGS='-mod=mod -trimpath -ldflags=-w -vet=off' GOWORK=off
cat > go.mod <<'EOF'
module probe
go 1.26
require github.com/open-policy-agent/opa v1.22.4
EOF
cat > main.go <<'EOF'
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/open-policy-agent/opa/v1/rego"
)

func main() {
	const module = `package tools

default allow := false

allow if input.arguments.limit <= 100

written_out := "50" <= 100

reason := "limit is no number" if not is_number(input.arguments.limit)
`
	failed := false
	for _, c := range []struct{ arguments, want string }{
		{`{"limit": 50}`, `{"allow":true,"written_out":false}`},
		{`{"limit": 500}`, `{"allow":false,"written_out":false}`},
		{`{"limit": "50"}`, `{"allow":false,"reason":"limit is no number","written_out":false}`},
	} {
		var arguments any
		if err := json.Unmarshal([]byte(c.arguments), &arguments); err != nil {
			panic(err)
		}
		set, err := rego.New(rego.Query("data.tools"), rego.Module("tools.rego", module), rego.Strict(true), rego.StrictBuiltinErrors(true),
			rego.Input(map[string]any{"arguments": arguments})).Eval(context.Background())
		if err != nil {
			fmt.Println("CHANGED: an error:", err)
			os.Exit(1)
		}
		got, _ := json.Marshal(set[0].Expressions[0].Value)
		fmt.Printf("%s: %s\n", c.arguments, got)
		if string(got) != c.want {
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
[ "$(go list -m -f '{{.Version}}' github.com/open-policy-agent/opa)" = v1.22.4 ] || { echo "CHANGED: another version of OPA was chosen"; exit 1; }
go run . 2>log.txt || { cat log.txt; exit 1; }
echo "as stated"
