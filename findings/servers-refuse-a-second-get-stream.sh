#!/usr/bin/env bash
# Guess:   a session may have several GET streams at a time ("the client MAY remain connected to
#          multiple SSE streams simultaneously"), and each message comes on one of them.
# Instead: TypeScript 1.x and the Go SDK refuse the second with 409. mcp-go accepts it and sends
#          each message on one of the two.
# Where:   github.com/modelcontextprotocol/go-sdk v1.8.0, github.com/mark3labs/mcp-go v1.2.1,
#          npm @modelcontextprotocol/sdk 1.32.2
# Output:  ts-1: first 200, second 409
#          mcp-go: first 200, second 200; of 4 messages 4 came, none twice
#          go-sdk: first 200, second 409
# Matters: a client whose connection broke without the server seeing it (a proxy holds it, a
#          laptop slept) is refused when it comes back, until the server gives the old one up.
#          Take 409 for "later", not for "this server has no stream".
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
	s := mcpgo.NewMCPServer("s", "1", mcpgo.WithToolCapabilities(true))
	var handler http.Handler = mcpgo.NewStreamableHTTPServer(s)
	if os.Args[1] == "go-sdk" {
		s := mcp.NewServer(&mcp.Implementation{Name: "s", Version: "1"}, nil)
		handler = mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return s }, nil)
	}
	http.HandleFunc("/notify", func(_ http.ResponseWriter, r *http.Request) {
		s.SendNotificationToAllClients("notifications/x", map[string]any{"n": r.URL.Query().Get("n")})
	})
	http.Handle("/mcp", handler)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println("http://" + l.Addr().String() + "/mcp")
	http.Serve(l, nil)
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
const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: randomUUID });
await new McpServer({ name: 's', version: '1' }).connect(transport);
const web = http.createServer((req, res) => transport.handleRequest(req, res));
await new Promise(resolve => web.listen(0, '127.0.0.1', resolve));
async function go(name) {
  const server = spawn('./server', [name], { stdio: ['ignore', 'pipe', 'inherit'] });
  process.on('exit', () => server.kill());
  return (await createInterface({ input: server.stdout })[Symbol.asyncIterator]().next()).value;
}
const rows = [];
for (const [name, url] of [['ts-1', `http://127.0.0.1:${web.address().port}/mcp`], ['mcp-go', await go('mcp-go')], ['go-sdk', await go('go-sdk')]]) {
  const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream', 'mcp-protocol-version': '2025-11-25' };
  const post = message => fetch(url, { method: 'POST', headers, body: JSON.stringify({ jsonrpc: '2.0', ...message }) });
  const hello = await post({ id: 0, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } } });
  headers['mcp-session-id'] = hello.headers.get('mcp-session-id');
  await hello.text();
  await (await post({ method: 'notifications/initialized' })).text();
  const streams = [await fetch(url, { headers }), await fetch(url, { headers })];
  let row = `${name}: first ${streams[0].status}, second ${streams[1].status}`;
  if (streams[1].ok) {
    const came = [];
    let all;
    const whole = new Promise(resolve => { all = resolve; });
    for (const { body } of streams) (async () => {
      const read = body.pipeThrough(new TextDecoderStream()).getReader();
      for (let part; !(part = await read.read()).done;) {
        came.push(...[...part.value.matchAll(/"n":"(\d)"/g)].map(m => m[1]));
        if (new Set(came).size === 4) all();
      }
    })();
    for (const n of [1, 2, 3, 4]) await fetch(new URL(`/notify?n=${n}`, url));
    await whole;
    await new Promise(resolve => setTimeout(resolve, 1000)); // a second copy would come right behind
    row += `; of 4 messages ${new Set(came).size} came, ${came.length > 4 ? 'some' : 'none'} twice`;
  }
  rows.push(row);
}
console.log(rows.join('\n'));
if (rows.join('\n') !== `ts-1: first 200, second 409
mcp-go: first 200, second 200; of 4 messages 4 came, none twice
go-sdk: first 200, second 409`) {
  console.log('CHANGED: streams are given otherwise');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
