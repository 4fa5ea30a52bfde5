#!/usr/bin/env bash
# Databricks CLI v1.12.1: one environment variable in databricks.yml and in app.yaml
#
# Guess: "value: 0755" under env of an app is the text 0755 wherever it is written,
#   or the number that YAML makes of it.
# Behaviour: in app.yaml (as "databricks apps run-local" reads it) the text stays
#   as it is written. In databricks.yml it goes through a number and back: 0755
#   becomes 755, neither the text nor the octal 493; 1.10 becomes 1.1, 1e3 1000,
#   and an id beyond 64 bits is rounded. Dates and sexagesimals stay. No warning.
# Seen: value: 0755 -> app.yaml "0755", databricks.yml "755".
# Why it matters: versions, ids, file modes and codes that configure an MCP server
#   on Databricks Apps change when they move from app.yaml into the bundle. Quote
#   every value of env.
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
	"fmt"
	"os"
	"strings"

	"github.com/databricks/cli/libs/apps/runlocal"
	"github.com/databricks/cli/libs/dyn/convert"
	"github.com/databricks/cli/libs/dyn/yamlloader"
)

// variable is one entry of env, as the bundle's type of it has it.
type variable struct {
	Name  string `json:"name"`
	Value string `json:"value,omitempty"`
}

type settings struct {
	Env []variable `json:"env"`
}

// inBundle reads as "databricks bundle" does: load, normalise to the type, convert.
func inBundle(text string) (string, error) {
	value, err := yamlloader.LoadYAML("databricks.yml", strings.NewReader(text))
	if err != nil {
		return "", err
	}
	value, diagnostics := convert.Normalize(settings{}, value)
	if len(diagnostics) > 0 {
		return "", fmt.Errorf("%v", diagnostics)
	}
	var s settings
	if err := convert.ToTyped(&s, value); err != nil {
		return "", err
	}
	return s.Env[0].Value, nil
}

// inApp reads as "databricks apps run-local" does.
func inApp(text string) (string, error) {
	if err := os.WriteFile("app.yaml", []byte(text), 0o600); err != nil {
		return "", err
	}
	spec, err := runlocal.ReadAppSpecFile(&runlocal.Config{AppPath: ".", AppSpecFiles: []string{"app.yaml"}})
	if err != nil {
		return "", err
	}
	return *spec.EnvVars[0].Value, nil
}

func main() {
	failed := false
	for _, c := range []struct{ written, app, bundle string }{
		{`8000`, "8000", "8000"},
		{`"0755"`, "0755", "0755"},
		{`0755`, "0755", "755"},
		{`1.10`, "1.10", "1.1"},
		{`1e3`, "1e3", "1000"},
		{`0x1F`, "0x1F", "31"},
		{`92233720368547758079`, "92233720368547758079", "92233720368547760000"},
		{`2026-11-28`, "2026-11-28", "2026-11-28"},
		{`12:30:45`, "12:30:45", "12:30:45"},
	} {
		text := "env:\n  - name: X\n    value: " + c.written + "\n"
		app, err := inApp(text)
		bundle, err2 := inBundle(text)
		fmt.Printf("value: %-20s  app.yaml %-20s  databricks.yml %s\n", c.written, app, bundle)
		if app != c.app || bundle != c.bundle || err != nil || err2 != nil {
			fmt.Println("CHANGED: expected", c.app, "and", c.bundle, "errors:", err, err2)
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
