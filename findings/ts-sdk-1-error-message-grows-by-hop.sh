#!/usr/bin/env bash
# Guess:   the message of a JSON-RPC error arrives as the server wrote it.
# Instead: with the TypeScript SDK 1.x "MCP error CODE: " is put before it when the error
#          is made, goes over the wire, and is put before it once more by the client that
#          receives it; each relay built on the SDK adds another. 2.x adds none.
# Where:   npm @modelcontextprotocol/sdk 1.32.2, @modelcontextprotocol/server 2.4.0
# Output:  1.32.2 wire: MCP error -32010: quota used up
#          1.32.2 client: MCP error -32010: MCP error -32010: quota used up
#          1.32.2 client behind one relay: MCP error -32010: MCP error -32010: MCP error -32010: quota used up
#          2.4.0 client: quota used up
# Matters: who compares messages (a test, a rule, a bridge that looks for "session not
#          found") must look for the words inside, and go by code and data instead.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts \
  @modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/client@2.4.0 @modelcontextprotocol/server@2.4.0
cat > check.mjs <<'EOF'
import { Server as Server1 } from '@modelcontextprotocol/sdk/server/index.js';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport as Memory1 } from '@modelcontextprotocol/sdk/inMemory.js';
import { McpError, GetPromptRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { Server as Server2, InMemoryTransport as Memory2, ProtocolError } from '@modelcontextprotocol/server';
import { Client as Client2 } from '@modelcontextprotocol/client';
const info = { name: 'x', version: '1' }, options = { capabilities: { prompts: {} } };
let wire;
async function client1(handler, watch) {
  const [a, b] = Memory1.createLinkedPair();
  const server = new Server1(info, options);
  server.setRequestHandler(GetPromptRequestSchema, handler);
  await server.connect(a);
  const client = new Client1(info);
  const connected = client.connect(b);
  if (watch) {
    const deliver = b.onmessage;
    b.onmessage = (m, extra) => (m.error && (wire = m.error.message), deliver(m, extra));
  }
  await connected;
  return client;
}
const message = client => client.getPrompt({ name: 'p' }).then(() => 'no error', e => e.message);
const direct = await client1(() => { throw new McpError(-32010, 'quota used up'); }, true);
const relay = await client1(({ params }) => direct.getPrompt(params));
const seen = { '1.32.2 client': await message(direct) };
seen['1.32.2 wire'] = wire;
seen['1.32.2 client behind one relay'] = await message(relay);
const [a, b] = Memory2.createLinkedPair();
const server = new Server2(info, options);
server.setRequestHandler('prompts/get', () => { throw new ProtocolError(-32010, 'quota used up'); });
await server.connect(a);
const client = new Client2(info);
await client.connect(b);
seen['2.4.0 client'] = await message(client);
const prefix = 'MCP error -32010: ';
const want = { '1.32.2 wire': 1, '1.32.2 client': 2, '1.32.2 client behind one relay': 3, '2.4.0 client': 0 };
let failed = false;
for (const [where, times] of Object.entries(want)) {
  console.log(`${where}: ${seen[where]}`);
  if (seen[where] !== prefix.repeat(times) + 'quota used up') (failed = true), console.log(`CHANGED: expected the prefix ${times} times`);
}
process.exit(failed ? 1 : 0);
EOF
node check.mjs
