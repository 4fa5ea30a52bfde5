#!/usr/bin/env bash
# Guess:   where a server has said nothing of caching, an SDK marks its answers as private,
#          if at all, and a session of 2025 has no members of revision 2026-07-28.
# Instead: the Go SDK marks every list and every resource that is read with cacheScope
#          "public", which means that any user may be given it, and does so in sessions of
#          2025 as well. ttlMs is 0 until a server sets it. mcp-go and the TypeScript SDK
#          2.x say private, and nothing in sessions of 2025.
# Where:   github.com/modelcontextprotocol/go-sdk v1.8.0, github.com/mark3labs/mcp-go v1.2.1,
#          npm @modelcontextprotocol/server 2.4.0
# Output:  go-sdk: list public, contents public; 2025-11-25: list public, contents public
#          mcp-go: list private, contents private; 2025-11-25: list none, contents none
#          TypeScript: list private, contents private; 2025-11-25: list none, contents none
# Matters: a server that shows each user tools of their own, and sets nothing but a ttlMs,
#          lets caches between hand one user's list to another. A gateway whose answers
#          depend on the caller writes private over what the server says.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @modelcontextprotocol/server@2.4.0 zod@4.6.7
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
	"net"
	"net/http"
	"os"

	types "github.com/mark3labs/mcp-go/mcp"
	mcpgo "github.com/mark3labs/mcp-go/server"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

func main() {
	var handler http.Handler
	if os.Args[1] == "mcp-go" {
		s := mcpgo.NewMCPServer("s", "1", mcpgo.WithResourceCapabilities(false, false))
		s.AddResource(types.NewResource("db://r", "r"), func(context.Context, types.ReadResourceRequest) ([]types.ResourceContents, error) {
			return []types.ResourceContents{types.TextResourceContents{URI: "db://r", Text: "x"}}, nil
		})
		handler = mcpgo.NewStreamableHTTPServer(s, mcpgo.WithStateLess(true))
	} else {
		s := mcp.NewServer(&mcp.Implementation{Name: "s", Version: "1"}, nil)
		s.AddResource(&mcp.Resource{URI: "db://r", Name: "r"}, func(context.Context, *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
			return &mcp.ReadResourceResult{Contents: []*mcp.ResourceContents{{URI: "db://r", Text: "x"}}}, nil
		})
		handler = mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return s }, &mcp.StreamableHTTPOptions{Stateless: true})
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Printf("http://%s/\n", l.Addr())
	http.Serve(l, handler)
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
go build -o server .
cat > check.mjs <<'EOF'
import { spawn } from 'node:child_process';
import { McpServer, createMcpHandler } from '@modelcontextprotocol/server';
const modern = { 'io.modelcontextprotocol/protocolVersion': '2026-07-28', 'io.modelcontextprotocol/clientInfo': { name: 'c', version: '1' }, 'io.modelcontextprotocol/clientCapabilities': {} };
async function scope(send, revision, method, params = {}) {
  const answer = await send({
    method: 'POST',
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: revision === '2026-07-28' ? { ...params, _meta: modern } : params }),
    headers: {
      'content-type': 'application/json', accept: 'application/json, text/event-stream', 'mcp-protocol-version': revision,
      ...(revision === '2026-07-28' && { 'mcp-method': method, ...(params.uri && { 'mcp-name': params.uri }) }),
    },
  });
  const text = await answer.text();
  const { result } = JSON.parse(text.match(/^\{.*|(?<=^data: )\{.*/m)[0]);
  if (!result) throw new Error(text);
  return result.cacheScope ?? 'none';
}
async function both(send) {
  const row = async revision => `list ${await scope(send, revision, 'resources/list')}, contents ${await scope(send, revision, 'resources/read', { uri: 'db://r' })}`;
  return `${await row('2026-07-28')}; 2025-11-25: ${await row('2025-11-25')}`;
}
async function go(name) {
  const server = spawn('./server', [name], { stdio: ['ignore', 'pipe', 'inherit'] });
  const url = await new Promise(resolve => server.stdout.once('data', line => resolve(String(line).trim())));
  const row = await both(request => fetch(url, request));
  server.kill();
  return row;
}
const handler = createMcpHandler(() => {
  const mcp = new McpServer({ name: 's', version: '1' });
  mcp.registerResource('r', 'db://r', {}, async uri => ({ contents: [{ uri: uri.href, text: 'x' }] }));
  return mcp;
});
const seen = {
  'go-sdk': await go('go-sdk'), 'mcp-go': await go('mcp-go'),
  TypeScript: await both(request => handler.fetch(new Request('http://127.0.0.1/mcp', request))),
};
const old = 'list private, contents private; 2025-11-25: list none, contents none';
const want = { 'go-sdk': 'list public, contents public; 2025-11-25: list public, contents public', 'mcp-go': old, TypeScript: old };
let failed = false;
for (const name in want) {
  console.log(`${name}: ${seen[name]}`);
  if (seen[name] !== want[name]) (failed = true), console.log('CHANGED: expected ' + want[name]);
}
process.exit(failed ? 1 : 0);
EOF
node check.mjs
