#!/usr/bin/env bash
# Guess:   a tool's output schema tells what it gives when it succeeds; a result with isError is
#          handed over as it is, since a failure has other fields than a success.
# Instead: a TypeScript client 1.x holds the structured content of a failed call against the
#          schema, too, and throws -32602 in the place of the result: what went wrong is gone.
#          The clients 2.x, of the AI SDK and of the Go SDK hand the error over.
# Where:   npm @modelcontextprotocol/sdk 1.32.2, @modelcontextprotocol/client 2.4.0, @ai-sdk/mcp
#          2.0.99; github.com/modelcontextprotocol/go-sdk v1.8.0
# Output:  ts-1: throws -32602; ts-2, ai-sdk, go-sdk: isError, "table not found"
# Matters: a server that tells its errors in a structured way is at its worst just when
#          something fails. Leave structuredContent out of results with isError.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/client@2.4.0 @ai-sdk/mcp@2.0.99 zod@4.6.7
cat > go.mod <<'EOF'
module check
go 1.26
require github.com/modelcontextprotocol/go-sdk v1.8.0
EOF
cat > main.go <<'EOF'
package main

import (
	"context"
	"encoding/json"
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
	result, err := session.CallTool(ctx, &mcp.CallToolParams{Name: "count", Arguments: map[string]any{}})
	if err != nil {
		panic(err)
	}
	json.NewEncoder(os.Stdout).Encode(result)
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
go build -o client .
cat > check.mjs <<'EOF'
import http from 'node:http';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import * as one from '@modelcontextprotocol/sdk/client/index.js';
import * as http1 from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import * as two from '@modelcontextprotocol/client';
import { createMCPClient } from '@ai-sdk/mcp';
const web = http.createServer(async (req, res) => {
  let body = '';
  for await (const piece of req) body += piece;
  if (req.method !== 'POST') return res.writeHead(405).end();
  const { id, method, params } = JSON.parse(body);
  if (id === undefined) return res.writeHead(202).end();
  const results = {
    initialize: { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } },
    'tools/list': { tools: [{ name: 'count', inputSchema: { type: 'object' }, outputSchema: { type: 'object', properties: { rows: { type: 'integer' } }, required: ['rows'] } }] },
    'tools/call': { isError: true, content: [{ type: 'text', text: 'table not found' }], structuredContent: { code: 'TABLE_NOT_FOUND' } },
  };
  res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, ...(results[method] ? { result: results[method] } : { error: { code: -32601, message: 'Method not found' } }) }));
});
await new Promise(resolve => web.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${web.address().port}/mcp`;
const sdk = (Client, Transport) => async () => {
  const client = new Client({ name: 'c', version: '1' });
  await client.connect(new Transport(new URL(url)));
  await client.listTools();
  return client.callTool({ name: 'count', arguments: {} });
};
const clients = {
  'ts-1': sdk(one.Client, http1.StreamableHTTPClientTransport), 'ts-2': sdk(two.Client, two.StreamableHTTPClientTransport),
  'ai-sdk': async () => (await (await createMCPClient({ transport: { type: 'http', url } })).tools()).count.execute({}, { messages: [], toolCallId: '1' }),
  'go-sdk': async () => JSON.parse((await promisify(execFile)('./client', [url])).stdout),
};
const rows = [];
for (const [name, call] of Object.entries(clients))
  rows.push(`${name}: ${await call().then(r => `${r.isError ? 'isError' : 'no error'}, "${r.content[0].text}"`, error => `throws ${error.code}`)}`);
console.log(rows.join('\n'));
if (rows.join('; ') !== 'ts-1: throws -32602; ts-2: isError, "table not found"; ai-sdk: isError, "table not found"; go-sdk: isError, "table not found"') {
  console.log('CHANGED: failed calls are handed over otherwise');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
