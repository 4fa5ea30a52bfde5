#!/usr/bin/env bash
# Guess:   the TypeScript client keeps members it does not know, as it does at the top of
#          a result: "future": 1 there is still there after callTool().
# Instead: inside it drops them: of a tool (beside name, inputSchema ...), of a tool's
#          annotations, of a text or link in content. Only the top of a result, the
#          inputSchema and _meta are open. Nothing is said about it.
# Where:   npm @modelcontextprotocol/sdk 1.32.2, @modelcontextprotocol/client 2.4.0
# Output:  kept: result.future, tools[0]._meta.k, tools[0].inputSchema.x-k, content[0]._meta.k
#          dropped: tools[0].x-vendor, tools[0].annotations.costHint, content[0].future   (both)
# Matters: a gateway built on this client is not transparent: members of a newer
#          revision, or of a vendor, vanish where they are of most use. _meta is the
#          only place for data of one's own that survives.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts \
  @modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/client@2.4.0
cat > check.mjs <<'EOF'
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport as Memory1 } from '@modelcontextprotocol/sdk/inMemory.js';
import { Client as Client2, InMemoryTransport as Memory2 } from '@modelcontextprotocol/client';
const results = {
  initialize: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } },
  'tools/list': { tools: [{ name: 't', inputSchema: { type: 'object', 'x-k': 1 }, annotations: { readOnlyHint: true, costHint: 1 }, 'x-vendor': 1, _meta: { k: 1 } }] },
  'tools/call': { content: [{ type: 'text', text: 'x', future: 1, _meta: { k: 1 } }], future: 1 },
};
async function run(Client, Memory) {
  const [server, wire] = Memory.createLinkedPair();
  server.onmessage = ({ id, method }) => id !== undefined && server.send({ jsonrpc: '2.0', id, result: results[method] });
  await server.start();
  const client = new Client({ name: 'c', version: '1' });
  await client.connect(wire);
  const { tools } = await client.listTools();
  const result = await client.callTool({ name: 't' });
  await client.close();
  const members = {
    'result.future': result.future, 'tools[0]._meta.k': tools[0]._meta?.k, 'tools[0].inputSchema.x-k': tools[0].inputSchema['x-k'],
    'content[0]._meta.k': result.content[0]._meta?.k, 'tools[0].x-vendor': tools[0]['x-vendor'],
    'tools[0].annotations.costHint': tools[0].annotations.costHint, 'content[0].future': result.content[0].future,
  };
  const names = kept => Object.keys(members).filter(m => (members[m] === 1) === kept).join(', ');
  return `kept: ${names(true)}; dropped: ${names(false)}`;
}
const old = await run(Client1, Memory1), now = await run(Client2, Memory2);
console.log(`1.32.2: ${old}\n2.4.0: ${now}`);
const want = 'kept: result.future, tools[0]._meta.k, tools[0].inputSchema.x-k, content[0]._meta.k; dropped: tools[0].x-vendor, tools[0].annotations.costHint, content[0].future';
if (old !== want || now !== want) {
  console.log('CHANGED: expected ' + want);
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
