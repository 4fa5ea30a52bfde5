#!/usr/bin/env bash
# Guess:   a Go SDK server with one tool that returns []string can be used by a client of
#          revision 2025-11-25: at worst that one tool's output is not understood.
# Instead: to old and new clients alike the server lists the tool with an outputSchema
#          that is not of type "object" (new in 2026-07-28). The TypeScript clients of the
#          2025 era refuse the whole tools/list for it: the server has no tools at all for
#          them. The TypeScript server wraps such a schema as {"result": ...} instead.
# Where:   github.com/modelcontextprotocol/go-sdk v1.8.0 (server),
#          npm @modelcontextprotocol/sdk 1.32.2 and @modelcontextprotocol/client 2.4.0 (clients)
# Output:  sdk 1.32.2 (2025-11-25): list refused
#          client 2.4.0 legacy (2025-11-25): list refused
#          client 2.4.0 auto (2026-07-28): names, plain; names gives ["a","b"]
# Matters: a bridge between a 2026-07-28 server and a 2025 client has to do the same
#          wrapping, or take outputSchema and structuredContent of such a tool away (the
#          text is there as well); passing the list on as it is loses every tool.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts \
  @modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/client@2.4.0
cat > go.mod <<'EOF'
module check
go 1.26
require github.com/modelcontextprotocol/go-sdk v1.8.0
EOF
cat > main.go <<'EOF'
package main

import (
	"context"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

func main() {
	s := mcp.NewServer(&mcp.Implementation{Name: "s", Version: "1"}, nil)
	mcp.AddTool(s, &mcp.Tool{Name: "plain"}, func(context.Context, *mcp.CallToolRequest, struct{}) (*mcp.CallToolResult, any, error) {
		return nil, nil, nil
	})
	mcp.AddTool(s, &mcp.Tool{Name: "names"}, func(context.Context, *mcp.CallToolRequest, struct{}) (*mcp.CallToolResult, []string, error) {
		return nil, []string{"a", "b"}, nil
	})
	s.Run(context.Background(), &mcp.StdioTransport{})
}
EOF
go mod tidy >/dev/null 2>&1
go build -o server .
cat > check.mjs <<'EOF'
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as Stdio1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { Client as Client2 } from '@modelcontextprotocol/client';
import { StdioClientTransport as Stdio2 } from '@modelcontextprotocol/client/stdio';
const seen = [];
for (const [name, Client, Stdio, options] of [
  ['sdk 1.32.2 (2025-11-25)', Client1, Stdio1, {}],
  ['client 2.4.0 legacy (2025-11-25)', Client2, Stdio2, {}],
  ['client 2.4.0 auto (2026-07-28)', Client2, Stdio2, { versionNegotiation: { mode: 'auto' } }],
]) {
  const client = new Client({ name: 'c', version: '1' }, options);
  await client.connect(new Stdio({ command: './server' }));
  const list = await client.listTools().then(r => r.tools.map(t => t.name).sort().join(', '), e => (/outputSchema/.test(e.message) ? 'list refused' : e.message));
  const value = list === 'list refused' ? '' : '; names gives ' + JSON.stringify((await client.callTool({ name: 'names', arguments: {} })).structuredContent);
  seen.push(`${name}: ${list}${value}`);
  await client.close();
}
console.log(seen.join('\n'));
const want = ['sdk 1.32.2 (2025-11-25): list refused', 'client 2.4.0 legacy (2025-11-25): list refused', 'client 2.4.0 auto (2026-07-28): names, plain; names gives ["a","b"]'];
if (seen.join() !== want.join()) {
  console.log('CHANGED: expected\n' + want.join('\n'));
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
