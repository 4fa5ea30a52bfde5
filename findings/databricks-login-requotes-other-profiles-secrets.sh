#!/usr/bin/env bash
# Databricks CLI v1.12.1 (libs/databrickscfg) and @databricks/sdk-experimental
# 0.17.0: a login for one profile and the secrets of the others
#
# Guess: "databricks auth login --profile new" adds a section to .databrickscfg
#   and leaves the other profiles' lines as they are.
# Behaviour: the whole file is written anew. Values with "#" or ";" that stood
#   plainly or in double quotes are put into backquotes, which the CLI and the Go
#   SDK read as quotes and the JavaScript SDK does not: it then takes the
#   backquote and what follows up to the "#" for the secret. Keys are aligned,
#   "key: value" becomes "key = value".
# Seen: [work] token = "ab#cd"; the JavaScript SDK reads ab#cd. After profile
#   "new" was saved: token = `ab#cd`, and it reads `ab.
# Why it matters: a login from a bridge, an editor or a terminal breaks another
#   program's sign-in to another workspace. A program that writes profiles should
#   change its own section only.
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
	github.com/databricks/cli v1.12.1
)
EOF
cat > main.go <<'EOF'
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/databricks/cli/libs/databrickscfg"
	"github.com/databricks/databricks-sdk-go/config"
)

// main adds the profile "new" to a file, as "databricks auth login --profile new" does.
func main() {
	err := databrickscfg.SaveToProfile(context.Background(), &config.Config{
		ConfigFile: os.Args[1], Profile: "new", Host: "https://new.test", AuthType: "databricks-cli"})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
EOF
cat > probe.mjs <<'EOF'
import { Config } from "@databricks/sdk-experimental";
const cfg = new Config({ env: { DATABRICKS_CONFIG_FILE: "work.cfg", DATABRICKS_CONFIG_PROFILE: "work" } });
await cfg.ensureResolved();
console.log(cfg.token);
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
[ "$(go list -m -f '{{.Version}}' github.com/databricks/cli)" = v1.12.1 ] || { echo "CHANGED: another version of github.com/databricks/cli was chosen"; exit 1; }
printf '[DEFAULT]\n\n[work]\nhost = https://work.test\ntoken = "ab#cd"\n' >work.cfg
before=$(node probe.mjs)
go run . work.cfg >log.txt 2>&1 || { cat log.txt; exit 1; }
line=$(grep '^token' work.cfg)
after=$(node probe.mjs)
echo "before: token = \"ab#cd\"   JavaScript reads: $before"
echo "after:  $line   JavaScript reads: $after"
[ "$before" = 'ab#cd' ] || { echo "CHANGED: the value in double quotes was to be read whole"; exit 1; }
[ "$line" = 'token = `ab#cd`' ] || { echo "CHANGED: expected backquotes in the file"; exit 1; }
[ "$after" = '`ab' ] || { echo "CHANGED: expected the JavaScript SDK to read \`ab"; exit 1; }
echo "as stated"
