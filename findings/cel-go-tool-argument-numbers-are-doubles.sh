#!/usr/bin/env bash
# cel.dev/cel-go v0.33.2: a whole number among the arguments of a tool call
#
# Guess: a rule over tool-call arguments sees "issue": 1000000 as the number it
#   is: comparisons, sums and its text behave as with a number of the rule's own.
# Behaviour: arguments decoded from JSON are doubles to CEL. Comparing with a
#   whole number works (args.n == 5, args.n > 4, args.n in [5]), but string()
#   writes the exponent form from 1000000 on, and sums or remainders with a whole
#   number are errors at run time, not when the rule is compiled.
# Seen: string(args.n) of 1000000 -> "1e+06", of 12345678 -> "1.2345678e+07";
#   "issues/" + string(args.n) == "issues/1000000" -> false;
#   args.n % 2 == 0 -> no such overload.
# Why it matters: a gateway's rule that builds a path or a key from an id works in
#   every test with small ids and fails on real ones. Write string(int(args.n)).
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export GOFLAGS=-mod=mod GOWORK=off GONOSUMDB='github.com/databricks/*'
cat > go.mod <<'EOF'
module probe
go 1.24
require (
	cel.dev/cel-go v0.33.2
)
EOF
cat > main.go <<'EOF'
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"cel.dev/cel-go/cel"
)

func main() {
	env, err := cel.NewEnv(cel.Variable("args", cel.MapType(cel.StringType, cel.DynType)))
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	failed := false
	for _, c := range []struct{ rule, args, want string }{
		{`args.n == 5`, `{"n":5}`, "true"},
		{`args.n > 4 && args.n in [5]`, `{"n":5}`, "true"},
		{`string(args.n)`, `{"n":123456}`, "123456"},
		{`string(args.n)`, `{"n":1000000}`, "1e+06"},
		{`string(args.n)`, `{"n":12345678}`, "1.2345678e+07"},
		{`"issues/" + string(args.n) == "issues/1000000"`, `{"n":1000000}`, "false"},
		{`string(int(args.n))`, `{"n":1000000}`, "1000000"},
		{`args.n % 2 == 0`, `{"n":4}`, "error: no such overload"},
		{`args.n + 1 == 5`, `{"n":4}`, "error: no such overload"},
	} {
		ast, issues := env.Compile(c.rule)
		if issues.Err() != nil {
			fmt.Println("CHANGED: refused when compiled:", issues.Err())
			os.Exit(1)
		}
		program, err := env.Program(ast)
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		var args map[string]any
		json.Unmarshal([]byte(c.args), &args)
		value, _, err := program.Eval(map[string]any{"args": args})
		got := ""
		if err != nil {
			got = "error: " + err.Error()
		} else {
			got = fmt.Sprint(value.Value())
		}
		fmt.Printf("%s  %s  ->  %s\n", c.args, c.rule, got)
		if got != c.want && !(strings.HasPrefix(c.want, "error") && strings.HasPrefix(got, c.want)) {
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
[ "$(go list -m -f '{{.Version}}' cel.dev/cel-go)" = v0.33.2 ] || { echo "CHANGED: another version of cel.dev/cel-go was chosen"; exit 1; }
go run . 2>log.txt || { cat log.txt; exit 1; }
echo "as stated"
