#!/usr/bin/env bash
# Guess:   maxTotalTimeout is the longest a call of the TypeScript client can take;
#          when it is over, the server is told by notifications/cancelled, as it is
#          when the ordinary timeout is over.
# Instead: no timer belongs to it. It is looked at only when a progress notification
#          arrives, with onprogress and resetTimeoutOnProgress both given. A silent
#          call runs on to the ordinary timeout; and where progress does trip it,
#          the caller gets an error but the server is told nothing and works on.
# Where:   npm @modelcontextprotocol/sdk 1.32.2, @modelcontextprotocol/client 2.4.0
# Output:  1.32.2 silent: answered, cancelled sent 0
#          1.32.2 with progress: Maximum total timeout exceeded, cancelled sent 0
#          1.32.2 timeout alone: Request timed out, cancelled sent 1   (2.4.0 the same)
# Matters: a bridge or gateway that relies on the client's total limit to free a
#          call waits for a cancellation that never comes.
# The call takes 900 ms; the limit is 300 ms in every row.
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
  let cancelled = 0, finished = () => {};
  server.onmessage = m => {
    const answer = result => server.send({ jsonrpc: '2.0', id: m.id, result }).catch(() => {});
    if (m.method === 'notifications/cancelled') cancelled++;
    if (m.method === 'initialize') answer({ protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } });
    if (m.method !== 'tools/call') return;
    let n = 0;
    const progressToken = m.params._meta?.progressToken;
    const timer = setInterval(() => {
      if (++n === 9) return clearInterval(timer), answer({ content: [] }), finished();
      if (progressToken !== undefined) server.send({ jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken, progress: n } }).catch(() => {});
    }, 100);
  };
  await server.start();
  const client = new Client({ name: 'c', version: '1' });
  await client.connect(wire);
  for (const [name, options] of [
    ['silent', { timeout: 20000, maxTotalTimeout: 300, resetTimeoutOnProgress: true }],
    ['with progress', { timeout: 20000, maxTotalTimeout: 300, resetTimeoutOnProgress: true, onprogress() {} }],
    ['timeout alone', { timeout: 300 }],
  ]) {
    cancelled = 0;
    const done = new Promise(resolve => (finished = resolve));
    const how = await call(client, { name: 't' }, options).then(() => 'answered', e => e.message.replace(/^MCP error -\d+: /, ''));
    await done; // the server's work is over, so a cancellation would have come
    seen.push(`${version} ${name}: ${how}, cancelled sent ${cancelled}`);
  }
  await client.close();
}
await run('1.32.2', Client1, Memory1, (c, p, o) => c.callTool(p, CallToolResultSchema, o));
await run('2.4.0', Client2, Memory2, (c, p, o) => c.callTool(p, o));
console.log(seen.join('\n'));
const want = ['1.32.2', '2.4.0'].flatMap(v => [
  `${v} silent: answered, cancelled sent 0`,
  `${v} with progress: Maximum total timeout exceeded, cancelled sent 0`,
  `${v} timeout alone: Request timed out, cancelled sent 1`,
]);
if (seen.join() !== want.join()) {
  console.log('CHANGED: expected\n' + want.join('\n'));
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
