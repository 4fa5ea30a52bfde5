#!/usr/bin/env bash
# Guess:   before the client has sent logging/setLevel, a server with the logging
#          capability sends every log message, or every server sends the same ones.
# Instead: the TypeScript SDK sends all, mcp-go those of level error and above, the Go
#          SDK none at all: there a client that never calls setLevel sees no log message,
#          not even an emergency, though the capability is there by default.
# Where:   npm @modelcontextprotocol/sdk 1.32.2, github.com/modelcontextprotocol/go-sdk v1.8.0,
#          github.com/mark3labs/mcp-go v1.2.1
# Output:  TypeScript: before setLevel: info, emergency; after: info, emergency
#          go-sdk: before setLevel: none; after: info, emergency
#          mcp-go: before setLevel: emergency; after: info, emergency
# Matters: a bridge that makes a new session for its client must send the last setLevel
#          again, or the log of a Go server ends there without a trace.
# A message counts as not sent if it has not come two seconds after the answer.
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
		mcp.AddTool(s, &mcp.Tool{Name: "t"}, func(ctx context.Context, r *mcp.CallToolRequest, _ struct{}) (*mcp.CallToolResult, any, error) {
			for _, level := range []mcp.LoggingLevel{"info", "emergency"} {
				r.Session.Log(ctx, &mcp.LoggingMessageParams{Level: level, Data: "x"})
			}
			return nil, nil, nil
		})
		s.Run(ctx, &mcp.StdioTransport{})
		return
	}
	s := mcpgo.NewMCPServer("s", "1", mcpgo.WithToolCapabilities(true), mcpgo.WithLogging())
	s.AddTool(types.NewTool("t"), func(ctx context.Context, _ types.CallToolRequest) (*types.CallToolResult, error) {
		for _, level := range []types.LoggingLevel{types.LoggingLevelInfo, types.LoggingLevelEmergency} {
			s.SendLogMessageToClient(ctx, types.NewLoggingMessageNotification(level, "", "x"))
		}
		return types.NewToolResultText(""), nil
	})
	mcpgo.NewStdioServer(s).Listen(ctx, os.Stdin, os.Stdout)
}
END
go mod tidy >/dev/null 2>&1
go build -o server .
cat > ts.mjs <<'END'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
const mcp = new McpServer({ name: 's', version: '1' }, { capabilities: { logging: {} } });
mcp.registerTool('t', {}, async () => {
  await mcp.sendLoggingMessage({ level: 'info', data: 'x' });
  await mcp.sendLoggingMessage({ level: 'emergency', data: 'x' });
  return { content: [] };
});
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
  TypeScript: 'before setLevel: info, emergency; after: info, emergency',
  'go-sdk': 'before setLevel: none; after: info, emergency',
  'mcp-go': 'before setLevel: emergency; after: info, emergency',
};
let failed = false;
for (const [name, command] of Object.entries(servers)) {
  const seen = await session(command, async (ask, notes) => {
    const levels = async enough => {
      notes.length = 0;
      await ask('tools/call', { name: 't', arguments: {} });
      await ask('ping');
      // mcp-go writes notifications on the side; they may come a little after the answer.
      const logs = () => notes.filter(n => n.method === 'notifications/message').map(n => n.params.level);
      for (const end = Date.now() + 2000; logs().length < enough && Date.now() < end; ) await new Promise(r => setTimeout(r, 20));
      return logs().join(', ') || 'none';
    };
    const before = await levels(2);
    await ask('logging/setLevel', { level: 'debug' });
    return 'before setLevel: ' + before + '; after: ' + (await levels(2));
  });
  console.log(name + ': ' + seen);
  if (seen !== want[name]) (failed = true), console.log('CHANGED: expected ' + want[name]);
}
process.exit(failed ? 1 : 0);
END
node check.mjs
