#!/usr/bin/env bash
# databricks-sdk-go v0.182.0 and @databricks/sdk-experimental 0.17.0: Retry-After of a limit
#
# Guess: a call that is answered 429 with Retry-After: 20 is sent again after 20 seconds, and if
#   that is given up, the error is what the server has said.
# Behaviour: both SDKs do not look at Retry-After. They send the call again after about one
#   second, then two, and so on. Where the time for that is over, the Go SDK tells the server's
#   words; the JavaScript SDK throws "Timeout: " with nothing behind it, and the words are lost.
#   A workspace's 503 is sent again by the Go SDK and final for the JavaScript SDK.
# Seen: sent again before the time: Go true, JavaScript true
#   the server's words: Go told, JavaScript "Timeout: "
#   503 sent again: Go true, JavaScript false
# Why it matters: a client that is asked to wait makes its limit last longer, with each of its
#   calls. A bridge between such a client and a limited server waits in the client's place, or
#   tells the limit as an answer that is not sent again.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts @databricks/sdk-experimental@0.17.0 >npm.log 2>&1 || { cat npm.log; exit 1; }
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
	"context"
	"fmt"
	"os"

	"github.com/databricks/databricks-sdk-go/client"
	"github.com/databricks/databricks-sdk-go/config"
	"github.com/databricks/databricks-sdk-go/service/iam"
)

func main() {
	c, err := client.New(&config.Config{Host: os.Args[1], Token: "t", AuthType: "pat", ConfigFile: os.DevNull, RetryTimeoutSeconds: 5})
	if err == nil {
		_, err = iam.NewCurrentUser(c).Me(context.Background(), iam.MeRequest{})
	}
	if err != nil {
		fmt.Println(err)
	}
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
[ "$(go list -m -f '{{.Version}}' github.com/databricks/databricks-sdk-go)" = "$SDK" ] || { echo "CHANGED: another version of the SDK was chosen"; exit 1; }
go build -o me . >log.txt 2>&1 || { cat log.txt; exit 1; }
cat > probe.mjs <<'EOF'
import http from "node:http";
import { execFile } from "node:child_process";
import { WorkspaceClient } from "@databricks/sdk-experimental";

let status, times;
const workspace = http.createServer((req, res) => {
  res.setHeader("content-type", "application/json");
  if (!req.url.includes("/scim/v2/Me")) return res.end("{}");
  times.push(Date.now());
  res.writeHead(status, { "retry-after": "20" }).end(JSON.stringify({ error_code: "LIMIT", message: "100 calls a minute" }));
});
await new Promise((resolve) => workspace.listen(0, "127.0.0.1", resolve));
const host = `http://127.0.0.1:${workspace.address().port}`;
const clients = {
  Go: () => new Promise((resolve) => execFile("./me", [host], (error, said) => resolve(said.trim()))),
  JavaScript: () => new WorkspaceClient({ host, token: "t", authType: "pat", retryTimeoutSeconds: 5 }).currentUser.me().then(() => "no error", (error) => error.message),
};
const rows = { early: [], words: [], again: [] };
for (const [name, me] of Object.entries(clients)) {
  [status, times] = [429, []];
  const said = await me();
  rows.early.push(`${name} ${times.length > 1 && times[1] - times[0] < 15000}`);
  rows.words.push(`${name} ${said.includes("100 calls") ? "told" : JSON.stringify(said)}`);
  [status, times] = [503, []];
  await me();
  rows.again.push(`${name} ${times.length > 1}`);
}
console.log(`sent again before the time: ${rows.early.join(", ")}
the server's words: ${rows.words.join(", ")}
503 sent again: ${rows.again.join(", ")}`);
process.exit(0);
EOF
env -u DATABRICKS_HOST -u DATABRICKS_TOKEN node probe.mjs | tee seen
[ "$(cat seen)" = "sent again before the time: Go true, JavaScript true
the server's words: Go told, JavaScript \"Timeout: \"
503 sent again: Go true, JavaScript false" ] || { echo "CHANGED: limits are taken otherwise"; exit 1; }
echo "as stated"
