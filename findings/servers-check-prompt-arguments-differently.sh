#!/usr/bin/env bash
# Guess:   prompts/get without an argument that the prompt declares as required is refused with
#          -32602, and a prompt that does not exist is too: the specification has both.
# Instead: the Go SDK and mcp-go check nothing: the prompt's handler is called without the
#          argument, and the user gets a prompt with a hole in it. fastmcp says -32600, and
#          -32601 "method not found" for an unknown prompt. TypeScript 1.x and 2.x do as guessed.
# Where:   github.com/modelcontextprotocol/go-sdk v1.8.0, github.com/mark3labs/mcp-go v1.2.1,
#          npm @modelcontextprotocol/sdk 1.32.2, @modelcontextprotocol/server 2.4.0, fastmcp 4.20.16
# Output:  ts-1: without its argument -32602, unknown prompt -32602
#          ts-2: without its argument -32602, unknown prompt -32602
#          fastmcp: without its argument -32600, unknown prompt -32601
#          mcp-go: without its argument "review ", unknown prompt -32602
#          go-sdk: without its argument "review ", unknown prompt -32602
# Matters: the same client code asks the user for what is missing at one server and sends half
#          a prompt to the model at another. A handler in Go checks its arguments itself.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/server@2.4.0 fastmcp@4.20.16 zod@4.6.7
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
	"os"

	types "github.com/mark3labs/mcp-go/mcp"
	mcpgo "github.com/mark3labs/mcp-go/server"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

func main() {
	if os.Args[1] == "mcp-go" {
		s := mcpgo.NewMCPServer("s", "1", mcpgo.WithPromptCapabilities(true))
		s.AddPrompt(types.NewPrompt("p", types.WithArgument("file", types.RequiredArgument())), func(_ context.Context, r types.GetPromptRequest) (*types.GetPromptResult, error) {
			text := types.NewTextContent("review " + r.Params.Arguments["file"])
			return types.NewGetPromptResult("", []types.PromptMessage{types.NewPromptMessage(types.RoleUser, text)}), nil
		})
		mcpgo.ServeStdio(s)
		return
	}
	s := mcp.NewServer(&mcp.Implementation{Name: "s", Version: "1"}, nil)
	s.AddPrompt(&mcp.Prompt{Name: "p", Arguments: []*mcp.PromptArgument{{Name: "file", Required: true}}}, func(_ context.Context, r *mcp.GetPromptRequest) (*mcp.GetPromptResult, error) {
		text := &mcp.TextContent{Text: "review " + r.Params.Arguments["file"]}
		return &mcp.GetPromptResult{Messages: []*mcp.PromptMessage{{Role: "user", Content: text}}}, nil
	})
	s.Run(context.Background(), &mcp.StdioTransport{})
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
go build -o server .
cat > ts.mjs <<'EOF'
import { z } from 'zod';
if (process.argv[2] === 'fastmcp') {
  const { FastMCP } = await import('fastmcp');
  const mcp = new FastMCP({ name: 's', version: '1.0.0' });
  mcp.addPrompt({ name: 'p', arguments: [{ name: 'file', required: true }], load: async ({ file }) => `review ${file}` });
  await mcp.start({ transportType: 'stdio' });
} else {
  const two = process.argv[2] === 'ts-2';
  const { McpServer } = await import(two ? '@modelcontextprotocol/server' : '@modelcontextprotocol/sdk/server/mcp.js');
  const { StdioServerTransport } = await import(two ? '@modelcontextprotocol/server/stdio' : '@modelcontextprotocol/sdk/server/stdio.js');
  const mcp = new McpServer({ name: 's', version: '1' }), args = { file: z.string() };
  mcp.registerPrompt('p', { argsSchema: two ? z.object(args) : args }, ({ file }) => ({ messages: [{ role: 'user', content: { type: 'text', text: `review ${file}` } }] }));
  await mcp.connect(new StdioServerTransport());
}
EOF
cat > check.mjs <<'EOF'
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
const seen = [];
for (const name of ['ts-1', 'ts-2', 'fastmcp', 'mcp-go', 'go-sdk']) {
  const [command, args] = /go/.test(name) ? ['./server', [name]] : ['node', ['ts.mjs', name]];
  const server = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'] }), answers = {};
  createInterface({ input: server.stdout }).on('line', line => { const m = JSON.parse(line); answers[m.id]?.(m); });
  const send = m => server.stdin.write(JSON.stringify({ jsonrpc: '2.0', ...m }) + '\n');
  const ask = (id, method, params) => new Promise(resolve => { answers[id] = resolve; send({ id, method, params }); });
  await ask(0, 'initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } });
  send({ method: 'notifications/initialized' });
  const short = m => m.error?.code ?? JSON.stringify(m.result.messages[0].content.text);
  seen.push(`${name}: without its argument ${short(await ask(1, 'prompts/get', { name: 'p', arguments: {} }))}, unknown prompt ${short(await ask(2, 'prompts/get', { name: 'q', arguments: {} }))}`);
  server.stdin.end();
  server.kill();
}
console.log(seen.join('\n'));
if (seen.join('\n') !== `ts-1: without its argument -32602, unknown prompt -32602
ts-2: without its argument -32602, unknown prompt -32602
fastmcp: without its argument -32600, unknown prompt -32601
mcp-go: without its argument "review ", unknown prompt -32602
go-sdk: without its argument "review ", unknown prompt -32602`) {
  console.log('CHANGED: other answers');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
