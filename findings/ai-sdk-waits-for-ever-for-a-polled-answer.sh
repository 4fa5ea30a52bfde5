#!/usr/bin/env bash
# Guess:   a server may end the stream of a long call behind an event id, with a `retry:`, and the
#          client fetches the answer by GET with Last-Event-ID: 2025-11-25 demands it of clients,
#          and four SDKs do it. A client that does not says so when the stream has ended.
# Instead: the AI SDK does neither. It does not come back, does not tell the caller, and has no time
#          limit of its own: the tool's execute() stays open for ever, while the answer lies at the
#          server. It agreed to 2025-11-25.
# Where:   npm @ai-sdk/mcp 2.0.99; @modelcontextprotocol/sdk 1.32.2 (also the server), client 2.4.0;
#          github.com/modelcontextprotocol/go-sdk v1.8.0, github.com/mark3labs/mcp-go v1.2.1
# Output:  ts-1: "done", came back with the event id
#          ts-2: "done", came back with the event id
#          go-sdk: "done", came back with the event id
#          mcp-go: "done", came back with the event id
#          ai-sdk: nothing in 6 s, did not come back
# Matters: servers end streams this way where connections are costly, so an agent on this client
#          hangs in its first long call. A bridge in front of it that comes back itself mends that.
#          Give each execute() an abortSignal with a time limit.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/client@2.4.0 @ai-sdk/mcp@2.0.99
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

	"github.com/mark3labs/mcp-go/client"
	mcpgo "github.com/mark3labs/mcp-go/mcp"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// main calls the tool of the server at its second argument with the client that the first one names.
func main() {
	ctx := context.Background()
	if os.Args[1] == "go-sdk" {
		session := must(mcp.NewClient(&mcp.Implementation{Name: "c", Version: "1"}, nil).Connect(ctx, &mcp.StreamableClientTransport{Endpoint: os.Args[2]}, nil))
		result := must(session.CallTool(ctx, &mcp.CallToolParams{Name: "slow"}))
		fmt.Print(result.Content[0].(*mcp.TextContent).Text)
		return
	}
	c := must(client.NewStreamableHttpClient(os.Args[2]))
	must(0, c.Start(ctx))
	must(c.Initialize(ctx, mcpgo.InitializeRequest{Params: mcpgo.InitializeParams{ProtocolVersion: "2025-11-25"}}))
	var request mcpgo.CallToolRequest
	request.Params.Name = "slow"
	fmt.Print(must(c.CallTool(ctx, request)).Content[0].(mcpgo.TextContent).Text)
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
go build -o client .
cat > check.mjs <<'EOF'
import http from 'node:http';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import * as one from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as Transport1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { InMemoryEventStore } from '@modelcontextprotocol/sdk/examples/shared/inMemoryEventStore.js';
import * as two from '@modelcontextprotocol/client';
import { createMCPClient } from '@ai-sdk/mcp';
const text = result => result.content[0].text;
const call = async (client, transport, options) => (await client.connect(transport), text(await client.callTool({ name: 'slow' }, ...options)));
const go = async (name, url) => (await promisify(execFile)('./client', [name, url])).stdout;
const clients = {
  'ts-1': url => call(new one.Client({ name: 'c', version: '1' }), new Transport1(new URL(url)), []),
  'ts-2': url => call(new two.Client({ name: 'c', version: '1' }), new two.StreamableHTTPClientTransport(new URL(url)), []),
  'go-sdk': url => go('go-sdk', url),
  'mcp-go': url => go('mcp-go', url),
  'ai-sdk': async url => {
    const { slow } = await (await createMCPClient({ transport: { type: 'http', url } })).tools();
    return text(await slow.execute({}, { toolCallId: '1', messages: [] }));
  },
};
const rows = [];
for (const [name, run] of Object.entries(clients)) {
  let back = false;
  const sessions = new Map();
  const web = http.createServer(async (req, res) => {
    let body = '';
    for await (const piece of req) body += piece;
    if (req.method === 'GET' && req.headers['last-event-id']) back = true;
    let transport = sessions.get(req.headers['mcp-session-id']);
    if (!transport) {
      const mcp = new McpServer({ name: 's', version: '1' });
      mcp.registerTool('slow', {}, async ({ closeSSEStream }) => {
        closeSSEStream();
        await new Promise(resolve => setTimeout(resolve, 1000));
        return { content: [{ type: 'text', text: 'done' }] };
      });
      transport = new StreamableHTTPServerTransport({ sessionIdGenerator: randomUUID, eventStore: new InMemoryEventStore(), retryInterval: 300, onsessioninitialized: id => { sessions.set(id, transport); } });
      await mcp.connect(transport);
    }
    await transport.handleRequest(req, res, body ? JSON.parse(body) : undefined);
  });
  await new Promise(resolve => web.listen(0, '127.0.0.1', resolve));
  const answer = run(`http://127.0.0.1:${web.address().port}/`).then(text => `"${text}"`);
  const end = await Promise.race([answer, new Promise(resolve => setTimeout(resolve, 6000, 'nothing in 6 s'))]);
  rows.push(`${name}: ${end}, ${back ? 'came back with the event id' : 'did not come back'}`);
  web.close();
}
console.log(rows.join('\n'));
const as = rows.join('\n') === `ts-1: "done", came back with the event id
ts-2: "done", came back with the event id
go-sdk: "done", came back with the event id
mcp-go: "done", came back with the event id
ai-sdk: nothing in 6 s, did not come back`;
if (!as) console.log('CHANGED: other clients come back');
process.exit(as ? 0 : 1);
EOF
node check.mjs
