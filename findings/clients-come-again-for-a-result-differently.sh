#!/usr/bin/env bash
# Guess:   in 2026-07-28 a server that is not ready answers input_required with a requestState
#          alone, which says: send the call again with this. A client waits a little and does.
# Instead: the Go SDK's client returns a TypeScript server's as the result of CallTool: no error, no
#          content, and NeedsInput() true for those who look. Of a Go SDK server's, which has an
#          empty inputRequests as well, and always of mcp-go's, the call is sent twice more at once,
#          within milliseconds, and fails. TypeScript's client waits a quarter of a second each time
#          and fails after the tenth.
# Where:   github.com/modelcontextprotocol/go-sdk v1.8.0, github.com/mark3labs/mcp-go v1.2.1, npm
#          @modelcontextprotocol/client 2.4.0, server 2.4.0
# Output:  ts-2 server, ready after 1 s: go-sdk 1 call, an empty result; mcp-go 3 calls, an error; ts-2 "done"
#          ts-2 server, ready after 5 s: go-sdk 1 call, an empty result; mcp-go 3 calls, an error; ts-2 11 calls, an error
#          go-sdk server, ready after 1 s: go-sdk 3 calls, an error; mcp-go 3 calls, an error; ts-2 "done"
# Matters: a tool of some seconds that is written this way, as the revision has it for work without
#          sessions, works with no client; with a Go one the model is told that it found nothing.
#          A server waits as long as it can before it says come again.
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
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"time"

	"github.com/mark3labs/mcp-go/client"
	mcpgo "github.com/mark3labs/mcp-go/mcp"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// serve is server.mjs with the Go SDK.
func serve(ctx context.Context, wait, log string) {
	s := mcp.NewServer(&mcp.Implementation{Name: "s", Version: "1"}, nil)
	s.AddTool(&mcp.Tool{Name: "export", InputSchema: map[string]any{"type": "object"}}, func(_ context.Context, r *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		file, err := os.OpenFile(log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		fmt.Fprintln(file, "call")
		now := time.Now().UnixMilli()
		begun, err := strconv.ParseInt(r.Params.RequestState, 10, 64)
		if err != nil {
			begun = now
		}
		if limit, _ := strconv.ParseInt(wait, 10, 64); now-begun < limit {
			return &mcp.CallToolResult{InputRequests: mcp.InputRequestMap{}, RequestState: fmt.Sprint(begun)}, nil
		}
		return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: "done"}}}, nil
	})
	s.Run(ctx, &mcp.StdioTransport{})
}

// main calls the tool of the server that its arguments start, with the client that the first one names.
func main() {
	ctx := context.Background()
	content := -1
	switch os.Args[1] {
	case "serve":
		serve(ctx, os.Args[2], os.Args[3])
		return
	case "go-sdk":
		session, err := mcp.NewClient(&mcp.Implementation{Name: "c", Version: "1"}, nil).Connect(ctx, &mcp.CommandTransport{Command: exec.Command(os.Args[2], os.Args[3:]...)}, nil)
		if err != nil {
			panic(err)
		}
		if result, err := session.CallTool(ctx, &mcp.CallToolParams{Name: "export"}); err == nil {
			content = len(result.Content)
		}
		session.Close()
	case "mcp-go":
		c, err := client.NewStdioMCPClient(os.Args[2], nil, os.Args[3:]...)
		if err != nil {
			panic(err)
		}
		if _, err := c.Initialize(ctx, mcpgo.InitializeRequest{Params: mcpgo.InitializeParams{ProtocolVersion: "2026-07-28"}}); err != nil {
			panic(err)
		}
		var request mcpgo.CallToolRequest
		request.Params.Name = "export"
		if result, err := c.CallTool(ctx, request); err == nil {
			content = len(result.Content)
		}
		c.Close()
	}
	fmt.Println(map[int]string{-1: "an error", 0: "an empty result", 1: `"done"`}[content])
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
go build -o go .
cat > server.mjs <<'EOF'
import { appendFileSync } from 'node:fs';
import { McpServer, inputRequired } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
const [time, log] = process.argv.slice(2);
serveStdio(() => {
  const mcp = new McpServer({ name: 's', version: '1' });
  mcp.registerTool('export', {}, async ctx => {
    appendFileSync(log, 'call\n');
    const begun = Number(ctx.mcpReq.requestState() ?? Date.now());
    return Date.now() - begun < time ? inputRequired({ requestState: String(begun) }) : { content: [{ type: 'text', text: 'done' }] };
  });
  return mcp;
});
EOF
cat > check.mjs <<'EOF'
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
const rows = [];
for (const [kind, seconds] of [['ts-2', 1], ['ts-2', 5], ['go-sdk', 1]]) {
  const row = [];
  for (const name of ['go-sdk', 'mcp-go', 'ts-2']) {
    const log = `${kind}-${name}-${seconds}.log`;
    const server = [...kind === 'ts-2' ? [process.execPath, 'server.mjs'] : ['./go', 'serve'], `${seconds}000`, log];
    let end;
    if (name !== 'ts-2') end = execFileSync('./go', [name, ...server], { encoding: 'utf8' }).trim();
    else {
      const client = new Client({ name: 'c', version: '1' }, { versionNegotiation: { mode: 'auto' } });
      await client.connect(new StdioClientTransport({ command: server[0], args: server.slice(1) }));
      end = await client.callTool({ name: 'export' }).then(result => `"${result.content[0].text}"`, () => 'an error');
      await client.close();
    }
    const calls = readFileSync(log, 'utf8').split('\n').length - 1;
    row.push(end === '"done"' ? `${name} ${end}` : `${name} ${calls} call${calls > 1 ? 's' : ''}, ${end}`);
  }
  rows.push(`${kind} server, ready after ${seconds} s: ${row.join('; ')}`);
}
console.log(rows.join('\n'));
if (rows.join('\n') !== `ts-2 server, ready after 1 s: go-sdk 1 call, an empty result; mcp-go 3 calls, an error; ts-2 "done"
ts-2 server, ready after 5 s: go-sdk 1 call, an empty result; mcp-go 3 calls, an error; ts-2 11 calls, an error
go-sdk server, ready after 1 s: go-sdk 3 calls, an error; mcp-go 3 calls, an error; ts-2 "done"`) {
  console.log('CHANGED: calls are sent again otherwise');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
