#!/usr/bin/env bash
# Guess:   a server refuses a tools/call whose arguments do not fit the inputSchema it
#          published, and lets an argument pass that the schema does not mention.
# Instead: three SDKs, three rules, for the plain way of writing the same tool with one
#          required number "n". An argument too many: the Go SDK refuses the call, the
#          TypeScript SDK drops the argument without a word, mcp-go hands it to the tool.
#          A required one missing, or a text for the number: the first two refuse, mcp-go
#          runs the tool all the same.
# Where:   npm @modelcontextprotocol/sdk 1.32.2, github.com/modelcontextprotocol/go-sdk v1.8.0,
#          github.com/mark3labs/mcp-go v1.2.1
# Output:  TypeScript: extra -> tool got {"n":1}; missing -> refused; text -> refused
#          go-sdk: extra -> refused; missing -> refused; text -> refused
#          mcp-go: extra -> tool got {"n":1,"x":2}; missing -> tool got {}; text -> tool got {"n":"1"}
# Matters: a bridge must not add an argument of its own, nor count on the server for
#          checking; a policy that looks at arguments sees some that the tool never gets.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @modelcontextprotocol/sdk@1.32.2 zod@4.6.7
cat > go.mod <<'END'
module check
go 1.26
require (
	github.com/mark3labs/mcp-go v1.2.1
	github.com/modelcontextprotocol/go-sdk v1.8.0
)
END
cat > main.go <<'END'
package main

import (
	"context"
	"encoding/json"
	"os"

	types "github.com/mark3labs/mcp-go/mcp"
	mcpgo "github.com/mark3labs/mcp-go/server"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

func main() {
	ctx := context.Background()
	if os.Args[1] == "go-sdk" {
		s := mcp.NewServer(&mcp.Implementation{Name: "s", Version: "1"}, nil)
		mcp.AddTool(s, &mcp.Tool{Name: "t"}, func(_ context.Context, r *mcp.CallToolRequest, in struct {
			N float64 `json:"n"`
		}) (*mcp.CallToolResult, any, error) {
			return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: string(r.Params.Arguments)}}}, nil, nil
		})
		s.Run(ctx, &mcp.StdioTransport{})
		return
	}
	s := mcpgo.NewMCPServer("s", "1", mcpgo.WithToolCapabilities(true))
	s.AddTool(types.NewTool("t", types.WithNumber("n", types.Required())), func(_ context.Context, r types.CallToolRequest) (*types.CallToolResult, error) {
		text, err := json.Marshal(r.GetArguments())
		return types.NewToolResultText(string(text)), err
	})
	mcpgo.NewStdioServer(s).Listen(ctx, os.Stdin, os.Stdout)
}
END
go mod tidy >/dev/null 2>&1
go build -o server .
cat > ts.mjs <<'END'
import { z } from 'zod';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
const mcp = new McpServer({ name: 's', version: '1' });
mcp.registerTool('t', { inputSchema: { n: z.number() } }, async args => ({ content: [{ type: 'text', text: JSON.stringify(args) }] }));
await mcp.connect(new StdioServerTransport());
END
cat > check.mjs <<'END'
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
// One stdio session with each server: ask() waits for the answer to its request.
async function session(command, use) {
  const child = spawn(command[0], command.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] });
  const waiting = new Map(), notes = [];
  let last = 0;
  createInterface({ input: child.stdout }).on('line', line => {
    const m = JSON.parse(line);
    if (m.method) notes.push(m);
    else waiting.get(m.id)?.(m);
  });
  const send = m => child.stdin.write(JSON.stringify({ jsonrpc: '2.0', ...m }) + '\n');
  const ask = (method, params) => new Promise(resolve => (waiting.set(++last, resolve), send({ id: last, method, params })));
  await ask('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } });
  send({ method: 'notifications/initialized' });
  const seen = await use(ask, notes);
  child.stdin.end();
  return seen;
}
const servers = { TypeScript: [process.execPath, 'ts.mjs'], 'go-sdk': ['./server', 'go-sdk'], 'mcp-go': ['./server', 'mcp-go'] };
const want = {
  TypeScript: 'extra -> tool got {"n":1}; missing -> refused; text -> refused',
  'go-sdk': 'extra -> refused; missing -> refused; text -> refused',
  'mcp-go': 'extra -> tool got {"n":1,"x":2}; missing -> tool got {}; text -> tool got {"n":"1"}',
};
let failed = false;
for (const [name, command] of Object.entries(servers)) {
  const seen = await session(command, async ask => {
    const rows = [];
    for (const [row, args] of [['extra', { n: 1, x: 2 }], ['missing', {}], ['text', { n: '1' }]]) {
      const { result, error } = await ask('tools/call', { name: 't', arguments: args });
      rows.push(row + ' -> ' + (error || result.isError ? 'refused' : 'tool got ' + result.content[0].text));
    }
    return rows.join('; ');
  });
  console.log(name + ': ' + seen);
  if (seen !== want[name]) (failed = true), console.log('CHANGED: expected ' + want[name]);
}
process.exit(failed ? 1 : 0);
END
node check.mjs
