#!/usr/bin/env bash
# Databricks CLI v1.12.1 (libs/databrickscfg): comments at the end of .databrickscfg
#
# Guess: a login keeps the comments of the file, as it keeps those above profiles
#   and keys.
# Behaviour: a comment belongs to the line that follows it. What stands behind the
#   last key of the file has none and is gone after any "auth login" or
#   "configure": a profile that was commented out at the end of the file, with
#   its token, first of all. A copy is in .databrickscfg.bak, until the next one.
# Seen: [work], then "# [old]", "# host = ...", "# token = ..." at the end; after
#   the profile "new" was saved no line of [old] is left, the comment above [work]
#   is.
# Why it matters: a bridge that runs "databricks auth login" for its user, or an
#   MCP client's sign-in button, deletes lines of a file that the user keeps by
#   hand. Say so, or keep a copy of your own.
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
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
[ "$(go list -m -f '{{.Version}}' github.com/databricks/cli)" = v1.12.1 ] || { echo "CHANGED: another version of github.com/databricks/cli was chosen"; exit 1; }
cat >work.cfg <<'EOF'
[DEFAULT]

# ask before use
[work]
host = https://work.test
token = t

# [old]
# host = https://old.test
# token = o
EOF
go run . work.cfg >log.txt 2>&1 || { cat log.txt; exit 1; }
cat work.cfg
grep -q '^# ask before use$' work.cfg || { echo "CHANGED: the comment above a profile is gone, too"; exit 1; }
grep -q '^\[new\]$' work.cfg || { echo "CHANGED: the new profile was not saved"; exit 1; }
if grep -q 'old' work.cfg; then echo "CHANGED: the comments at the end are kept"; exit 1; fi
grep -q '^# \[old\]$' work.cfg.bak || { echo "CHANGED: no copy in .bak"; exit 1; }
echo "as stated"
