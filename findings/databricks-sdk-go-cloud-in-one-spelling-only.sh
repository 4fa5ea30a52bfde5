#!/usr/bin/env bash
# databricks-sdk-go v0.182.0: DATABRICKS_CLOUD in capital or in small letters
#
# Guess: the name of the cloud is read without regard to case, as it is in a
#   host's own metadata, where "AZURE" and "azure" both mean Azure.
# Behaviour: from a variable or a profile the only spelling of Azure is "Azure".
#   Any other text is kept as it is, is no error, overrides the cloud that the
#   host's name or metadata would give, and means: no cloud that I know. The
#   methods of Azure then say "not configured".
# Seen: DATABRICKS_CLOUD=AZURE on a host whose metadata says AZURE: IsAzure()
#   false. Without the variable: true.
# Why it matters: AWS and GCP are in capitals, so AZURE is the obvious thing to
#   type. A bridge that hands the variable on should check it against the three
#   spellings.
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
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/databricks/databricks-sdk-go/config"
)

func main() {
	workspace := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"cloud":"AZURE"}`)
	}))
	defer workspace.Close()
	failed := false
	for _, c := range []struct {
		cloud string
		azure bool
	}{{"", true}, {"Azure", true}, {"AZURE", false}, {"azure", false}} {
		os.Clearenv()
		os.Setenv("DATABRICKS_CLOUD", c.cloud)
		cfg := &config.Config{Host: workspace.URL, Token: "t", ConfigFile: os.DevNull}
		err := cfg.EnsureResolved()
		fmt.Printf("DATABRICKS_CLOUD=%-5s  metadata AZURE: cloud %q, IsAzure %v, error %v\n", c.cloud, cfg.Cloud, cfg.IsAzure(), err)
		if cfg.IsAzure() != c.azure || err != nil {
			fmt.Println("CHANGED: expected IsAzure", c.azure)
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
