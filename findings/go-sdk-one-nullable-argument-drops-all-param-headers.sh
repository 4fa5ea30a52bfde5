#!/usr/bin/env bash
# Guess:   in 2026-07-28 a client sends an argument marked with x-mcp-header as an Mcp-Param
#          header as well, whatever the tool's other arguments look like.
# Instead: the Go SDK client reads the whole schema as if each type were one word and each
#          argument an object. One other argument of type ["integer","null"], or one whose
#          schema is true, both plain JSON Schema, and it finds no marks at all: no headers are
#          sent, nothing is logged, and a TypeScript server refuses each call with -32020.
#          The TypeScript client of the same tools sends the header.
# Where:   github.com/modelcontextprotocol/go-sdk v1.8.0; npm @modelcontextprotocol/client 2.4.0,
#          @modelcontextprotocol/server 2.4.0
# Output:  region alone: Go sends eu, 200; TypeScript sends eu, 200
#          beside ["integer","null"]: Go sends no header, 400 -32020; TypeScript sends eu, 200
#          beside true: Go sends no header, 400 -32020; TypeScript sends eu, 200
# Matters: every optional argument of Python is published as nullable, so that a tool with a mark
#          works in one client and never in the other. A bridge that sends the headers anew
#          from the message and the listed schema heals it.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @modelcontextprotocol/client@2.4.0 @modelcontextprotocol/server@2.4.0 zod@4.6.7
cat > go.mod <<'EOF'
module check
go 1.26
require github.com/modelcontextprotocol/go-sdk v1.8.0
EOF
cat > main.go <<'EOF'
package main

import (
	"context"
	"os"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

func main() {
	ctx := context.Background()
	session, err := mcp.NewClient(&mcp.Implementation{Name: "c", Version: "1"}, nil).Connect(ctx, &mcp.StreamableClientTransport{Endpoint: os.Args[1]}, nil)
	if err != nil {
		panic(err)
	}
	if _, err := session.ListTools(ctx, nil); err != nil {
		panic(err)
	}
	session.CallTool(ctx, &mcp.CallToolParams{Name: "t", Arguments: map[string]any{"region": "eu"}})
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
go build -o client .
cat > check.mjs <<'EOF'
import http from 'node:http';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { McpServer, createMcpHandler, fromJsonSchema } from '@modelcontextprotocol/server';
const region = { type: 'string', 'x-mcp-header': 'Region' };
const rows = [];
for (const [what, properties] of [['region alone', { region }], ['beside ["integer","null"]', { region, limit: { type: ['integer', 'null'] } }], ['beside true', { region, note: true }]]) {
  const handler = createMcpHandler(() => {
    const mcp = new McpServer({ name: 's', version: '1' });
    mcp.registerTool('t', { inputSchema: fromJsonSchema({ type: 'object', properties }) }, async () => ({ content: [] }));
    return mcp;
  });
  let call;
  const web = http.createServer(async (req, res) => {
    let body = '';
    for await (const piece of req) body += piece;
    const answer = await handler.fetch(new Request('http://127.0.0.1/', { method: req.method, headers: req.headers, body: body || undefined }));
    const text = await answer.text();
    if (body.includes('"tools/call"')) call = `sends ${req.headers['mcp-param-region'] ?? 'no header'}, ${answer.status}${text.includes('-32020') ? ' -32020' : ''}`;
    res.writeHead(answer.status, Object.fromEntries(answer.headers)).end(text);
  });
  await new Promise(resolve => web.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${web.address().port}/`;
  await promisify(execFile)('./client', [url]);
  const go = call;
  const client = new Client({ name: 'c', version: '1' }, { versionNegotiation: { mode: 'auto' } });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  await client.listTools();
  await client.callTool({ name: 't', arguments: { region: 'eu' } });
  rows.push(`${what}: Go ${go}; TypeScript ${call}`);
  await client.close();
  web.close();
}
console.log(rows.join('\n'));
if (rows.join('\n') !== `region alone: Go sends eu, 200; TypeScript sends eu, 200
beside ["integer","null"]: Go sends no header, 400 -32020; TypeScript sends eu, 200
beside true: Go sends no header, 400 -32020; TypeScript sends eu, 200`) {
  console.log('CHANGED: other headers are sent');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
