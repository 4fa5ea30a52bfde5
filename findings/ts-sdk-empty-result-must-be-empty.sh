#!/usr/bin/env bash
# Guess:   a result may always have members of its own: the specification leaves every
#          result open, and the TypeScript client keeps such members of a tools/call.
# Instead: the answers to ping, logging/setLevel, resources/subscribe and unsubscribe must
#          have nothing but _meta. With one member more, {"ok":true} say, the call fails at
#          the client although the server has done what was asked.
# Where:   npm @modelcontextprotocol/sdk 1.32.2, @modelcontextprotocol/client 2.4.0
# Output:  1.32.2: tools/call accepted, ping refused, setLevel refused, subscribe refused   (2.4.0 the same)
# Matters: a bridge or gateway that adds a member to every result (a trace id, a cost, or
#          "resultType" of the newer revision in an old session) breaks these four. Put it
#          into _meta.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts \
  @modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/client@2.4.0
cat > check.mjs <<'EOF'
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport as Memory1 } from '@modelcontextprotocol/sdk/inMemory.js';
import { Client as Client2, InMemoryTransport as Memory2 } from '@modelcontextprotocol/client';
const seen = [];
for (const [version, Client, Memory] of [['1.32.2', Client1, Memory1], ['2.4.0', Client2, Memory2]]) {
  for (const extra of [{ ok: true }, { _meta: { ok: true } }]) {
    const [server, wire] = Memory.createLinkedPair();
    const results = {
      initialize: { protocolVersion: '2025-11-25', capabilities: { tools: {}, logging: {}, resources: { subscribe: true } }, serverInfo: { name: 's', version: '1' } },
      'tools/call': { content: [] },
    };
    server.onmessage = ({ id, method }) => id !== undefined && server.send({ jsonrpc: '2.0', id, result: { ...results[method], ...extra } });
    await server.start();
    const client = new Client({ name: 'c', version: '1' });
    await client.connect(wire);
    const calls = {
      'tools/call': () => client.callTool({ name: 't', arguments: {} }), ping: () => client.ping(),
      setLevel: () => client.setLoggingLevel('error'), subscribe: () => client.subscribeResource({ uri: 'a:b' }),
    };
    const how = [];
    for (const [name, call] of Object.entries(calls)) how.push(name + ' ' + (await call().then(() => 'accepted', e => (/unrecognized_keys/.test(e.message) ? 'refused' : e.message))));
    seen.push(`${version} ${Object.keys(extra)}: ${how.join(', ')}`);
    await client.close();
  }
}
console.log(seen.join('\n'));
const want = ['1.32.2', '2.4.0'].flatMap(v => [
  `${v} ok: tools/call accepted, ping refused, setLevel refused, subscribe refused`,
  `${v} _meta: tools/call accepted, ping accepted, setLevel accepted, subscribe accepted`,
]);
if (seen.join() !== want.join()) {
  console.log('CHANGED: expected\n' + want.join('\n'));
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
