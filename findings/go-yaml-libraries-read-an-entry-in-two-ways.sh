#!/usr/bin/env bash
# github.com/goccy/go-yaml v1.19.2 and gopkg.in/yaml.v3 v3.0.1: the entry of an MCP
# server in YAML (Goose, Continue)
#
# Guess: decoded into {Cmd string, Args []string, Env map[string]string}, both give
#   the texts as they are written, and an empty item of args is an empty text.
# Behaviour: goccy makes numbers of what looks like one and writes them anew: 0755
#   becomes 493, 1.10 becomes 1.1, 1_000 1000; after a byte order mark the first
#   key is not seen, without an error. yaml.v3 keeps the texts and reads past the
#   mark, but leaves an empty or null item out of args, so what follows moves up.
# Seen: env {MODE: 0755}: goccy "493", yaml.v3 "0755". args [--tag, ~, run]: goccy
#   3 items, yaml.v3 2. A mark before "cmd: bridge": goccy "", yaml.v3 "bridge".
# Why it matters: an installer in Go that reads and writes such a file changes
#   versions and ids in env, or starts the server with the wrong arguments. Quote
#   what is written, and compare after reading back.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export GOFLAGS=-mod=mod GOWORK=off GONOSUMDB='github.com/databricks/*'
cat > go.mod <<'EOF'
module probe
go 1.24
require (
	github.com/goccy/go-yaml v1.19.2
	gopkg.in/yaml.v3 v3.0.1
)
EOF
cat > main.go <<'EOF'
package main

import (
	"fmt"
	"os"

	goccy "github.com/goccy/go-yaml"
	yaml3 "gopkg.in/yaml.v3"
)

type entry struct {
	Cmd  string            `yaml:"cmd"`
	Args []string          `yaml:"args"`
	Env  map[string]string `yaml:"env"`
}

func (e entry) String() string { return fmt.Sprintf("cmd %q args %q env %q", e.Cmd, e.Args, e.Env) }

func main() {
	failed := false
	for _, c := range []struct{ text, goccy, yaml3 string }{
		{"cmd: bridge\nargs: [stdio]\nenv: {MODE: \"0755\"}\n",
			`cmd "bridge" args ["stdio"] env map["MODE":"0755"]`, `cmd "bridge" args ["stdio"] env map["MODE":"0755"]`},
		{"cmd: bridge\nenv: {MODE: 0755, VERSION: 1.10, LIMIT: 1_000}\n",
			`cmd "bridge" args [] env map["LIMIT":"1000" "MODE":"493" "VERSION":"1.1"]`,
			`cmd "bridge" args [] env map["LIMIT":"1_000" "MODE":"0755" "VERSION":"1.10"]`},
		{"cmd: bridge\nargs: [--tag, ~, run]\n",
			`cmd "bridge" args ["--tag" "" "run"] env map[]`, `cmd "bridge" args ["--tag" "run"] env map[]`},
		{"\ufeffcmd: bridge\nargs: [stdio]\n",
			`cmd "" args ["stdio"] env map[]`, `cmd "bridge" args ["stdio"] env map[]`},
	} {
		var g, y entry
		err := goccy.Unmarshal([]byte(c.text), &g)
		err2 := yaml3.Unmarshal([]byte(c.text), &y)
		fmt.Printf("%q\n  goccy:   %v\n  yaml.v3: %v\n", c.text, g, y)
		if g.String() != c.goccy || y.String() != c.yaml3 || err != nil || err2 != nil {
			fmt.Println("CHANGED: expected", c.goccy, "and", c.yaml3, "errors:", err, err2)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
[ "$(go list -m -f '{{.Version}}' github.com/goccy/go-yaml)" = v1.19.2 ] || { echo "CHANGED: another version of github.com/goccy/go-yaml was chosen"; exit 1; }
[ "$(go list -m -f '{{.Version}}' gopkg.in/yaml.v3)" = v3.0.1 ] || { echo "CHANGED: another version of gopkg.in/yaml.v3 was chosen"; exit 1; }
go run . 2>log.txt || { cat log.txt; exit 1; }
echo "as stated"
