#!/usr/bin/env bash
# Guess:   a Go tool with an argument of type any can be listed by every client: its schema
#          is the empty one, {}, which any value fits.
# Instead: the schema that go-sdk (and mcp-go with WithInputSchema) makes for it is true, the
#          short form of JSON Schema. Clients on the TypeScript SDK 1.x want an object there
#          and refuse the whole tools/list: not one tool of the server is left. 2.x takes it.
# Where:   github.com/modelcontextprotocol/go-sdk v1.8.0, github.com/mark3labs/mcp-go v1.2.1
#          (servers), npm @modelcontextprotocol/sdk 1.32.2, @modelcontextprotocol/client 2.4.0
# Output:  go-sdk: "value":true; 1.32.2: list refused; 2.4.0: plain, set
#          mcp-go: "value":true; 1.32.2: list refused; 2.4.0: plain, set
# Matters: a doctor that only asks whether tools/list is answered calls such a server well.
#          A gateway may write {} for true, which says the same, or at least name the tool.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts \
  @modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/client@2.4.0
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

type setting struct {
	Value any `json:"value"`
}

func main() {
	ctx := context.Background()
	if os.Args[1] == "mcp-go" {
		s := mcpgo.NewMCPServer("s", "1", mcpgo.WithToolCapabilities(true))
		none := func(context.Context, types.CallToolRequest) (*types.CallToolResult, error) {
			return types.NewToolResultText(""), nil
		}
		s.AddTool(types.NewTool("plain"), none)
		s.AddTool(types.NewTool("set", types.WithInputSchema[setting]()), none)
		mcpgo.NewStdioServer(s).Listen(ctx, os.Stdin, os.Stdout)
		return
	}
	s := mcp.NewServer(&mcp.Implementation{Name: "s", Version: "1"}, nil)
	mcp.AddTool(s, &mcp.Tool{Name: "plain"}, func(context.Context, *mcp.CallToolRequest, struct{}) (*mcp.CallToolResult, any, error) {
		return nil, nil, nil
	})
	mcp.AddTool(s, &mcp.Tool{Name: "set"}, func(context.Context, *mcp.CallToolRequest, setting) (*mcp.CallToolResult, any, error) {
		return nil, nil, nil
	})
	s.Run(ctx, &mcp.StdioTransport{})
}
EOF
go mod tidy >/dev/null 2>&1
go build -o server .
cat > check.mjs <<'EOF'
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as Stdio1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { Client as Client2 } from '@modelcontextprotocol/client';
import { StdioClientTransport as Stdio2 } from '@modelcontextprotocol/client/stdio';
let failed = false;
for (const server of ['go-sdk', 'mcp-go']) {
  const seen = [];
  for (const [version, Client, Stdio] of [['1.32.2', Client1, Stdio1], ['2.4.0', Client2, Stdio2]]) {
    const client = new Client({ name: 'c', version: '1' });
    await client.connect(new Stdio({ command: './server', args: [server] }));
    const list = await client.listTools().then(r => r.tools, e => (/"value"/.test(e.message) ? 'list refused' : e.message));
    if (Array.isArray(list)) seen.unshift('"value":' + JSON.stringify(list.find(t => t.name === 'set').inputSchema.properties.value));
    seen.push(`${version}: ` + (Array.isArray(list) ? list.map(t => t.name).sort().join(', ') : list));
    await client.close();
  }
  console.log(`${server}: ${seen.join('; ')}`);
  failed ||= seen.join('; ') !== '"value":true; 1.32.2: list refused; 2.4.0: plain, set';
}
if (failed) {
  console.log('CHANGED: other tools can be listed');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
