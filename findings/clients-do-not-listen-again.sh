#!/usr/bin/env bash
# Guess:   a client that wants to hear of changes opens its stream again when the network has ended
#          it. So do the TypeScript and Go clients with the GET stream of 2025-11-25.
# Instead: in 2026-07-28, with the same option of the same clients (listChanged, and
#          ToolListChangedHandler), the stream is subscriptions/listen, and neither asks for it
#          again. The session goes on, calls work, and for the rest of it no change is heard.
#          TypeScript tells its onerror that a stream was disconnected; the Go client says nothing.
# Where:   npm @modelcontextprotocol/client 2.4.0, server 2.4.0; @modelcontextprotocol/sdk 1.32.2;
#          github.com/modelcontextprotocol/go-sdk v1.8.0
# Output:  ts-2, 2025-11-25: streams 2, of two changes 2 heard
#          ts-2, 2026-07-28: streams 1, of two changes 1 heard
#          go-sdk, 2025-11-25: streams 2, of two changes 2 heard
#          go-sdk, 2026-07-28: streams 1, of two changes 1 heard
# Matters: each proxy ends a quiet stream after a minute or an hour, so the newer revision hears of
#          changes for that long and no longer. A client calls listen again when it has ended; a
#          proxy in between does it for the client, as long as the client's own stream stands.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @modelcontextprotocol/client@2.4.0 @modelcontextprotocol/server@2.4.0 @modelcontextprotocol/sdk@1.32.2
cat > go.mod <<'EOF'
module check
go 1.26
require github.com/modelcontextprotocol/go-sdk v1.8.0
EOF
cat > main.go <<'EOF'
package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// main connects to its argument and prints a line for each change that it hears of, until its input ends.
func main() {
	client := mcp.NewClient(&mcp.Implementation{Name: "c", Version: "1"}, &mcp.ClientOptions{
		ToolListChangedHandler: func(context.Context, *mcp.ToolListChangedRequest) { fmt.Println("changed") },
	})
	session, err := client.Connect(context.Background(), &mcp.StreamableClientTransport{Endpoint: os.Args[1]}, nil)
	if err != nil {
		panic(err)
	}
	fmt.Println(session.InitializeResult().ProtocolVersion)
	io.Copy(io.Discard, os.Stdin)
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
go build -o client .
cat > check.mjs <<'EOF'
import http from 'node:http';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { McpServer, createMcpHandler } from '@modelcontextprotocol/server';
import { Server as OldServer } from '@modelcontextprotocol/sdk/server/index.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
const pause = ms => new Promise(resolve => setTimeout(resolve, ms));
const capabilities = { tools: { listChanged: true } };
// serve is a server of one revision behind what ends its first stream after half a second, as a proxy does.
async function serve(version) {
  let streams = 0, change, answer;
  const cut = res => { if (++streams === 1) setTimeout(() => res.destroy(), 500); };
  if (version === '2026-07-28') {
    const handler = createMcpHandler(() => new McpServer({ name: 's', version: '1' }, { capabilities }));
    change = () => handler.notify.toolsChanged();
    answer = async (req, res, body) => {
      const response = await handler.fetch(new Request('http://127.0.0.1/', { method: req.method, headers: req.headers, body: body || undefined }));
      res.writeHead(response.status, Object.fromEntries(response.headers));
      res.flushHeaders();
      if (body.includes('subscriptions/listen')) cut(res);
      for await (const piece of response.body ?? []) if (!res.destroyed) res.write(piece);
      res.end();
    };
  } else {
    const server = new OldServer({ name: 's', version: '1' }, { capabilities });
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: randomUUID });
    await server.connect(transport);
    change = () => server.sendToolListChanged();
    answer = async (req, res, body) => {
      if (req.method === 'GET') cut(res);
      await transport.handleRequest(req, res, body ? JSON.parse(body) : undefined);
    };
  }
  const web = http.createServer(async (req, res) => {
    let body = '';
    for await (const piece of req) body += piece;
    await answer(req, res, body).catch(() => res.destroy());
  });
  await new Promise(resolve => web.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${web.address().port}/`, change, streams: () => streams };
}
const clients = {
  'ts-2': async (url, heard) => {
    const client = new Client({ name: 'c', version: '1' }, { versionNegotiation: { mode: 'auto' }, listChanged: { tools: { autoRefresh: false, debounceMs: 0, onChanged: heard } } });
    await client.connect(new StreamableHTTPClientTransport(new URL(url)));
    return client.getNegotiatedProtocolVersion();
  },
  'go-sdk': async (url, heard) => {
    const lines = createInterface({ input: spawn('./client', [url], { stdio: ['pipe', 'pipe', 'inherit'] }).stdout });
    const version = await new Promise(resolve => lines.once('line', resolve));
    lines.on('line', heard);
    return version;
  },
};
const rows = [];
for (const [name, connect] of Object.entries(clients)) for (const version of ['2025-11-25', '2026-07-28']) {
  const server = await serve(version);
  let heard = 0;
  const spoken = await connect(server.url, () => { heard++; });
  for (let i = 0; server.streams() === 0 && i < 50; i++) await pause(10);
  await pause(100);
  server.change(); // while the first stream stands
  await pause(6000);
  server.change(); // long after it was ended
  await pause(500);
  rows.push(`${name}, ${spoken}: streams ${server.streams()}, of two changes ${heard} heard`);
}
console.log(rows.join('\n'));
const as = rows.join('\n') === `ts-2, 2025-11-25: streams 2, of two changes 2 heard
ts-2, 2026-07-28: streams 1, of two changes 1 heard
go-sdk, 2025-11-25: streams 2, of two changes 2 heard
go-sdk, 2026-07-28: streams 1, of two changes 1 heard`;
if (!as) console.log('CHANGED: streams are opened again otherwise');
process.exit(as ? 0 : 1);
EOF
node check.mjs
