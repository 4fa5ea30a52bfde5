#!/usr/bin/env bash
# Guess:   AWS's adapter that runs a stdio server in a Lambda function hands a client's
#          initialize to the server, as the first and only one, and its errors back whole.
# Instead: it starts the server for each request, initializes it as "mcp-client" without
#          capabilities, and then sends the client's initialize behind that as a second one. A
#          Go SDK server refuses it, so that no client can connect; mcp-go and TypeScript
#          servers answer it. A tool never sees what the client can do, nor who it is. Of an
#          error data is lost, here the URLs of a -32042, and the message grows.
# Where:   npm @aws/run-mcp-servers-with-aws-lambda 0.5.21, @modelcontextprotocol/sdk 1.32.2,
#          github.com/modelcontextprotocol/go-sdk v1.8.0, github.com/mark3labs/mcp-go v1.2.1
# Output:  go-sdk: initialize: error {"code":0,"message":"MCP error 0: duplicate \"initialize\" received"}
#          go-sdk: error of a tool: error {"code":-32042,"message":"MCP error -32042: sign in"}
#          mcp-go: initialize: result
#          TypeScript: initialize: result; client seen by the tool: mcp-client {}
# Matters: a bridge that begins a session of its own with a server has to answer the client's
#          initialize from what it got, with the client's capabilities in its own, and to pass
#          an error on with code, message and data as they are.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @aws/run-mcp-servers-with-aws-lambda@0.5.21 @modelcontextprotocol/sdk@1.32.2 zod@4.6.7
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

	mcpgo "github.com/mark3labs/mcp-go/server"
	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

func main() {
	if os.Args[1] == "mcp-go" {
		mcpgo.ServeStdio(mcpgo.NewMCPServer("s", "1", mcpgo.WithToolCapabilities(true)))
		return
	}
	s := mcp.NewServer(&mcp.Implementation{Name: "s", Version: "1"}, nil)
	mcp.AddTool(s, &mcp.Tool{Name: "t"}, func(context.Context, *mcp.CallToolRequest, struct{}) (*mcp.CallToolResult, any, error) {
		return nil, nil, &jsonrpc.Error{Code: -32042, Message: "sign in", Data: []byte(`{"elicitations":[{"mode":"url","elicitationId":"e","url":"https://example.com/","message":"sign in"}]}`)}
	})
	s.Run(context.Background(), &mcp.StdioTransport{})
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
go build -o server .
cat > ts.mjs <<'EOF'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
const mcp = new McpServer({ name: 's', version: '1' });
mcp.registerTool('t', {}, async () => ({ content: [{ type: 'text', text: `${mcp.server.getClientVersion().name} ${JSON.stringify(mcp.server.getClientCapabilities())}` }] }));
await mcp.connect(new StdioServerTransport());
EOF
cat > check.mjs <<'EOF'
import { LambdaFunctionURLEventHandler, StdioServerAdapterRequestHandler } from '@aws/run-mcp-servers-with-aws-lambda';
const hello = { method: 'initialize', params: { protocolVersion: '2025-06-18', capabilities: { elicitation: {} }, clientInfo: { name: 'c', version: '1' } } };
const tool = { method: 'tools/call', params: { name: 't', arguments: {} } };
// What the Lambda function answers to a request that comes to its URL.
async function post(server, message) {
  const handler = new LambdaFunctionURLEventHandler(new StdioServerAdapterRequestHandler(server));
  const headers = { accept: 'application/json, text/event-stream', 'content-type': 'application/json' };
  const { body } = await handler.handle({ version: '2.0', requestContext: { http: { method: 'POST', path: '/' } }, headers, body: JSON.stringify({ jsonrpc: '2.0', id: 1, ...message }) }, {});
  return JSON.parse(body);
}
const words = ({ error }) => (error ? 'error ' + JSON.stringify(error) : 'result');
const go = { command: './server', args: ['go-sdk'] }, other = { command: './server', args: ['mcp-go'] }, ts = { command: process.execPath, args: ['ts.mjs'] };
const lines = [
  'go-sdk: initialize: ' + words(await post(go, hello)),
  'go-sdk: error of a tool: ' + words(await post(go, tool)),
  'mcp-go: initialize: ' + words(await post(other, hello)),
  `TypeScript: initialize: ${words(await post(ts, hello))}; client seen by the tool: ${(await post(ts, tool)).result?.content[0].text}`,
];
const want = [
  String.raw`go-sdk: initialize: error {"code":0,"message":"MCP error 0: duplicate \"initialize\" received"}`,
  'go-sdk: error of a tool: error {"code":-32042,"message":"MCP error -32042: sign in"}',
  'mcp-go: initialize: result',
  'TypeScript: initialize: result; client seen by the tool: mcp-client {}',
];
const changed = lines.join() !== want.join();
process.stdout.write(lines.join('\n') + '\n' + (changed ? 'CHANGED: expected\n' + want.join('\n') + '\n' : ''));
process.exit(changed ? 1 : 0);
EOF
LOG_LEVEL=none node check.mjs 2>stderr | { grep -v '^error: ' || true; }
