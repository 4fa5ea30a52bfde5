#!/usr/bin/env bash
# databricks-sdk-go v0.182.0: a quoted value with " #" or " ;" in .databrickscfg
#
# Guess: in quotes, "#" and ";" are part of the value; that is what quotes are for.
# Behaviour: a space and "#" (or ";") begin a comment inside double and single
#   quotes, too. What is left is an opening quote and the text before, and that
#   is the value: one character too many at the front, the rest gone, no error.
#   In backquotes the value is whole.
# Seen: password = "ab # cd" -> "ab with the quote as its first character.
# Why it matters: passwords and client secrets that a person made up hold such
#   signs, and quoting is the first cure one tries. The sign-in is refused, and
#   the file looks right. A bridge that writes a profile must use backquotes here.
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
	"fmt"
	"os"

	"github.com/databricks/databricks-sdk-go/config"
)

func main() {
	failed := false
	for _, c := range []struct{ value, want string }{
		{`"ab cd"`, `ab cd`},
		{`"ab#cd"`, `ab#cd`},
		{"`ab # cd`", `ab # cd`},
		{`"ab # cd"`, `"ab`},
		{`"ab ; cd"`, `"ab`},
		{`'ab # cd'`, `'ab`},
	} {
		os.WriteFile("profile.cfg", []byte("[DEFAULT]\nhost = https://w.test\npassword = "+c.value+"\n"), 0o600)
		cfg := &config.Config{ConfigFile: "profile.cfg"}
		err := config.ConfigFile.Configure(cfg)
		fmt.Printf("password = %s  ->  %s   error %v\n", c.value, cfg.Password, err)
		if cfg.Password != c.want || err != nil {
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
[ "$(go list -m -f '{{.Version}}' github.com/databricks/databricks-sdk-go)" = v0.182.0 ] || { echo "CHANGED: another version of github.com/databricks/databricks-sdk-go was chosen"; exit 1; }
go run . 2>log.txt || { cat log.txt; exit 1; }
echo "as stated"
