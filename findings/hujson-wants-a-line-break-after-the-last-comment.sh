#!/usr/bin/env bash
# Go github.com/tailscale/hujson v0.0.0-20260727124030-b80ff77dac4f: a file that ends in a comment
#
# Guess: a `//` comment ends with its line, and the last line of a file needs no line break: so
#   it is in JavaScript, Go and JSON5, and editors do not add one unless they are told to.
# Behaviour: hujson wants the line break. Without it the whole document is refused, "parsing
#   comment: unexpected EOF", by Parse and Standardize alike. A `/* */` may end the file.
# Seen: `{"a":1} // note` is refused by hujson and read by jsonc-parser 3.3.1, json5 2.2.3 and
#   comment-json 4.2.5; with a line break behind it all four read it.
# Why it matters: it is the Go package for settings with comments. The client reads its own file
#   well, and a Go program that adds an MCP server to it calls it broken, as soon as the user's
#   last line is a note. Add a line break to a copy before parsing.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export GOFLAGS='-mod=mod -trimpath -ldflags=-w -vet=off' GOWORK=off
cat > go.mod <<'EOF'
module probe
go 1.26
require github.com/tailscale/hujson v0.0.0-20260727124030-b80ff77dac4f
EOF
cat > main.go <<'EOF'
package main

import (
	"fmt"
	"os"

	"github.com/tailscale/hujson"
)

func main() {
	for _, text := range os.Args[1:] {
		_, errParse := hujson.Parse([]byte(text))
		_, errStandard := hujson.Standardize([]byte(text))
		fmt.Printf("hujson %q: %t %t\n", text, errParse == nil, errStandard == nil)
	}
}
EOF
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts jsonc-parser@3.3.1 json5@2.2.3 comment-json@4.2.5 >npm.log 2>&1 || { cat npm.log; exit 1; }
cat > probe.mjs <<'EOF'
import jsonc from "jsonc-parser";
import JSON5 from "json5";
import { parse } from "comment-json";
const reads = (read) => { try { return read()?.a === 1; } catch { return false; } };
for (const text of process.argv.slice(2)) {
  const errors = [];
  const taken = [
    reads(() => jsonc.parse(text, errors)) && errors.length === 0,
    reads(() => JSON5.parse(text)),
    reads(() => parse(text)),
  ];
  console.log(`others ${JSON.stringify(text)}: ${taken.join(" ")}`);
}
EOF
note='{"a":1} // note' line='{"a":1} // note
' block='{"a":1} /* note */'
{ go run . "$note" "$line" "$block"; node probe.mjs "$note" "$line" "$block"; } | tee seen
diff seen - <<'EOF' || { echo "CHANGED: see the difference above"; exit 1; }
hujson "{\"a\":1} // note": false false
hujson "{\"a\":1} // note\n": true true
hujson "{\"a\":1} /* note */": true true
others "{\"a\":1} // note": true true true
others "{\"a\":1} // note\n": true true true
others "{\"a\":1} /* note */": true true true
EOF
echo "as stated"
