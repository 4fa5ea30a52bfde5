#!/usr/bin/env bash
# Databricks CLI v1.12.1: "databricks api post" to an MCP endpoint of a workspace
#
# Guess: the command that posts JSON to any path of the workspace, with its sign-in, is
#   good for a first look at /api/2.0/mcp/...: the answer is printed, whatever its kind.
# Behaviour: it says "Accept: application/json" and has no option for headers. The
#   specification wants both kinds named (2025-11-25, Transports, "Sending Messages to the
#   Server", 2), so that the official server answers 406. Of a server that is content, and
#   answers with an event stream, as it may, the CLI says "This is likely a bug in the
#   Databricks SDK for Go".
# Seen: official TypeScript server (1.32.2): exit 1, "Not Acceptable: Client must accept
#   both application/json and text/event-stream"; a result in an event stream: exit 1,
#   "invalid character 'e' looking for beginning of value".
# Why it matters: it looks as if the connection were broken, and it is the tool that
#   everybody has at hand. Use curl with the token of "databricks auth token", or a client.
set -euo pipefail
dir=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts @modelcontextprotocol/sdk@1.32.2 >npm.log 2>&1 || { cat npm.log; exit 1; }
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
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
http.createServer(async (req, res) => {
  if (req.url === "/api/2.0/mcp/external/official") {
    const server = new McpServer({ name: "s", version: "1" });
    server.registerTool("now", {}, () => ({ content: [] }));
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
    await server.connect(transport);
    return transport.handleRequest(req, res);
  }
  if (req.url === "/api/2.0/mcp/external/lenient") {
    res.setHeader("content-type", "text/event-stream");
    return res.end('event: message\ndata: {"jsonrpc":"2.0","id":1,"result":{"tools":[]}}\n\n');
  }
  res.writeHead(404, { "content-type": "application/json" }).end("{}");
}).listen(0, "127.0.0.1", function () { fs.writeFileSync("port", String(this.address().port)); });
EOT
node workspace.mjs &
until [ -s port ]; do sleep 0.1; done
failed=0
for want in "official=Not Acceptable: Client must accept both application/json and text/event-stream" "lenient=invalid character 'e' looking for beginning of value"; do
  server=${want%%=*} code=0
  env -i HOME="$dir/home" PATH=/usr/bin:/bin DATABRICKS_HOST="http://127.0.0.1:$(cat port)" DATABRICKS_TOKEN=t ./databricks api post "/api/2.0/mcp/external/$server" --json '{"jsonrpc":"2.0","id":1,"method":"tools/list"}' >"$server.txt" 2>&1 || code=$?
  echo "$server: exit $code, $(grep '^Error' "$server.txt" | cut -c1-160)"
  [ $code = 1 ] && grep -qF "${want#*=}" "$server.txt" || { echo "CHANGED: expected exit 1 and: ${want#*=}"; failed=1; }
done
[ $failed = 0 ] || exit 1
echo "as stated"
