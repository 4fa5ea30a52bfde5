#!/usr/bin/env bash
# Guess:   a tool that runs as a task (2025-11-25) outlives the request that began it: that is what
#          tasks are for. A server that offers tasks runs it on until it is done or cancelled.
# Instead: mcp-go gives the task's handler the context of that request, which ends as soon as the
#          task's id has been answered. A handler that heeds its context, as each that asks a
#          database or another server does, is stopped at once, and the task is "cancelled", though
#          nobody has cancelled it. One that pays no heed runs to its end. So over stdio and HTTP.
# Where:   github.com/mark3labs/mcp-go v1.2.1, asked by npm @modelcontextprotocol/sdk 1.32.2
# Output:  stdio, heeds its context: working, cancelled "context canceled"
#          stdio, does not: working, completed "done"
#          HTTP, heeds its context: working, cancelled "context canceled"
#          HTTP, does not: working, completed "done"
# Matters: a task works in a test that sleeps and never with a real query. Its handler uses
#          context.WithoutCancel, and then tasks/cancel does not reach it.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @modelcontextprotocol/sdk@1.32.2
cat > go.mod <<'EOF'
module check
go 1.26
require github.com/mark3labs/mcp-go v1.2.1
EOF
cat > main.go <<'EOF'
package main

import (
	"context"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

func main() {
	s := server.NewMCPServer("s", "1", server.WithTaskCapabilities(true, true, true))
	for _, name := range []string{"heeds its context", "does not"} {
		s.AddTaskTool(mcp.NewTool(name, mcp.WithTaskSupport(mcp.TaskSupportRequired)), func(ctx context.Context, _ mcp.CallToolRequest) (*mcp.CreateTaskResult, error) {
			if name == "does not" {
				ctx = context.WithoutCancel(ctx)
			}
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(500 * time.Millisecond):
				return &mcp.CreateTaskResult{Content: []mcp.Content{mcp.NewTextContent("done")}}, nil
			}
		})
	}
	if os.Args[1] == "stdio" {
		server.ServeStdio(s)
		return
	}
	fmt.Println(httptest.NewServer(server.NewStreamableHTTPServer(s)).URL + "/mcp")
	io.Copy(io.Discard, os.Stdin)
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
go build -o server .
cat > check.mjs <<'EOF'
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
const child = spawn('./server', ['HTTP'], { stdio: ['pipe', 'pipe', 'inherit'] });
const { value: url } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
const rows = [];
for (const [how, transport] of [['stdio', new StdioClientTransport({ command: './server', args: ['stdio'] })], ['HTTP', new StreamableHTTPClientTransport(new URL(url))]]) {
  const client = new Client({ name: 'c', version: '1' });
  await client.connect(transport);
  for (const { name } of (await client.listTools()).tools.reverse()) {
    const seen = [];
    for await (const { type, task, result } of client.experimental.tasks.callToolStream({ name })) {
      if (task && seen.at(-1) !== task.status) seen.push(task.status + (task.statusMessage ? ` "${task.statusMessage}"` : ''));
      if (type === 'result') seen.push(seen.pop() + ` "${result.content[0].text}"`);
    }
    rows.push(`${how}, ${name}: ${seen.join(', ')}`);
  }
  await client.close();
}
child.stdin.end();
console.log(rows.join('\n'));
if (rows.join('\n') !== `stdio, heeds its context: working, cancelled "context canceled"
stdio, does not: working, completed "done"
HTTP, heeds its context: working, cancelled "context canceled"
HTTP, does not: working, completed "done"`) {
  console.log('CHANGED: tasks end otherwise');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
