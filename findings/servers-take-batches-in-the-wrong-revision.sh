#!/usr/bin/env bash
# Guess:   a server that agrees on 2025-03-26 takes batches, which that revision says it MUST
#          receive, and one that agrees on 2025-11-25 refuses them, since they were taken out.
# Instead: only the Go SDK does so. mcp-go agrees on 2025-03-26 and answers each batch with 400 and
#          -32700 "request body is not valid json". TypeScript 1.x answers batches in every
#          revision.
# Where:   github.com/modelcontextprotocol/go-sdk v1.8.0, github.com/mark3labs/mcp-go v1.2.1,
#          npm @modelcontextprotocol/sdk 1.32.2
# Output:  ts-1: 2025-03-26: 200, 2 answers; 2025-11-25: 200, 2 answers
#          mcp-go: 2025-03-26: 400 -32700; 2025-11-25: 400 -32700
#          go-sdk: 2025-03-26: 200, 2 answers; 2025-11-25: 400
# Matters: neither the agreed revision nor a test against one server tells whether an array will be
#          read. A bridge takes a client's array apart, and a policy looks into every
#          element, also where the revision has no arrays.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @modelcontextprotocol/sdk@1.32.2 zod@4.6.7
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
	"fmt"
	"net"
	"net/http"
	"os"

	mcpgo "github.com/mark3labs/mcp-go/server"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

func main() {
	var handler http.Handler = mcpgo.NewStreamableHTTPServer(mcpgo.NewMCPServer("s", "1"))
	if os.Args[1] == "go-sdk" {
		s := mcp.NewServer(&mcp.Implementation{Name: "s", Version: "1"}, nil)
		handler = mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return s }, nil)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println("http://" + l.Addr().String() + "/mcp")
	http.Serve(l, handler)
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
go build -o server .
cat > check.mjs <<'EOF'
import http from 'node:http';
import { randomUUID } from 'node:crypto';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
const sessions = {};
const web = http.createServer(async (req, res) => {
  let transport = sessions[req.headers['mcp-session-id']];
  if (!transport) {
    transport = new StreamableHTTPServerTransport({ sessionIdGenerator: randomUUID, onsessioninitialized: id => { sessions[id] = transport; } });
    await new McpServer({ name: 's', version: '1' }).connect(transport);
  }
  await transport.handleRequest(req, res);
});
await new Promise(resolve => web.listen(0, '127.0.0.1', resolve));
async function go(name) {
  const server = spawn('./server', [name], { stdio: ['ignore', 'pipe', 'inherit'] });
  process.on('exit', () => server.kill());
  return (await createInterface({ input: server.stdout })[Symbol.asyncIterator]().next()).value;
}
const rows = [];
for (const [name, url] of [['ts-1', `http://127.0.0.1:${web.address().port}/mcp`], ['mcp-go', await go('mcp-go')], ['go-sdk', await go('go-sdk')]]) {
  const row = [];
  for (const version of ['2025-03-26', '2025-11-25']) {
    const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream', 'mcp-protocol-version': version };
    const post = message => fetch(url, { method: 'POST', headers, body: JSON.stringify(message) });
    const hello = await post({ jsonrpc: '2.0', id: 0, method: 'initialize', params: { protocolVersion: version, capabilities: {}, clientInfo: { name: 'c', version: '1' } } });
    headers['mcp-session-id'] = hello.headers.get('mcp-session-id');
    const agreed = (await hello.text()).match(/"protocolVersion":"(.*?)"/)[1];
    await post({ jsonrpc: '2.0', method: 'notifications/initialized' });
    const answer = await post([1, 2].map(id => ({ jsonrpc: '2.0', id, method: 'ping' })));
    const text = await answer.text(), code = text.match(/"code":(-\d+)/)?.[1];
    row.push(`${agreed}: ${answer.status}${answer.ok ? `, ${text.match(/"result"/g).length} answers` : code ? ` ${code}` : ''}`);
  }
  rows.push(`${name}: ${row.join('; ')}`);
}
console.log(rows.join('\n'));
if (rows.join('\n') !== `ts-1: 2025-03-26: 200, 2 answers; 2025-11-25: 200, 2 answers
mcp-go: 2025-03-26: 400 -32700; 2025-11-25: 400 -32700
go-sdk: 2025-03-26: 200, 2 answers; 2025-11-25: 400`) {
  console.log('CHANGED: batches are taken otherwise');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
