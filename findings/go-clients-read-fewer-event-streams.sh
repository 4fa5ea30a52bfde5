#!/usr/bin/env bash
# Guess:   an MCP client over HTTP reads whatever the grammar of event streams allows: a
#          byte order mark at the start, lines that end with CR, a field without a colon.
# Instead: the TypeScript clients do, but both large Go ones do not. The Go SDK loses the
#          answer behind a byte order mark and ends the stream at a line "id", an empty
#          field; mcp-go loses the answer behind a mark or with CR. Each loss is the error of
#          a call that has run.
# Where:   github.com/modelcontextprotocol/go-sdk v1.8.0, github.com/mark3labs/mcp-go v1.2.1,
#          npm @modelcontextprotocol/sdk 1.32.2
# Output:  mark: go-sdk lost, mcp-go lost, TypeScript ok; CR: go-sdk ok, mcp-go lost, TypeScript ok; no colon: go-sdk lost, mcp-go ok, TypeScript ok
# Matters: one stream works in one client and fails in the next. A bridge that passes a
#          stream on should write it anew in the plainest form: LF, "data: ", no mark.
# The stream stays open after the answer until the client leaves, but at most five seconds.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @modelcontextprotocol/sdk@1.32.2
cat > go.mod <<'EOF'
module check
go 1.26
require (
	github.com/mark3labs/mcp-go v1.2.1
	github.com/modelcontextprotocol/go-sdk v1.8.0
)
EOF
cat > main.go <<'EOF'
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/mark3labs/mcp-go/client"
	types "github.com/mark3labs/mcp-go/mcp"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var err error
	if os.Args[1] == "go-sdk" {
		var session *mcp.ClientSession
		session, err = mcp.NewClient(&mcp.Implementation{Name: "c", Version: "1"}, nil).Connect(ctx, &mcp.StreamableClientTransport{Endpoint: os.Args[2], MaxRetries: -1}, nil)
		if err == nil {
			_, err = session.CallTool(ctx, &mcp.CallToolParams{Name: "t"})
		}
	} else {
		var c *client.Client
		c, err = client.NewStreamableHttpClient(os.Args[2])
		if err == nil {
			err = c.Start(ctx)
		}
		if err == nil {
			hello := types.InitializeRequest{}
			hello.Params.ProtocolVersion = "2025-11-25"
			hello.Params.ClientInfo = types.Implementation{Name: "c", Version: "1"}
			_, err = c.Initialize(ctx, hello)
		}
		if err == nil {
			call := types.CallToolRequest{}
			call.Params.Name = "t"
			_, err = c.CallTool(ctx, call)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
go build -o client .
cat > check.mjs <<'EOF'
import { execFile } from 'node:child_process';
import http from 'node:http';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
const forms = {
  plain: m => `data: ${m}\n\n`,
  mark: m => `\ufeffdata: ${m}\n\n`,
  CR: m => `data: ${m}\r\r: and a comment\r`,
  'no colon': m => `id\ndata: ${m}\n\n`,
};
let form, calls;
const server = http.createServer(async (req, res) => {
  let body = '';
  for await (const chunk of req) body += chunk;
  const { id, method } = body ? JSON.parse(body) : {};
  if (req.method !== 'POST') return res.writeHead(405).end();
  if (id === undefined) return res.writeHead(202).end();
  const results = { initialize: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } }, 'tools/call': { content: [] } };
  const answer = JSON.stringify({ jsonrpc: '2.0', id, ...(results[method] ? { result: results[method] } : { error: { code: -32601, message: 'Method not found' } }) });
  if (method !== 'tools/call') return res.writeHead(200, { 'content-type': 'application/json' }).end(answer);
  calls++;
  res.writeHead(200, { 'content-type': 'text/event-stream' }).write(forms[form](answer));
  const end = setTimeout(() => res.end(), 5000);
  res.on('close', () => clearTimeout(end));
});
await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${server.address().port}/mcp`;
const go = name => () => new Promise(resolve => execFile('./client', [name, url], error => resolve(error ? 'lost' : 'ok')));
const clients = {
  'go-sdk': go('go-sdk'), 'mcp-go': go('mcp-go'),
  TypeScript: async () => {
    const client = new Client({ name: 'c', version: '1' });
    await client.connect(new StreamableHTTPClientTransport(new URL(url)));
    const outcome = await client.callTool({ name: 't', arguments: {} }, undefined, { timeout: 10000 }).then(() => 'ok', () => 'lost');
    await client.close();
    return outcome;
  },
};
const rows = [];
for (form in forms) {
  const seen = [];
  for (const [name, call] of Object.entries(clients)) {
    calls = 0;
    seen.push(`${name} ${await call()}`);
    if (calls !== 1) console.log(`CHANGED: ${form}: the call of ${name} arrived ${calls} times`), process.exit(1);
  }
  rows.push(`${form}: ${seen.join(', ')}`);
}
console.log(rows.slice(1).join('; '));
const ok = rows[0] === 'plain: go-sdk ok, mcp-go ok, TypeScript ok';
if (!ok || rows.slice(1).join('; ') !== 'mark: go-sdk lost, mcp-go lost, TypeScript ok; CR: go-sdk ok, mcp-go lost, TypeScript ok; no colon: go-sdk lost, mcp-go ok, TypeScript ok') {
  console.log('CHANGED: other forms are read, or the plain one is not');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
