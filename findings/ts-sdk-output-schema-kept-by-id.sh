#!/usr/bin/env bash
# Guess:   after the tools are listed again, the TypeScript client checks a result
#          against the outputSchema it has just been given.
# Instead: where the schema has an $id, the first schema seen under that $id is
#          used as long as the client lives. A server that changes its schema and
#          sends list_changed has its right results refused; and of two tools whose
#          schemas share an $id the second is checked against the schema of the first.
# Where:   npm @modelcontextprotocol/sdk 1.32.2, @modelcontextprotocol/client 2.4.0
# Output:  1.32.2: schema says string, result is a string: refused (must be number)
#          1.32.2: other tool with that $id: refused (must be number)   (2.4.0 the same)
# Matters: a gateway that joins several servers brings equal $id values together; a
#          bridge that restores a session after an upgrade brings a changed schema.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts \
  @modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/client@2.4.0
cat > check.mjs <<'EOF'
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport as Memory1 } from '@modelcontextprotocol/sdk/inMemory.js';
import { Client as Client2, InMemoryTransport as Memory2 } from '@modelcontextprotocol/client';
const tool = (name, type, id) => ({ name, inputSchema: { type: 'object' }, outputSchema: { $id: id, type: 'object', properties: { v: { type } } } });
async function run(Client, Memory) {
  let tools = [tool('a', 'number', 'https://example.com/out')], v = 1;
  const [server, wire] = Memory.createLinkedPair();
  const results = {
    initialize: () => ({ protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } }),
    'tools/list': () => ({ tools }),
    'tools/call': () => ({ content: [], structuredContent: { v } }),
  };
  server.onmessage = m => m.id !== undefined && server.send({ jsonrpc: '2.0', id: m.id, result: results[m.method]() });
  await server.start();
  const client = new Client({ name: 'c', version: '1' });
  await client.connect(wire);
  const call = name => client.callTool({ name }).then(() => 'accepted', e => `refused (${/must be \w+/.exec(e.message)})`);
  await client.listTools();
  const first = await call('a');
  v = 'text';
  tools = [tool('a', 'string', 'https://example.com/out'), tool('b', 'string', 'https://example.com/out'), tool('c', 'string', 'https://example.com/other')];
  await client.listTools();
  const seen = [first, await call('a'), await call('b'), await call('c')];
  await client.close();
  return seen.join(', ');
}
const old = await run(Client1, Memory1), now = await run(Client2, Memory2);
console.log(`number under the first schema, then string under: the changed schema, another tool with that $id, another $id\n1.32.2: ${old}\n2.4.0: ${now}`);
const want = 'accepted, refused (must be number), refused (must be number), accepted';
if (old !== want || now !== want) {
  console.log('CHANGED: expected ' + want);
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
