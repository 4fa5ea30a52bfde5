#!/usr/bin/env bash
# Guess:   trpc-mcp-go's SendProgress sends the progressToken that the call came with; it is
#          what ties progress to a call, and MCP requires it.
# Instead: it sends progress without any token. A TypeScript client refuses each of them as
#          malformed and calls no onprogress; a time limit that progress should put off
#          runs out in the midst of a tool that reports faithfully.
# Where:   trpc.group/trpc-go/trpc-mcp-go v0.0.20, npm @modelcontextprotocol/sdk 1.32.2
# Output:  sent: {"data":{...},"message":"step","progress":0.5}
#          onprogress called: 0 times; errors: ... expected string, received undefined ...
#          call with a limit of 1 s that progress puts off: MCP error -32001: Request timed out
# Matters: a gateway that matches progress to calls by token drops it, or has to guess when
#          one call is open; and a test with a hand-written reader of events sees nothing
#          wrong.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @modelcontextprotocol/sdk@1.32.2
cat > go.mod <<'EOF'
module check
go 1.26
require trpc.group/trpc-go/trpc-mcp-go v0.0.20
EOF
cat > main.go <<'EOF'
package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	mcp "trpc.group/trpc-go/trpc-mcp-go"
)

func main() {
	server := mcp.NewServer("s", "1", mcp.WithServerPath("/mcp"))
	server.RegisterTool(mcp.NewTool("t"), func(ctx context.Context, _ *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		for range 4 {
			if sender, ok := mcp.GetNotificationSender(ctx); ok {
				sender.SendProgress(0.5, "step")
			}
			time.Sleep(500 * time.Millisecond)
		}
		return mcp.NewTextResult("done"), nil
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Printf("http://%s/mcp\n", l.Addr())
	http.Serve(l, server.HTTPHandler())
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
go build -o server .
cat > check.mjs <<'EOF'
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
const child = spawn('./server', { stdio: ['ignore', 'pipe', 'ignore'] });
const url = (await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next()).value;
const transport = new StreamableHTTPClientTransport(new URL(url)), client = new Client({ name: 'c', version: '1' });
let sent, errors = new Set(), called = 0;
await client.connect(transport);
const received = transport.onmessage;
transport.onmessage = (message, extra) => (message.method === 'notifications/progress' && (sent = message.params), received(message, extra));
client.onerror = error => errors.add(error.message);
const outcome = await client.callTool({ name: 't', arguments: {} }, undefined, { onprogress: () => called++, timeout: 1000, resetTimeoutOnProgress: true })
  .then(() => 'answered', error => error.message);
await client.close().catch(() => {});
child.kill();
const all = [...errors].join('\n');
console.log(`sent: ${JSON.stringify(sent)}\nonprogress called: ${called} times; errors: ${all.replace(/\s+/g, ' ').slice(0, 300)}`);
console.log(`call with a limit of 1 s that progress puts off: ${outcome}`);
if (!sent || 'progressToken' in sent || called || !outcome.includes('timed out')) {
  console.log('CHANGED: progress has its token');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
