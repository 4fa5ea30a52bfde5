#!/usr/bin/env bash
# databricks-sdk-go v0.182.0, azure-cli: when a token of "az" expires
#
# Guess: of the two times in the answer of "az account get-access-token" the SDK
#   takes expires_on, the Unix time.
# Behaviour: it takes expiresOn, a local time without a zone, and reads it in the
#   zone of its own process; expires_on is ignored. Where az runs in another zone
#   than the program (a wrapper around a container, TZ set for one of the two),
#   the lifetime is off by the difference: a fresh token counts as expired and az
#   is run for each request, or a dead token counts as good for hours.
# Seen: az in UTC, token good for an hour, SDK in UTC+5: five requests run az's
#   get-access-token twelve times. SDK in UTC: twice.
# Why it matters: a desktop client that starts a bridge does not always hand on
#   TZ. az takes about a second, so each tool call gets that much slower, and
#   nothing in the log tells why.
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
		fmt.Fprint(w, `{"cloud":"Azure"}`)
	}))
	defer workspace.Close()
	cfg := &config.Config{Host: workspace.URL, AuthType: "azure-cli", AzureTenantID: "t", ConfigFile: os.DevNull}
	for range 5 {
		r, _ := http.NewRequest("GET", workspace.URL, nil)
		if err := cfg.Authenticate(r); err != nil {
			fmt.Println("not signed in:", err)
			os.Exit(1)
		}
	}
}
EOF
mkdir bin
cat > bin/az <<EOF
#!/bin/sh
if [ "\$2" = show ]; then echo '{"user":{"name":"u","type":"user"}}'; exit; fi
echo run >> "$dir/runs"
at=\$((\$(date +%s) + 3600))
echo "{\"accessToken\":\"T\",\"tokenType\":\"Bearer\",\"expires_on\":\$at,\"expiresOn\":\"\$(TZ=UTC date -d @\$at '+%Y-%m-%d %H:%M:%S.000000')\"}"
EOF
chmod +x bin/az
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
[ "$(go list -m -f '{{.Version}}' github.com/databricks/databricks-sdk-go)" = v0.182.0 ] || { echo "CHANGED: another version of github.com/databricks/databricks-sdk-go was chosen"; exit 1; }
go build -o probe . 2>log.txt || { cat log.txt; exit 1; }
runs() {
  : >"$dir/runs"
  env -i HOME="$dir" PATH="$dir/bin:$PATH" TZ="$1" ./probe 2>log.txt || { cat log.txt; exit 1; }
  grep -c run "$dir/runs"
}
same=$(runs UTC) east=$(runs Etc/GMT-5)
echo "az in UTC, five requests: SDK in UTC runs az $same times, SDK in UTC+5 $east times"
[ "$same" = 2 ] || { echo "CHANGED: expected two runs where the zones agree"; exit 1; }
[ "$east" -gt 5 ] || { echo "CHANGED: expected a run for each request where they do not"; exit 1; }
echo "as stated"
