#!/usr/bin/env bash
# Guess:   a tool that asks the user two questions, one after the other, by the input_required of
#          2026-07-28, works for older clients too: the SDKs promise to ask those by
#          elicitation/create and to call the tool again with what they said.
# Instead: a Go SDK server does that once. At the second question a client of 2025-11-25, and so
#          nearly every client of today, gets the tool's answer as it is: a result without content,
#          with an inputRequests member that it does not know. The user has answered once; the tool
#          has not run; nothing is an error. mcp-go asks up to ten times, TypeScript up to eight.
# Where:   github.com/modelcontextprotocol/go-sdk v1.8.0, github.com/mark3labs/mcp-go v1.2.1, npm
#          @modelcontextprotocol/server 2.4.0; asked by npm @modelcontextprotocol/client 2.4.0
# Output:  go-sdk: 2026-07-28 asked 2, "deleted"; 2025-11-25 asked 1, a result without content
#          mcp-go: 2026-07-28 asked 2, "deleted"; 2025-11-25 asked 2, "deleted"
#          ts-2: 2026-07-28 asked 2, "deleted"; 2025-11-25 asked 2, "deleted"
# Matters: the tool works with a client of the newest revision and for all others tells the model,
#          after a question was answered, that it is done. A Go server asks both in one round, or
#          asks clients of before 2026-07-28 by Elicit.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @modelcontextprotocol/client@2.4.0 @modelcontextprotocol/server@2.4.0
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

	mcpgo "github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

var form = map[string]any{"type": "object", "properties": map[string]any{"answer": map[string]any{"type": "string"}}}

func goSDK(_ context.Context, r *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
	next := map[string]string{"": "one", "one": "two"}[r.Params.RequestState]
	if next == "" {
		return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: "deleted"}}}, nil
	}
	return &mcp.CallToolResult{InputRequests: mcp.InputRequestMap{next: &mcp.ElicitParams{Message: next, RequestedSchema: form}}, RequestState: next}, nil
}

func mcpGo(_ context.Context, r mcpgo.CallToolRequest) (*mcpgo.CallToolResult, error) {
	next := map[string]string{"": "one", "one": "two"}[r.Params.RequestState]
	if next == "" {
		return mcpgo.NewToolResultText("deleted"), nil
	}
	return server.NewInputRequestBuilder(next).Elicit(next, mcpgo.ElicitationParams{Message: next, RequestedSchema: form}).ToolResult(), nil
}

func main() {
	if os.Args[1] == "go-sdk" {
		s := mcp.NewServer(&mcp.Implementation{Name: "s", Version: "1"}, nil)
		s.AddTool(&mcp.Tool{Name: "delete", InputSchema: map[string]any{"type": "object"}}, goSDK)
		s.Run(context.Background(), &mcp.StdioTransport{})
		return
	}
	s := server.NewMCPServer("s", "1", server.WithElicitation())
	s.AddTool(mcpgo.NewTool("delete"), mcpGo)
	server.ServeStdio(s)
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
go build -o server .
cat > server.mjs <<'EOF'
import { McpServer, inputRequired } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
const requestedSchema = { type: 'object', properties: { answer: { type: 'string' } } };
serveStdio(() => {
  const mcp = new McpServer({ name: 's', version: '1' });
  mcp.registerTool('delete', {}, async ctx => {
    const next = { undefined: 'one', one: 'two' }[ctx.mcpReq.requestState()];
    if (!next) return { content: [{ type: 'text', text: 'deleted' }] };
    return inputRequired({ inputRequests: { [next]: inputRequired.elicit({ message: next, requestedSchema }) }, requestState: next });
  });
  return mcp;
});
EOF
cat > check.mjs <<'EOF'
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
const rows = [];
for (const [name, command, arg] of [['go-sdk', './server', 'go-sdk'], ['mcp-go', './server', 'mcp-go'], ['ts-2', process.execPath, 'server.mjs']]) {
  const row = [];
  for (const [mode, version] of [['auto', '2026-07-28'], ['legacy', '2025-11-25']]) {
    const client = new Client({ name: 'c', version: '1' }, { capabilities: { elicitation: {} }, versionNegotiation: { mode } });
    let asked = 0;
    client.setRequestHandler('elicitation/create', async () => (asked++, { action: 'accept', content: { answer: 'yes' } }));
    await client.connect(new StdioClientTransport({ command, args: [arg] }));
    if (client.getNegotiatedProtocolVersion() !== version) throw new Error(client.getNegotiatedProtocolVersion());
    const result = await client.callTool({ name: 'delete' });
    row.push(`${version} asked ${asked}, ${result.content.length ? `"${result.content[0].text}"` : `a result without content${result.isError ? ' (isError)' : ''}`}`);
    await client.close();
  }
  rows.push(`${name}: ${row.join('; ')}`);
}
console.log(rows.join('\n'));
if (rows.join('\n') !== `go-sdk: 2026-07-28 asked 2, "deleted"; 2025-11-25 asked 1, a result without content
mcp-go: 2026-07-28 asked 2, "deleted"; 2025-11-25 asked 2, "deleted"
ts-2: 2026-07-28 asked 2, "deleted"; 2025-11-25 asked 2, "deleted"`) {
  console.log('CHANGED: questions are asked otherwise');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
