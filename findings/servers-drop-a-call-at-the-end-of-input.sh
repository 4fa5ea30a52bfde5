#!/usr/bin/env bash
# Guess:   a stdio server that reads the end of its input answers what it has read and then
#          ends, so that requests from a file or a pipe ("server < requests") are answered.
# Instead: each does something else with a call of half a second that is under way. TypeScript
#          1.x ends it and answers. TypeScript 2.x stops the tool and answers nothing. mcp-go
#          stops the tool and answers with -32603. The Go SDK stops the tool, answers nothing,
#          and with all requests in a file it mostly does not even answer initialize. All exit with 0.
# Where:   github.com/modelcontextprotocol/go-sdk v1.8.0, github.com/mark3labs/mcp-go v1.2.1,
#          npm @modelcontextprotocol/sdk 1.32.2, @modelcontextprotocol/server 2.4.0
# Output:  ts-1: from a file: both answered; call under way: done, answer result
#          ts-2: from a file: both answered; call under way: stopped, answer none
#          mcp-go: from a file: both answered; call under way: stopped, answer -32603
#          go-sdk: from a file: not both answered; call under way: stopped, answer none
# Matters: a shell one-liner that tries one server says nothing about another that is as good.
#          Who closes a server's input ends its calls: a bridge keeps it open until the last
#          answer is there, and answers by itself what the server has left unanswered.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/server@2.4.0 zod@4.6.7
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

	types "github.com/mark3labs/mcp-go/mcp"
	mcpgo "github.com/mark3labs/mcp-go/server"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// slow takes half a second, and tells on standard error when it begins and how it ends.
func slow(ctx context.Context) error {
	fmt.Fprintln(os.Stderr, "started")
	select {
	case <-ctx.Done():
		fmt.Fprintln(os.Stderr, "stopped")
	case <-time.After(time.Second / 2):
		fmt.Fprintln(os.Stderr, "done")
	}
	return ctx.Err()
}

func main() {
	if os.Args[1] == "mcp-go" {
		s := mcpgo.NewMCPServer("s", "1", mcpgo.WithToolCapabilities(true))
		s.AddTool(types.NewTool("slow"), func(ctx context.Context, _ types.CallToolRequest) (*types.CallToolResult, error) {
			return types.NewToolResultText("ok"), slow(ctx)
		})
		mcpgo.ServeStdio(s)
		return
	}
	s := mcp.NewServer(&mcp.Implementation{Name: "s", Version: "1"}, nil)
	mcp.AddTool(s, &mcp.Tool{Name: "slow"}, func(ctx context.Context, _ *mcp.CallToolRequest, _ struct{}) (*mcp.CallToolResult, any, error) {
		return nil, nil, slow(ctx)
	})
	s.Run(context.Background(), &mcp.StdioTransport{})
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
go build -o server .
cat > ts.mjs <<'EOF'
import { z } from 'zod';
const two = process.argv[2] === '2', from = two ? '@modelcontextprotocol/server' : '@modelcontextprotocol/sdk/server/mcp.js';
const { McpServer } = await import(from);
const { StdioServerTransport } = await import(two ? '@modelcontextprotocol/server/stdio' : '@modelcontextprotocol/sdk/server/stdio.js');
const mcp = new McpServer({ name: 's', version: '1' });
mcp.registerTool('slow', { inputSchema: z.object({}) }, (_, ctx) => new Promise((resolve, reject) => {
  console.error('started');
  const timer = setTimeout(() => (console.error('done'), resolve({ content: [{ type: 'text', text: 'ok' }] })), 500);
  (ctx.signal ?? ctx.mcpReq.signal).addEventListener('abort', () => (clearTimeout(timer), console.error('stopped'), reject(new Error('stopped'))));
}));
await mcp.connect(new StdioServerTransport());
EOF
cat > check.mjs <<'EOF'
import { spawn } from 'node:child_process';
import { openSync, writeFileSync } from 'node:fs';
const servers = { 'ts-1': ['node', 'ts.mjs', '1'], 'ts-2': ['node', 'ts.mjs', '2'], 'mcp-go': ['./server', 'mcp-go'], 'go-sdk': ['./server', 'go-sdk'] };
const line = m => JSON.stringify({ jsonrpc: '2.0', ...m }) + '\n';
const hello = [line({ id: 0, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } } }), line({ method: 'notifications/initialized' })];
writeFileSync('requests', hello.join('') + line({ id: 1, method: 'tools/list' }));
function start([command, ...args], input) {
  const child = spawn(command, args, { stdio: [input, 'pipe', 'pipe'] }), read = { out: '', err: '' }, waiting = [];
  for (const [name, stream] of [['out', child.stdout], ['err', child.stderr]])
    stream.on('data', text => { read[name] += text; for (const look of waiting) look(); });
  const has = (name, text) => new Promise(resolve => { const look = () => read[name].includes(text) && resolve(); waiting.push(look); look(); });
  return { child, read, has, end: new Promise(resolve => child.on('close', resolve)) };
}
const seen = [];
for (const [name, command] of Object.entries(servers)) {
  const exits = [];
  let both = 0;
  for (let run = 0; run < 5; run++) {
    const file = start(command, openSync('requests', 'r'));
    exits.push(await file.end);
    if (file.read.out.split('\n').filter(Boolean).length === 2) both++;
  }
  const pipe = start(command, 'pipe');
  pipe.child.stdin.write(hello[0]);
  await pipe.has('out', '"id":0');
  pipe.child.stdin.write(hello[1] + line({ id: 1, method: 'tools/call', params: { name: 'slow', arguments: {} } }));
  await pipe.has('err', 'started');
  pipe.child.stdin.end();
  exits.push(await pipe.end);
  const answer = pipe.read.out.split('\n').filter(Boolean).map(l => JSON.parse(l)).find(m => m.id === 1);
  const end = ['done', 'stopped'].filter(word => pipe.read.err.includes(word)).join();
  seen.push(`${name}: from a file: ${both === 5 ? '' : 'not '}both answered; call under way: ${end}, answer ${answer ? answer.error?.code ?? 'result' : 'none'}${exits.every(code => code === 0) ? '' : `; exits ${exits}`}`);
}
console.log(seen.join('\n'));
if (seen.join('\n') !== `ts-1: from a file: both answered; call under way: done, answer result
ts-2: from a file: both answered; call under way: stopped, answer none
mcp-go: from a file: both answered; call under way: stopped, answer -32603
go-sdk: from a file: not both answered; call under way: stopped, answer none`) {
  console.log('CHANGED: the servers end otherwise');
  process.exit(1);
}
EOF
node check.mjs
