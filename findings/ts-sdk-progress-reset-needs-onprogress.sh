#!/usr/bin/env bash
# Guess:   with resetTimeoutOnProgress: true a long tool call of the TypeScript
#          client lives as long as the server reports progress.
# Instead: only if onprogress is given as well. Without it no progressToken is
#          sent, so the server has nothing to report on, and one that reports all
#          the same is ignored ("unknown token"). The option alone changes nothing.
# Where:   npm @modelcontextprotocol/sdk 1.32.2, @modelcontextprotocol/client 2.4.0
# Output:  1.32.2 without onprogress: token undefined, timed out
#          1.32.2 with onprogress: token 2, answered          (2.4.0 the same)
# Matters: a bridge cannot keep such a call alive by passing progress on; its caller
#          asked for the reset and still gets the time limit.
# The call takes 2.7 s, its limit is 1.5 s, and progress is sent every 300 ms.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts \
  @modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/client@2.4.0
cat > check.mjs <<'EOF'
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport as Memory1 } from '@modelcontextprotocol/sdk/inMemory.js';
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { Client as Client2, InMemoryTransport as Memory2 } from '@modelcontextprotocol/client';
const seen = [];
async function run(version, Client, Memory, call) {
  const [server, wire] = Memory.createLinkedPair();
  let token;
  server.onmessage = m => {
    const answer = result => server.send({ jsonrpc: '2.0', id: m.id, result }).catch(() => {});
    if (m.method === 'initialize') answer({ protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } });
    if (m.method !== 'tools/call') return;
    token = m.params._meta?.progressToken;
    let n = 0;
    const timer = setInterval(() => {
      if (++n === 9) return clearInterval(timer), answer({ content: [] });
      server.send({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: token ?? m.id, progress: n } }).catch(() => {});
    }, 300);
  };
  await server.start();
  const client = new Client({ name: 'c', version: '1' });
  await client.connect(wire);
  for (const [name, extra] of [['without', {}], ['with', { onprogress() {} }]]) {
    const how = await call(client, { name: 't' }, { timeout: 1500, resetTimeoutOnProgress: true, ...extra })
      .then(() => 'answered', e => (/timed out/.test(e.message) ? 'timed out' : e.message));
    seen.push(`${version} ${name} onprogress: token ${token}, ${how}`);
  }
  await client.close();
}
await run('1.32.2', Client1, Memory1, (c, p, o) => c.callTool(p, CallToolResultSchema, o));
await run('2.4.0', Client2, Memory2, (c, p, o) => c.callTool(p, o));
console.log(seen.join('\n'));
const want = ['1.32.2', '2.4.0'].flatMap(v => [`${v} without onprogress: token undefined, timed out`, `${v} with onprogress: token 2, answered`]);
if (seen.join() !== want.join()) {
  console.log('CHANGED: expected\n' + want.join('\n'));
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
