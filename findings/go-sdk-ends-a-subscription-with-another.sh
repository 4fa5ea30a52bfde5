#!/usr/bin/env bash
# Guess:   in 2026-07-28 a client may hold several subscriptions/listen, each with its own id and
#          filter; to end one leaves the others, on a connection over stdio as over HTTP.
# Instead: a Go SDK server over stdio keeps one listener per connection for each kind of list. A
#          second one for the same kind takes the place of the first, which gets nothing more, and
#          when the second is ended nobody is told of a change. The first stays open, and is
#          neither answered nor cancelled. Over HTTP, where each has a connection, all is well.
# Where:   github.com/modelcontextprotocol/go-sdk v1.8.0, asked by npm @modelcontextprotocol/client
#          2.4.0, which opens one by itself for its option listChanged
# Output:  stdio: one listens 1 notification; two listen 1; the second has ended 0, the first is open
#          HTTP: one listens 1 notification; two listen 2; the second has ended 1, the first is open
# Matters: two parts of a program that share a server's process, such as a list of prompts and an
#          editor, silence each other. Whoever joins clients to one process keeps one listen of
#          its own for all of them.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @modelcontextprotocol/client@2.4.0
cat > go.mod <<'EOF'
module check
go 1.26
require github.com/modelcontextprotocol/go-sdk v1.8.0
EOF
cat > main.go <<'EOF'
package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

func main() {
	ctx := context.Background()
	s := mcp.NewServer(&mcp.Implementation{Name: "s", Version: "1"}, nil)
	s.AddPrompt(&mcp.Prompt{Name: "p"}, nil)
	added := 0
	s.AddTool(&mcp.Tool{Name: "add", InputSchema: map[string]any{"type": "object"}}, func(context.Context, *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		added++
		s.AddPrompt(&mcp.Prompt{Name: fmt.Sprint("p", added)}, nil)
		return &mcp.CallToolResult{Content: []mcp.Content{}}, nil
	})
	if os.Args[1] == "stdio" {
		s.Run(ctx, &mcp.StdioTransport{})
		return
	}
	handler := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return s }, &mcp.StreamableHTTPOptions{Stateless: true})
	fmt.Println(httptest.NewServer(handler).URL)
	io.Copy(io.Discard, os.Stdin)
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
go build -o server .
cat > check.mjs <<'EOF'
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
const child = spawn('./server', ['HTTP'], { stdio: ['pipe', 'pipe', 'inherit'] });
const { value: url } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
const rows = [];
for (const [how, transport] of [['stdio', new StdioClientTransport({ command: './server', args: ['stdio'] })], ['HTTP', new StreamableHTTPClientTransport(new URL(url))]]) {
  let heard = 0, first = 'open';
  const client = new Client({ name: 'c', version: '1' }, { versionNegotiation: { mode: 'auto' } });
  client.setNotificationHandler('notifications/prompts/list_changed', () => { heard++; });
  await client.connect(transport);
  const change = async () => {
    heard = 0;
    await client.callTool({ name: 'add' });
    await new Promise(resolve => setTimeout(resolve, 1000));
    return heard;
  };
  (await client.listen({ promptsListChanged: true })).closed.then(() => { first = 'ended'; });
  const one = await change();
  const second = await client.listen({ promptsListChanged: true });
  const two = await change();
  await second.close();
  await new Promise(resolve => setTimeout(resolve, 300));
  rows.push(`${how}: one listens ${one} notification; two listen ${two}; the second has ended ${await change()}, the first is ${first}`);
  await client.close();
}
child.stdin.end();
console.log(rows.join('\n'));
if (rows.join('\n') !== `stdio: one listens 1 notification; two listen 1; the second has ended 0, the first is open
HTTP: one listens 1 notification; two listen 2; the second has ended 1, the first is open`) {
  console.log('CHANGED: subscriptions end otherwise');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
