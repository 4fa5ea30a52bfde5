#!/usr/bin/env bash
# Databricks CLI v1.12.1: numbers in "databricks api post"
#
# Guess: the JSON of --json goes out as it was written, and the answer is shown with its
#   own values, indented at most.
# Behaviour: both pass through floating point. An integer beyond 2^53 becomes its
#   neighbour, on the way out and on the way back, 1.0 becomes 1, and members are sorted.
#   No warning. Texts in the answer have <, > and & as \u003c, \u003e and \u0026.
# Seen: {"run_id":9007199254740993} is sent as 9007199254740992, and a row id of
#   9007199254740993 is shown as 9007199254740992.
# Why it matters: ids of jobs and runs are 64-bit integers. A script or an agent that copies
#   one from this output can ask for another, and a call of a tool by hand changes its
#   arguments. curl with "databricks auth token" changes nothing.
set -euo pipefail
dir=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$dir"' EXIT
cd "$dir"
export GOFLAGS='-mod=mod -trimpath -ldflags=-w' GOWORK=off GONOSUMDB='github.com/databricks/*'
cat > go.mod <<'EOT'
module probe
go 1.26
require (
	github.com/databricks/cli v1.12.1
)
EOT
cat > tools.go <<'EOT'
//go:build tools

package main

import _ "github.com/databricks/cli"
EOT
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
[ "$(go list -m -f '{{.Version}}' github.com/databricks/cli)" = v1.12.1 ] || { echo "CHANGED: another version of github.com/databricks/cli was chosen"; exit 1; }
go build -o databricks github.com/databricks/cli >build.log 2>&1 || { cat build.log; exit 1; }
mkdir home
cat > workspace.mjs <<'EOT'
import http from "node:http";
import fs from "node:fs";
http.createServer(async (req, res) => {
  let body = "";
  for await (const piece of req) body += piece;
  res.setHeader("content-type", "application/json");
  if (req.url !== "/api/2.0/probe") return res.writeHead(404).end("{}");
  fs.writeFileSync("came", body);
  res.end('{"row_id":9007199254740993,"share":1.0,"text":"<b>"}');
}).listen(0, "127.0.0.1", function () { fs.writeFileSync("port", String(this.address().port)); });
EOT
node workspace.mjs &
until [ -s port ]; do sleep 0.1; done
echo '{"run_id":9007199254740993,"limit":1.0,"again":9007199254740991}' > body.json
env -i HOME="$dir/home" PATH=/usr/bin:/bin DATABRICKS_HOST="http://127.0.0.1:$(cat port)" DATABRICKS_TOKEN=t ./databricks api post /api/2.0/probe --json @body.json >shown 2>cli.log || { cat cli.log; exit 1; }
echo "sent:  $(cat came)"
echo "shown: $(tr -d ' \n' < shown)"
[ "$(cat came)" = '{"again":9007199254740991,"limit":1,"run_id":9007199254740992}' ] || { echo "CHANGED: another body was sent"; exit 1; }
[ "$(tr -d ' \n' < shown)" = '{"row_id":9007199254740992,"share":1,"text":"\u003cb\u003e"}' ] || { echo "CHANGED: another answer is shown"; exit 1; }
echo "as stated"
