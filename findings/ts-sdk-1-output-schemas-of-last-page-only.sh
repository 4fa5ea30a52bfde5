#!/usr/bin/env bash
# Guess:   the TypeScript SDK's client checks structuredContent against the tool's
#          outputSchema for every tool it has listed.
# Instead: it checks only the tools of the page it listed last, since every
#          listTools() forgets the schemas of the one before; and none before the
#          first listTools(). The same wrong result is accepted, then accepted for
#          a tool of page one and refused for a tool of page two. (The 2.x client
#          lists all pages in one listTools() and checks all of them.)
# Where:   npm @modelcontextprotocol/sdk 1.32.2
# Output:  before listing: one accepted, two accepted
#          after two pages: one accepted, two refused
# Matters: whether a call works depends on how many pages the list had and which
#          was read last; a proxy built on this client checks a random part.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @modelcontextprotocol/sdk@1.32.2
cat > check.mjs <<'EOF'
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
const tool = name => ({ name, inputSchema: { type: 'object' }, outputSchema: { type: 'object', properties: { n: { type: 'number' } } } });
const results = {
  initialize: () => ({ protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } }),
  'tools/list': p => (p?.cursor ? { tools: [tool('two')] } : { tools: [tool('one')], nextCursor: 'more' }),
  'tools/call': () => ({ content: [], structuredContent: { n: 'no number' } }),
};
const [server, wire] = InMemoryTransport.createLinkedPair();
server.onmessage = m => m.id !== undefined && server.send({ jsonrpc: '2.0', id: m.id, result: results[m.method](m.params) });
await server.start();
const client = new Client({ name: 'c', version: '1' });
await client.connect(wire);
const both = async () => {
  const seen = [];
  for (const name of ['one', 'two'])
    seen.push(name + ' ' + (await client.callTool({ name }).then(() => 'accepted', () => 'refused')));
  return seen.join(', ');
};
const before = await both();
await client.listTools();
await client.listTools({ cursor: 'more' });
const after = await both();
console.log(`before listing: ${before}\nafter two pages: ${after}`);
if (before !== 'one accepted, two accepted' || after !== 'one accepted, two refused') {
  console.log('CHANGED: other tools are checked now');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
