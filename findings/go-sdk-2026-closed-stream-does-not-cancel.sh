#!/usr/bin/env bash
# Guess:   in revision 2026-07-28 a client cancels a call over HTTP by closing its response
#          stream, and the server's tool is stopped: that is the only way to cancel there.
# Instead: a stateless Go SDK server, which is how it serves that revision, lets the tool run
#          to its end: the tool's context does not follow the request. A notifications/cancelled
#          beside it changes nothing, as there is no session to find the call in. mcp-go and
#          the TypeScript SDK 2.x stop the tool when the stream is closed.
# Where:   github.com/modelcontextprotocol/go-sdk v1.8.0, github.com/mark3labs/mcp-go v1.2.1,
#          npm @modelcontextprotocol/server 2.4.0
# Output:  go-sdk: ran on; go-sdk, cancelled sent as well: ran on; mcp-go: stopped; TypeScript: stopped
# Matters: a bridge that cancels as the specification says frees its own side only; the call
#          goes on, may still change things, and must not be taken for undone.
# A tool that is not stopped runs for three seconds.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @modelcontextprotocol/server@2.4.0 zod@4.6.7
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

// slow tells what becomes of a call.
func slow(ctx context.Context) {
	fmt.Println("started")
	select {
	case <-ctx.Done():
		fmt.Println("stopped")
	case <-time.After(3 * time.Second):
		fmt.Println("ran on")
	}
}

func main() {
	var handler http.Handler
	if os.Args[1] == "mcp-go" {
		s := mcpgo.NewMCPServer("s", "1", mcpgo.WithToolCapabilities(true))
		s.AddTool(types.NewTool("slow"), func(ctx context.Context, _ types.CallToolRequest) (*types.CallToolResult, error) {
			slow(ctx)
			return types.NewToolResultText(""), nil
		})
		handler = mcpgo.NewStreamableHTTPServer(s)
	} else {
		s := mcp.NewServer(&mcp.Implementation{Name: "s", Version: "1"}, nil)
		mcp.AddTool(s, &mcp.Tool{Name: "slow"}, func(ctx context.Context, _ *mcp.CallToolRequest, _ struct{}) (*mcp.CallToolResult, any, error) {
			slow(ctx)
			return nil, nil, nil
		})
		handler = mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return s }, &mcp.StreamableHTTPOptions{Stateless: true})
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println("http://" + l.Addr().String() + "/")
	http.Serve(l, handler)
}
EOF
go mod tidy >/dev/null 2>&1
go build -o server .
cat > ts.mjs <<'EOF'
import http from 'node:http';
import { z } from 'zod';
import { McpServer, createMcpHandler } from '@modelcontextprotocol/server';
const handler = createMcpHandler(() => {
  const mcp = new McpServer({ name: 's', version: '1' });
  mcp.registerTool('slow', { inputSchema: z.object({}) }, (_, { mcpReq }) => {
    console.log('started');
    return new Promise(resolve => {
      const end = how => (console.log(how), clearTimeout(timer), resolve({ content: [] }));
      const timer = setTimeout(end, 3000, 'ran on');
      mcpReq.signal.addEventListener('abort', () => end('stopped'));
    });
  });
  return mcp;
});
const web = http.createServer(async (req, res) => {
  let body = '';
  for await (const chunk of req) body += chunk;
  const gone = new AbortController();
  res.on('close', () => gone.abort());
  const answer = await handler.fetch(new Request('http://127.0.0.1/', { method: req.method, headers: req.headers, body, signal: gone.signal }));
  res.writeHead(answer.status, Object.fromEntries(answer.headers));
  const reader = answer.body.getReader();
  res.on('close', () => reader.cancel().catch(() => {}));
  for (let part; !(part = await reader.read()).done; ) res.write(part.value);
  res.end();
});
web.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${web.address().port}/`));
EOF
cat > check.mjs <<'EOF'
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
const _meta = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientInfo': { name: 'c', version: '1' }, 'io.modelcontextprotocol/clientCapabilities': {} };
const post = (url, message, signal) => fetch(url, {
  method: 'POST', signal, body: JSON.stringify({ jsonrpc: '2.0', ...message }),
  headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', 'mcp-protocol-version': '2026-07-28', 'mcp-method': message.method, ...(message.params.name && { 'mcp-name': message.params.name }) },
});
async function run(command, alsoCancel) {
  const server = spawn(command[0], command.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
  const line = async () => (await lines.next()).value;
  const url = await line();
  const closing = new AbortController();
  const call = post(url, { id: 1, method: 'tools/call', params: { name: 'slow', arguments: {}, _meta } }, closing.signal).then(r => r.text()).then(t => 'answer ' + t, e => e.name);
  const first = await Promise.race([line(), call]);
  if (first !== 'started') throw new Error('the call did not start: ' + first);
  closing.abort();
  await call;
  if (alsoCancel) await post(url, { method: 'notifications/cancelled', params: { requestId: 1, _meta } }).then(r => r.text());
  const seen = await line();
  server.kill();
  return seen;
}
const seen = [
  'go-sdk: ' + (await run(['./server', 'go-sdk'], false)),
  'go-sdk, cancelled sent as well: ' + (await run(['./server', 'go-sdk'], true)),
  'mcp-go: ' + (await run(['./server', 'mcp-go'], false)),
  'TypeScript: ' + (await run([process.execPath, 'ts.mjs'], false)),
].join('; ');
console.log(seen);
if (seen !== 'go-sdk: ran on; go-sdk, cancelled sent as well: ran on; mcp-go: stopped; TypeScript: stopped') {
  console.log('CHANGED: other servers stop the tool');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
