#!/usr/bin/env bash
# Guess:   with the TypeScript client's listChanged option, onChanged is handed the new
#          list: all tools of the server.
# Instead: it is handed the first page, with no sign that there is more; nextCursor is
#          read by nobody. A host that takes what it gets loses the other tools at the
#          first tools/list_changed. The 2.x client hands over all pages.
# Where:   npm @modelcontextprotocol/sdk 1.32.2, @modelcontextprotocol/client 2.4.0
# Output:  1.32.2: onChanged got one
#          2.4.0: onChanged got one, two, three
# Matters: a bridge that sends list_changed on its own account (after a reconnect, say)
#          can shrink such a host's tools from three pages to one.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts \
  @modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/client@2.4.0
cat > check.mjs <<'EOF'
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport as Memory1 } from '@modelcontextprotocol/sdk/inMemory.js';
import { Client as Client2, InMemoryTransport as Memory2 } from '@modelcontextprotocol/client';
const pages = { undefined: ['one', '2'], 2: ['two', '3'], 3: ['three', undefined] };
async function run(Client, Memory) {
  const [server, wire] = Memory.createLinkedPair();
  server.onmessage = ({ id, method, params }) => {
    const [name, nextCursor] = pages[params?.cursor];
    if (method === 'tools/list') server.send({ jsonrpc: '2.0', id, result: { tools: [{ name, inputSchema: { type: 'object' } }], nextCursor } });
    if (method === 'initialize')
      server.send({ jsonrpc: '2.0', id, result: { protocolVersion: '2025-11-25', capabilities: { tools: { listChanged: true } }, serverInfo: { name: 's', version: '1' } } });
  };
  await server.start();
  let client;
  const changed = new Promise((resolve, reject) => {
    client = new Client({ name: 'c', version: '1' }, { listChanged: { tools: { onChanged: (error, tools) => (error ? reject(error) : resolve(tools)) } } });
  });
  await client.connect(wire);
  await server.send({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' });
  const tools = await changed;
  await client.close();
  return tools.map(t => t.name).join(', ');
}
const old = await run(Client1, Memory1), now = await run(Client2, Memory2);
console.log(`1.32.2: onChanged got ${old}\n2.4.0: onChanged got ${now}`);
if (old !== 'one' || now !== 'one, two, three') {
  console.log('CHANGED: another list is handed over');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
