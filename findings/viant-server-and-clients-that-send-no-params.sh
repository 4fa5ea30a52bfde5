#!/usr/bin/env bash
# Guess:   params may be left out of ping and tools/list, so a server takes both with and
#          without; a client's choice between the two has no effect.
# Instead: viant/mcp answers them with an error, "unexpected end of JSON input", when there
#          are no params. The TypeScript SDK 1.x, the AI SDK and the Go SDK send none and find
#          no tools; mcp-go sends {} always and finds them.
# Where:   github.com/viant/mcp v0.8.0, npm @modelcontextprotocol/sdk 1.32.2, @ai-sdk/mcp 2.0.99,
#          github.com/modelcontextprotocol/go-sdk v1.8.0, github.com/mark3labs/mcp-go v1.2.1
# Output:  TypeScript: MCP error -32602: failed to parse: unexpected end of JSON input; ping: MCP error -32603: unexpected end of JSON input
#          AI SDK: failed to parse: unexpected end of JSON input
#          go-sdk: calling "tools/list": failed to parse: unexpected end of JSON input
#          mcp-go: tools: t
# Matters: a bridge that takes an empty "params":{} away, or a client that never wrote one,
#          loses such a server; one that sends {} in requests of its own is understood
#          everywhere.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @modelcontextprotocol/sdk@1.32.2 @ai-sdk/mcp@2.0.99 zod@4.6.7
cat > go.mod <<'EOF'
module check
go 1.26
require (
	github.com/mark3labs/mcp-go v1.2.1
	github.com/modelcontextprotocol/go-sdk v1.8.0
	github.com/viant/mcp v0.8.0
)
EOF
cat > main.go <<'EOF'
package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"

	"github.com/mark3labs/mcp-go/client"
	types "github.com/mark3labs/mcp-go/mcp"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/viant/jsonrpc"
	"github.com/viant/mcp-protocol/schema"
	protocol "github.com/viant/mcp-protocol/server"
	"github.com/viant/mcp/server"
)

type table struct {
	Name string `json:"name"`
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	ctx := context.Background()
	if len(os.Args) > 1 {
		s, err := server.New(server.WithImplementation(schema.Implementation{Name: "s", Version: "1"}), server.WithNewHandler(
			protocol.WithDefaultHandler(ctx, func(h *protocol.DefaultHandler) error {
				return protocol.RegisterTool[*table, *table](h.Registry, "t", "a tool", func(context.Context, *table) (*schema.CallToolResult, *jsonrpc.Error) {
					return &schema.CallToolResult{}, nil
				})
			})))
		check(err)
		s.Stdio(ctx).ListenAndServe()
		return
	}
	self, err := os.Executable()
	check(err)
	session, err := mcp.NewClient(&mcp.Implementation{Name: "c", Version: "1"}, nil).Connect(ctx, &mcp.CommandTransport{Command: exec.Command(self, "serve")}, nil)
	check(err)
	defer session.Close()
	if tools, err := session.ListTools(ctx, nil); err != nil {
		fmt.Println(err)
	} else {
		fmt.Println("tools: " + tools.Tools[0].Name)
	}
	other, err := client.NewStdioMCPClient(self, nil, "serve")
	check(err)
	defer other.Close()
	hello := types.InitializeRequest{}
	hello.Params.ProtocolVersion = "2025-06-18"
	hello.Params.ClientInfo = types.Implementation{Name: "c", Version: "1"}
	_, err = other.Initialize(ctx, hello)
	check(err)
	if tools, err := other.ListTools(ctx, types.ListToolsRequest{}); err != nil {
		fmt.Println(err)
	} else {
		fmt.Println("tools: " + tools.Tools[0].Name)
	}
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
go build -o check .
cat > check.mjs <<'EOF'
import { execFileSync } from 'node:child_process';
import { createMCPClient } from '@ai-sdk/mcp';
import { Experimental_StdioMCPTransport } from '@ai-sdk/mcp/mcp-stdio';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
const server = { command: './check', args: ['serve'] }, words = error => error.message;
const seen = {};
const client = new Client({ name: 'c', version: '1' });
await client.connect(new StdioClientTransport(server));
seen.TypeScript = (await client.listTools().then(() => 'tools', words)) + '; ping: ' + (await client.ping().then(() => 'ok', words));
await client.close();
const ai = await createMCPClient({ transport: new Experimental_StdioMCPTransport(server) });
seen['AI SDK'] = await ai.tools().then(() => 'tools', words);
await ai.close();
[seen['go-sdk'], seen['mcp-go']] = execFileSync('./check').toString().trim().split('\n');
const want = {
  TypeScript: 'MCP error -32602: failed to parse: unexpected end of JSON input; ping: MCP error -32603: unexpected end of JSON input',
  'AI SDK': 'failed to parse: unexpected end of JSON input',
  'go-sdk': 'calling "tools/list": failed to parse: unexpected end of JSON input',
  'mcp-go': 'tools: t',
};
let failed = false;
for (const name in want) {
  console.log(`${name}: ${seen[name]}`);
  if (seen[name] !== want[name]) (failed = true), console.log('CHANGED: expected ' + want[name]);
}
process.exit(failed ? 1 : 0);
EOF
node check.mjs
