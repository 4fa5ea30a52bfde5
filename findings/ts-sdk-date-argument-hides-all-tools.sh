#!/usr/bin/env bash
# Guess:   an argument that JSON Schema cannot express, such as z.date() or z.bigint(), is
#          refused where the tool is registered, or published as text or number.
# Instead: registering works, and the server starts. tools/list is then answered with an
#          error for all tools, so that a client has none. Calling a tool by its name works.
# Where:   npm @modelcontextprotocol/sdk 1.32.2, @modelcontextprotocol/server 2.4.0, zod 4.6.7
# Output:  SDK 1: tools/list with z.date(): error -32603 Date cannot be represented in JSON Schema;
#            tools/call of the other tool: ran
#          (the same with z.bigint(), and with SDK 2)
# Matters: one tool hides its neighbours, at run time only and without a word in the
#          server's log. Bigints are what one takes for Databricks' ids above 2^53: say
#          z.string() or z.iso.datetime() instead. A gateway that joins servers must not
#          take such an error for an empty list.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/server@2.4.0 zod@4.6.7
cat > check.mjs <<'EOF'
import { z } from 'zod';
import { InMemoryTransport as Pipe1 } from '@modelcontextprotocol/sdk/inMemory.js';
import { McpServer as Server1 } from '@modelcontextprotocol/sdk/server/mcp.js';
import { InMemoryTransport as Pipe2, McpServer as Server2 } from '@modelcontextprotocol/server';
const text = content => ({ content: [{ type: 'text', text: content }] });
let failed = false;
for (const [sdk, Server, Pipe] of [['SDK 1', Server1, Pipe1], ['SDK 2', Server2, Pipe2]])
  for (const [what, type, word] of [['z.date()', z.date(), 'Date'], ['z.bigint()', z.bigint(), 'BigInt']]) {
    const server = new Server({ name: 's', version: '1' });
    server.registerTool('fine', { inputSchema: z.object({}) }, async () => text('ran'));
    server.registerTool('odd', { inputSchema: z.object({ value: type }) }, async () => text('ran'));
    const [near, far] = Pipe.createLinkedPair();
    await server.connect(far);
    const waiting = new Map();
    near.onmessage = message => waiting.get(message.id)?.(message);
    await near.start();
    const ask = (id, method, params) => new Promise(resolve => (waiting.set(id, resolve), near.send({ jsonrpc: '2.0', id, method, params })));
    await ask(1, 'initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } });
    await near.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
    const list = await ask(2, 'tools/list', {}), call = await ask(3, 'tools/call', { name: 'fine', arguments: {} });
    const seen = list.error ? `error ${list.error.code} ${list.error.message}` : `tools ${list.result.tools.map(tool => tool.name)}`;
    console.log(`${sdk}: tools/list with ${what}: ${seen}; tools/call of the other tool: ${call.result?.content[0].text}`);
    if (seen !== `error -32603 ${word} cannot be represented in JSON Schema` || call.result?.content[0].text !== 'ran')
      (failed = true), console.log('CHANGED: the tools are listed, or another error is given');
  }
process.exit(failed ? 1 : 0);
EOF
node check.mjs
