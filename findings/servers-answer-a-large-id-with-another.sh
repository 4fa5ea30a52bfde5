#!/usr/bin/env bash
# Guess:   Go servers, which have int64, answer a request with the id it came with, up to
#          2^63; only JavaScript has to round beyond 2^53, and refuses such ids at least.
# Instead: the Go SDK, mcp-go, ThinkInAI's go-mcp and tmcp round: the request 9007199254740993
#          is answered as 9007199254740992, the id of the request before it, if that is open
#          as well. The same happens to a progressToken. Of five only metoro's keeps ids. The
#          TypeScript SDK answers neither request with its id.
# Where:   github.com/modelcontextprotocol/go-sdk v1.8.0, github.com/mark3labs/mcp-go v1.2.1,
#          github.com/ThinkInAIXYZ/go-mcp v0.2.24, github.com/metoro-io/mcp-golang v0.16.1,
#          npm tmcp 1.20.0, @modelcontextprotocol/sdk 1.32.2
# Output:  id 9007199254740993 is answered as: go-sdk ...992, mcp-go ...992, thinkin ...992, metoro ...993, tmcp ...992, TypeScript none
# Matters: ids made of a clock in nanoseconds, or of random 64 bits, are never answered. A
#          bridge must give requests small ids of its own, and match by the written text.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts tmcp@1.20.0 @tmcp/transport-stdio@0.5.0 @modelcontextprotocol/sdk@1.32.2
cat > go.mod <<'EOF'
module check
go 1.26
require (
	github.com/ThinkInAIXYZ/go-mcp v0.2.24
	github.com/mark3labs/mcp-go v1.2.1
	github.com/metoro-io/mcp-golang v0.16.1
	github.com/modelcontextprotocol/go-sdk v1.8.0
)
EOF
cat > main.go <<'EOF'
package main

import (
	"context"
	"os"

	thinkin "github.com/ThinkInAIXYZ/go-mcp/server"
	"github.com/ThinkInAIXYZ/go-mcp/transport"
	mcpgo "github.com/mark3labs/mcp-go/server"
	metoro "github.com/metoro-io/mcp-golang"
	"github.com/metoro-io/mcp-golang/transport/stdio"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

func main() {
	ctx := context.Background()
	switch os.Args[1] {
	case "go-sdk":
		mcp.NewServer(&mcp.Implementation{Name: "s", Version: "1"}, nil).Run(ctx, &mcp.StdioTransport{})
	case "mcp-go":
		mcpgo.NewStdioServer(mcpgo.NewMCPServer("s", "1")).Listen(ctx, os.Stdin, os.Stdout)
	case "thinkin":
		s, err := thinkin.NewServer(transport.NewStdioServerTransport())
		if err != nil {
			panic(err)
		}
		s.Run()
	case "metoro":
		if err := metoro.NewServer(stdio.NewStdioServerTransport()).Serve(); err != nil {
			panic(err)
		}
		select {}
	}
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
go build -o server .
cat > tmcp.mjs <<'EOF'
import { StdioTransport } from '@tmcp/transport-stdio';
import { McpServer } from 'tmcp';
new StdioTransport(new McpServer({ name: 's', version: '1', description: 'd' }, { capabilities: {} })).listen();
EOF
cat > sdk.mjs <<'EOF'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
await new McpServer({ name: 's', version: '1' }).connect(new StdioServerTransport());
EOF
cat > check.mjs <<'EOF'
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
const servers = {
  'go-sdk': ['./server', 'go-sdk'], 'mcp-go': ['./server', 'mcp-go'], thinkin: ['./server', 'thinkin'], metoro: ['./server', 'metoro'],
  tmcp: [process.execPath, 'tmcp.mjs'], TypeScript: [process.execPath, 'sdk.mjs'],
};
const seen = [];
for (const [name, command] of Object.entries(servers)) {
  const server = spawn(command[0], command.slice(1), { stdio: ['pipe', 'pipe', 'ignore'] });
  const send = message => server.stdin.write(`{"jsonrpc":"2.0",${message}}\n`);
  const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
  const answer = async () => (await lines.next()).value.match(/"id":(\d+)/)?.[1];
  send('"id":1,"method":"initialize","params":{"protocolVersion":"2025-03-26","capabilities":{},"clientInfo":{"name":"c","version":"1"}}');
  await answer();
  send('"method":"notifications/initialized"');
  // The answer to the second request shows that the first one has been seen to.
  send('"id":9007199254740993,"method":"ping"');
  send('"id":2,"method":"ping"');
  const answers = [await answer()];
  if (answers[0] !== '2') answers.push(await answer());
  seen.push(`${name} ${answers.find(id => id !== '2')?.replace('9007199254740', '...') ?? 'none'}`);
  server.kill();
}
console.log('id 9007199254740993 is answered as: ' + seen.join(', '));
if (seen.join(', ') !== 'go-sdk ...992, mcp-go ...992, thinkin ...992, metoro ...993, tmcp ...992, TypeScript none') {
  console.log('CHANGED: other servers keep the id');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
