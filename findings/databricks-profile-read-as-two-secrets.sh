#!/usr/bin/env bash
# databricks-sdk-go v0.182.0 and @databricks/sdk-experimental 0.17.0: one profile,
# two secrets
#
# Guess: .databrickscfg is one format, so the Go SDK and the JavaScript SDK read
#   the same token from the same profile.
# Behaviour: JavaScript ends a value at the first "#" or ";" wherever it stands;
#   Go only where a space is in front. Go takes `text` in backquotes as quoted,
#   JavaScript cuts it and keeps a backquote. Go accepts "host: value" and a byte
#   order mark at the beginning of the file, JavaScript then finds no profile at
#   all. Neither says a word, and the wrong secret is sent.
# Seen: token = ab#cd  -> Go "ab#cd", JavaScript "ab".
# Why it matters: what a bridge writes into a profile (or reads from one that the
#   editor's extension works with) may be another secret for the next tool. Put
#   values with "#" or ";" in double quotes: both read those alike, as long as no
#   space stands before the sign.
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
SDK=v0.182.0
export GOFLAGS=-mod=mod GOWORK=off GONOSUMDB='github.com/databricks/*'
cat > go.mod <<EOF
module probe
go 1.24
require github.com/databricks/databricks-sdk-go $SDK
EOF
cat > main.go <<'EOF'
package main

import (
	"fmt"
	"os"

	"github.com/databricks/databricks-sdk-go/config"
)

func main() {
	for _, file := range os.Args[1:] {
		cfg := &config.Config{ConfigFile: file}
		if err := config.ConfigFile.Configure(cfg); err != nil {
			fmt.Println("error:", err)
			continue
		}
		fmt.Printf("%s\n", cfg.Token)
	}
}
EOF
cat > probe.mjs <<'EOF'
import { Config } from "@databricks/sdk-experimental";
for (const file of process.argv.slice(2)) {
  const cfg = new Config({ env: { DATABRICKS_CONFIG_FILE: file } });
  try { await cfg.ensureResolved(); console.log(cfg.token ?? ""); } catch (e) { console.log("error: " + e.message); }
}
EOF
profile() { printf "$2" "host = https://w.test" >"$1.cfg"; }
profile 1 '[DEFAULT]\n%s\ntoken = abcd\n'
profile 2 '[DEFAULT]\n%s\ntoken = "ab#c;d"\n'
profile 3 '[DEFAULT]\n%s\ntoken = ab#cd\n'
profile 4 '[DEFAULT]\n%s\ntoken = ab;cd\n'
profile 5 '[DEFAULT]\n%s\ntoken = `ab#cd`\n'
profile 6 '[DEFAULT]\n%s\ntoken: abcd\n'
profile 7 '\357\273\277[DEFAULT]\n%s\ntoken = abcd\n'
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
[ "$(go list -m -f '{{.Version}}' github.com/databricks/databricks-sdk-go)" = "$SDK" ] || { echo "CHANGED: another version of the SDK was chosen"; exit 1; }
go run . [1-7].cfg >go.txt 2>log.txt || { cat log.txt; exit 1; }
node probe.mjs [1-7].cfg >js.txt
printf '%s\n' abcd 'ab#c;d' 'ab#cd' 'ab;cd' 'ab#cd' abcd abcd >go.want
printf '%s\n' abcd 'ab#c;d' ab ab '`ab' '' '' >js.want
tail -qn 1 [1-7].cfg | paste -d '|' - go.txt js.txt | sed 's/|/   Go: /; s/|/   JavaScript: /'
diff go.want go.txt || { echo "CHANGED: the Go SDK reads something else"; exit 1; }
diff js.want js.txt || { echo "CHANGED: the JavaScript SDK reads something else"; exit 1; }
echo "as stated"
