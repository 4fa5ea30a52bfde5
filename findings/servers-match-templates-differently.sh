#!/usr/bin/env bash
# Guess:   with the resource template db://rows{?table,limit} a client may read
#          db://rows?table=a, or with both parameters in any order, and the server sees
#          their values decoded: a template of RFC 6570 says no less.
# Instead: the TypeScript SDK wants every parameter, in the order of the template, and
#          hands values over still percent-encoded. mcp-go takes any, decodes, but with
#          another order it runs the handler with no values at all. The Go SDK takes any
#          and leaves the parsing to the handler.
# Where:   npm @modelcontextprotocol/sdk 1.32.2, github.com/modelcontextprotocol/go-sdk v1.8.0,
#          github.com/mark3labs/mcp-go v1.2.1
# Output:  TypeScript: ?table=a&limit=1 -> a,1; ?table=a -> not found; ?limit=1&table=a -> not found; ?table=a%20b&limit=1 -> a%20b,1
#          mcp-go: ?table=a&limit=1 -> a,1; ?table=a -> a,; ?limit=1&table=a -> ,; ?table=a%20b&limit=1 -> a b,1
#          go-sdk: matched, matched, matched, matched
# Matters: a client cannot know which of the URIs a template stands for will work; a
#          bridge must pass the URI on as it came, without decoding or sorting.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @modelcontextprotocol/sdk@1.32.2
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
	"os"

	types "github.com/mark3labs/mcp-go/mcp"
	mcpgo "github.com/mark3labs/mcp-go/server"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

func main() {
	ctx := context.Background()
	if os.Args[1] == "go-sdk" {
		s := mcp.NewServer(&mcp.Implementation{Name: "s", Version: "1"}, nil)
		s.AddResourceTemplate(&mcp.ResourceTemplate{Name: "t", URITemplate: "db://rows{?table,limit}"}, func(_ context.Context, r *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
			return &mcp.ReadResourceResult{Contents: []*mcp.ResourceContents{{Text: "matched"}}}, nil
		})
		s.Run(ctx, &mcp.StdioTransport{})
		return
	}
	s := mcpgo.NewMCPServer("s", "1", mcpgo.WithResourceCapabilities(true, true))
	first := func(v any) string {
		if list, ok := v.([]string); ok && len(list) > 0 {
			return list[0]
		}
		return ""
	}
	s.AddResourceTemplate(types.NewResourceTemplate("db://rows{?table,limit}", "t"), func(_ context.Context, r types.ReadResourceRequest) ([]types.ResourceContents, error) {
		text := first(r.Params.Arguments["table"]) + "," + first(r.Params.Arguments["limit"])
		return []types.ResourceContents{types.TextResourceContents{URI: r.Params.URI, Text: text}}, nil
	})
	mcpgo.NewStdioServer(s).Listen(ctx, os.Stdin, os.Stdout)
}
END
go mod tidy >/dev/null 2>&1
go build -o server .
cat > ts.mjs <<'END'
import { McpServer, ResourceTemplate } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
const mcp = new McpServer({ name: 's', version: '1' });
mcp.registerResource('t', new ResourceTemplate('db://rows{?table,limit}', { list: undefined }), {}, async (uri, v) => ({
  contents: [{ uri: uri.href, text: [v.table, v.limit].join() }],
}));
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
  TypeScript: '?table=a&limit=1 -> a,1; ?table=a -> not found; ?limit=1&table=a -> not found; ?table=a%20b&limit=1 -> a%20b,1',
  'go-sdk': '?table=a&limit=1 -> matched; ?table=a -> matched; ?limit=1&table=a -> matched; ?table=a%20b&limit=1 -> matched',
  'mcp-go': '?table=a&limit=1 -> a,1; ?table=a -> a,; ?limit=1&table=a -> ,; ?table=a%20b&limit=1 -> a b,1',
};
let failed = false;
for (const [name, command] of Object.entries(servers)) {
  const seen = await session(command, async ask => {
    const rows = [];
    for (const query of ['?table=a&limit=1', '?table=a', '?limit=1&table=a', '?table=a%20b&limit=1']) {
      const { result } = await ask('resources/read', { uri: 'db://rows' + query });
      rows.push(query + ' -> ' + (result ? result.contents[0].text : 'not found'));
    }
    return rows.join('; ');
  });
  console.log(name + ': ' + seen);
  if (seen !== want[name]) (failed = true), console.log('CHANGED: expected ' + want[name]);
}
process.exit(failed ? 1 : 0);
END
node check.mjs
