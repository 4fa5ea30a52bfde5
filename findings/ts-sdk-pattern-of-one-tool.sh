#!/usr/bin/env bash
# Guess:   a "pattern" such as ^\d{3}\-\d{4}$ in the outputSchema of one tool is no
#          matter to the client: it is a good regular expression in JavaScript as in
#          Python and Go, and at worst the one result is not checked.
# Instead: the client compiles patterns with the u flag, under which \- outside of a
#          class is a syntax error. TypeScript SDK 1.x: tools/list as a whole fails,
#          and no tool of that server can be listed. 2.x: the list works, but calling
#          the tool fails before anything is sent.
# Where:   npm @modelcontextprotocol/sdk 1.32.2, @modelcontextprotocol/client 2.4.0
# Output:  1.32.2: list: Invalid regular expression: /^\d{3}\-\d{4}$/u: Invalid escape
#          2.4.0: list: 2 tools; call: Tool 'phone' has an invalid outputSchema: ...; calls sent: 0
# Matters: "the server has no tools" can come from one regular expression in one tool
#          that the user does not need. A bridge's doctor can name it.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts \
  @modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/client@2.4.0
cat > check.mjs <<'EOF'
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport as Memory1 } from '@modelcontextprotocol/sdk/inMemory.js';
import { Client as Client2, InMemoryTransport as Memory2 } from '@modelcontextprotocol/client';
const pattern = '^\\d{3}\\-\\d{4}$';
if (!new RegExp(pattern).test('555-1234')) throw new Error('the pattern itself is wrong');
const tools = [
  { name: 'plain', inputSchema: { type: 'object' } },
  { name: 'phone', inputSchema: { type: 'object' }, outputSchema: { type: 'object', properties: { number: { type: 'string', pattern } } } },
];
async function run(Client, Memory) {
  let calls = 0;
  const [server, wire] = Memory.createLinkedPair();
  const results = {
    initialize: () => ({ protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } }),
    'tools/list': () => ({ tools }),
    'tools/call': () => (calls++, { content: [], structuredContent: { number: '555-1234' } }),
  };
  server.onmessage = m => m.id !== undefined && server.send({ jsonrpc: '2.0', id: m.id, result: results[m.method]() });
  await server.start();
  const client = new Client({ name: 'c', version: '1' });
  await client.connect(wire);
  const list = await client.listTools().then(r => r.tools.length + ' tools', e => e.message);
  const call = await client.callTool({ name: 'phone' }).then(() => 'accepted', e => e.message);
  await client.close();
  return { list, call, calls };
}
const old = await run(Client1, Memory1), now = await run(Client2, Memory2);
console.log(`1.32.2: list: ${old.list}\n2.4.0: list: ${now.list}; call: ${now.call}; calls sent: ${now.calls}`);
if (!/Invalid regular expression/.test(old.list) || now.list !== '2 tools' || !/invalid outputSchema/.test(now.call) || now.calls !== 0) {
  console.log('CHANGED: the pattern is taken otherwise');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
