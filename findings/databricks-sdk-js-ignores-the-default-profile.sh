#!/usr/bin/env bash
# @databricks/sdk-experimental 0.17.0: the default profile that was chosen with
# "databricks auth switch"
#
# Guess: without a profile, all of Databricks' tools use the one that
#   [__settings__] default_profile of .databrickscfg names.
# Behaviour: the JavaScript SDK does not know the setting. It takes [DEFAULT], and
#   where that has no host it has no configuration at all; the section
#   __settings__ itself passes as a profile. The Go SDK (and the CLI) follow it.
# Seen: default_profile = work, [work], and another host in [DEFAULT]: Go signs in
#   to work.test, JavaScript to default.test.
# Why it matters: after a switch, a bridge in Go and an editor extension or app in
#   JavaScript act on two workspaces with one and the same file. Name the profile
#   in a client's entry rather than rely on the default.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true, "type": "module"}' > package.json
pinned="@databricks/sdk-experimental@0.17.0"
npm install --silent --no-audit --no-fund --ignore-scripts $pinned >npm.log 2>&1 || { cat npm.log; exit 1; }
for p in $pinned; do
  [ "$(node -p "require('./node_modules/${p%@*}/package.json').version")" = "${p##*@}" ] || { echo "CHANGED: another version of ${p%@*} was installed"; exit 1; }
done
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

	"github.com/databricks/databricks-sdk-go/config"
)

func main() {
	cfg := &config.Config{ConfigFile: "both.cfg"}
	if err := config.ConfigFile.Configure(cfg); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(cfg.Host)
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
[ "$(go list -m -f '{{.Version}}' github.com/databricks/databricks-sdk-go)" = v0.182.0 ] || { echo "CHANGED: another version of github.com/databricks/databricks-sdk-go was chosen"; exit 1; }
cat > probe.mjs <<'EOF'
import { Config } from "@databricks/sdk-experimental";
const cfg = new Config({ env: { DATABRICKS_CONFIG_FILE: "both.cfg", ...(process.argv[2] && { DATABRICKS_CONFIG_PROFILE: process.argv[2] }) } });
await cfg.ensureResolved();
console.log(cfg.host ?? "no host");
EOF
cat > both.cfg <<'EOF'
[__settings__]
default_profile = work

[DEFAULT]
host = https://default.test
token = d

[work]
host = https://work.test
token = w
EOF
go=$(go run . 2>log.txt) || { cat log.txt; exit 1; }
js=$(node probe.mjs)
settings=$(node probe.mjs __settings__)
echo "Go: $go   JavaScript: $js   JavaScript, profile __settings__: $settings"
[ "$go" = https://work.test ] || { echo "CHANGED: expected the Go SDK to follow default_profile"; exit 1; }
[ "$js" = https://default.test ] || { echo "CHANGED: expected the JavaScript SDK to take [DEFAULT]"; exit 1; }
[ "$settings" = "no host" ] || { echo "CHANGED: expected __settings__ to pass as a profile without a host"; exit 1; }
echo "as stated"
