#!/usr/bin/env bash
# Guess:   DELETE of a session ends it at once: its calls are stopped, and their requests end
#          with an error or are closed.
# Instead: only the TypeScript SDK 1.x does so; its client gets status 200 and an empty stream.
#          mcp-go answers 200 at once and lets the call run to its end; the client still gets its
#          answer. The Go SDK does not answer the DELETE before the call has run to its end,
#          and then throws the call's answer away: status 200 and an empty stream.
# Where:   github.com/modelcontextprotocol/go-sdk v1.8.0, github.com/mark3labs/mcp-go v1.2.1,
#          npm @modelcontextprotocol/sdk 1.32.2
# Output:  ts-1: DELETE answered before the call ends; the tool is stopped; its caller gets 200, nothing
#          mcp-go: DELETE answered before the call ends; the tool runs on; its caller gets 200, its answer
#          go-sdk: DELETE answered after the call has ended; the tool runs on; its caller gets 200, nothing
# Matters: a client or bridge that closes with DELETE and waits for the answer is held up by its
#          longest call. A DELETE is no way to cancel, and what was called may have been done.
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
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	types "github.com/mark3labs/mcp-go/mcp"
	mcpgo "github.com/mark3labs/mcp-go/server"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// slow tells what becomes of a call of two seconds.
func slow(ctx context.Context) {
	fmt.Println("started")
	select {
	case <-ctx.Done():
		fmt.Println("stopped")
	case <-time.After(2 * time.Second):
		fmt.Println("ran on")
	}
}

func main() {
	var handler http.Handler
	if os.Args[1] == "mcp-go" {
		s := mcpgo.NewMCPServer("s", "1", mcpgo.WithToolCapabilities(true))
		s.AddTool(types.NewTool("slow"), func(ctx context.Context, _ types.CallToolRequest) (*types.CallToolResult, error) {
			slow(ctx)
			return types.NewToolResultText("an answer"), nil
		})
		handler = mcpgo.NewStreamableHTTPServer(s)
	} else {
		s := mcp.NewServer(&mcp.Implementation{Name: "s", Version: "1"}, nil)
		mcp.AddTool(s, &mcp.Tool{Name: "slow"}, func(ctx context.Context, _ *mcp.CallToolRequest, _ struct{}) (*mcp.CallToolResult, any, error) {
			slow(ctx)
			return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: "an answer"}}}, nil, nil
		})
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
cat > ts.mjs <<'EOF'
import http from 'node:http';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
const mcp = new McpServer({ name: 's', version: '1' });
mcp.registerTool('slow', { inputSchema: z.object({}) }, (_, { signal }) => new Promise(resolve => {
  console.log('started');
  const end = how => (clearTimeout(timer), console.log(how), resolve({ content: [{ type: 'text', text: 'an answer' }] }));
  const timer = setTimeout(end, 2000, 'ran on');
  signal.addEventListener('abort', () => end('stopped'));
}));
const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: randomUUID });
await mcp.connect(transport);
const web = http.createServer((req, res) => transport.handleRequest(req, res));
web.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${web.address().port}/mcp`));
EOF
cat > check.mjs <<'EOF'
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
const seen = [];
for (const name of ['ts-1', 'mcp-go', 'go-sdk']) {
  const [command, args] = name === 'ts-1' ? ['node', ['ts.mjs']] : ['./server', [name]];
  const server = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
  const line = async () => (await lines.next()).value;
  const url = await line(), order = [];
  const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream', 'mcp-protocol-version': '2025-11-25' };
  const post = async message => {
    const res = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ jsonrpc: '2.0', ...message }) });
    headers['mcp-session-id'] ??= res.headers.get('mcp-session-id');
    return `${res.status}, ${/an answer/.test(await res.text()) ? 'its answer' : 'nothing'}`;
  };
  await post({ id: 0, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } } });
  await post({ method: 'notifications/initialized' });
  const call = post({ id: 1, method: 'tools/call', params: { name: 'slow', arguments: {} } });
  await line();
  const began = Date.now();
  await fetch(url, { method: 'DELETE', headers });
  const when = Date.now() - began < 1500 ? 'before the call ends' : 'after the call has ended';
  const end = await line();
  seen.push(`${name}: DELETE answered ${when}; the tool ${end === 'stopped' ? 'is stopped' : 'runs on'}; its caller gets ${await call}`);
  server.kill();
}
console.log(seen.join('\n'));
if (seen.join('\n') !== `ts-1: DELETE answered before the call ends; the tool is stopped; its caller gets 200, nothing
mcp-go: DELETE answered before the call ends; the tool runs on; its caller gets 200, its answer
go-sdk: DELETE answered after the call has ended; the tool runs on; its caller gets 200, nothing`) {
  console.log('CHANGED: sessions end otherwise');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
