#!/usr/bin/env bash
# Guess:   in revision 2025-11-25 a call is stopped by notifications/cancelled and by nothing
#          else: "disconnection SHOULD NOT be interpreted as the client cancelling".
# Instead: it is so in servers with sessions only. One without sessions answers 202 to the
#          cancellation, which reaches no call, as each request has a server of its own, and
#          the tool runs on. There closing the connection of the call stops it with the
#          TypeScript SDKs (1.x and 2.x), and with the Go SDK nothing does.
# Where:   npm fastify-mcp 3.0.0, mcp-handler 2.4.0, @modelcontextprotocol/sdk 1.32.2,
#          github.com/modelcontextprotocol/go-sdk v1.8.0
# Output:  fastify-mcp, sessions:    cancelled -> stopped;  closed -> ran to its end
#          fastify-mcp, no sessions: cancelled -> ran to its end;  closed -> stopped
#          mcp-handler, no sessions: cancelled -> ran to its end;  closed -> stopped
#          go-sdk, sessions:         cancelled -> stopped;  closed -> ran to its end
#          go-sdk, no sessions:      cancelled -> ran to its end;  closed -> ran to its end
# Matters: a client or a bridge that wants a call stopped does both: sends the notification
#          and closes the stream, and still counts on the call to run on. A gateway's idle
#          timeout or a short loss of the network ends the work on some servers only.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts fastify-mcp@3.0.0 fastify@5 mcp-handler@2.4.0 @modelcontextprotocol/sdk@1.32.2 \
  @remix-run/node-fetch-server@0.14.2 zod@4.6.7
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
	"net"
	"net/http"
	"os"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

func main() {
	s := mcp.NewServer(&mcp.Implementation{Name: "s", Version: "1"}, nil)
	mcp.AddTool(s, &mcp.Tool{Name: "slow"}, func(ctx context.Context, _ *mcp.CallToolRequest, in struct {
		Way string `json:"way"`
	}) (*mcp.CallToolResult, any, error) {
		fmt.Println(in.Way, "-> started")
		end := "ran to its end"
		select {
		case <-ctx.Done():
			end = "stopped"
		case <-time.After(2 * time.Second):
		}
		fmt.Println(in.Way, "->", end)
		return &mcp.CallToolResult{Content: []mcp.Content{}}, nil, nil
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Printf("http://%s/mcp\n", l.Addr())
	http.Serve(l, mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return s },
		&mcp.StreamableHTTPOptions{Stateless: os.Args[1] == "stateless"}))
}
EOF
go mod tidy >/dev/null 2>&1
go build -o server .
cat > tool.mjs <<'EOF'
import { z } from 'zod';
export const register = server => server.registerTool('slow', { inputSchema: z.object({ way: z.string() }) }, ({ way }, extra) => new Promise(resolve => {
  console.log(way, '-> started');
  const signal = extra.signal ?? extra.mcpReq.signal;
  const end = how => {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    console.log(way, '->', how);
    resolve({ content: [] });
  };
  const stop = () => end('stopped'), timer = setTimeout(end, 2000, 'ran to its end');
  signal.addEventListener('abort', stop);
}));
EOF
cat > fastify.mjs <<'EOF'
import { fastify } from 'fastify';
import { Sessions, streamableHttp } from 'fastify-mcp';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { register } from './tool.mjs';
const app = fastify();
app.register(streamableHttp, { stateful: process.argv[2] === 'stateful', mcpEndpoint: '/mcp', sessions: new Sessions(), createServer() {
  const mcp = new McpServer({ name: 's', version: '1' });
  register(mcp);
  return mcp.server;
} });
console.log(await app.listen({ host: '127.0.0.1', port: 0 }) + '/mcp');
EOF
cat > handler.mjs <<'EOF'
import { createServer } from 'node:http';
import { createRequestListener } from '@remix-run/node-fetch-server';
import { createMcpHandler } from 'mcp-handler';
import { register } from './tool.mjs';
const server = createServer(createRequestListener(createMcpHandler(register, {}, { basePath: '' })));
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/mcp`));
EOF
cat > check.mjs <<'EOF'
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
const node = process.execPath;
const servers = {
  'fastify-mcp, sessions': [[node, 'fastify.mjs', 'stateful'], 'cancelled -> stopped;  closed -> ran to its end'],
  'fastify-mcp, no sessions': [[node, 'fastify.mjs', 'stateless'], 'cancelled -> ran to its end;  closed -> stopped'],
  'mcp-handler, no sessions': [[node, 'handler.mjs'], 'cancelled -> ran to its end;  closed -> stopped'],
  'go-sdk, sessions': [['./server', 'stateful'], 'cancelled -> stopped;  closed -> ran to its end'],
  'go-sdk, no sessions': [['./server', 'stateless'], 'cancelled -> ran to its end;  closed -> ran to its end'],
};
let failed = false;
setTimeout(() => (console.log('CHANGED: a server said nothing for two minutes'), process.exit(1)), 120_000).unref();
for (const [name, [command, want]] of Object.entries(servers)) {
  const child = spawn(command[0], command.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async () => (await lines.next()).value;
  const url = await line();
  let session = {};
  const post = async (message, signal) => {
    const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream', 'mcp-protocol-version': '2025-11-25', ...session };
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ jsonrpc: '2.0', ...message }), signal });
    const id = answer.headers.get('mcp-session-id');
    if (id) session = { 'mcp-session-id': id };
    return answer;
  };
  await (await post({ id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } } })).text();
  await (await post({ method: 'notifications/initialized' })).text();
  const seen = [];
  for (const [id, way] of [[2, 'cancelled'], [3, 'closed']]) {
    const abort = new AbortController();
    post({ id, method: 'tools/call', params: { name: 'slow', arguments: { way } } }, abort.signal).then(answer => answer.text()).catch(() => {});
    await line(); // started
    if (way === 'closed') abort.abort();
    else await (await post({ method: 'notifications/cancelled', params: { requestId: id } })).text();
    seen.push(await line());
  }
  child.kill();
  console.log(`${name}: ${seen.join(';  ')}`);
  if (seen.join(';  ') !== want) (failed = true), console.log('CHANGED: expected ' + want);
}
process.exit(failed ? 1 : 0);
EOF
node check.mjs
