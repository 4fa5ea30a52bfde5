#!/usr/bin/env bash
# Guess:   aborting an AbortSignal after the calls it was given to have been
#          answered sends nothing: MCP allows notifications/cancelled only for a
#          request still in progress.
# Instead: the client never takes its listener off the signal. One abort (the end
#          of a chat turn, a closed window) sends one notifications/cancelled for
#          every call ever made with that signal. The 2.x client sends none.
# Where:   npm @modelcontextprotocol/sdk 1.32.2, @modelcontextprotocol/client 2.4.0
# Output:  1.32.2: cancelled after the answers: 1, 2, 3
#          2.4.0: cancelled after the answers: none
# Matters: a bridge sees bursts of cancellations for ids it has answered. Over HTTP
#          each is a request of its own, with its token, quota and audit row; and
#          they must not hit a later request that uses the id again.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts \
  @modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/client@2.4.0
cat > check.mjs <<'EOF'
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport as Memory1 } from '@modelcontextprotocol/sdk/inMemory.js';
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { Client as Client2, InMemoryTransport as Memory2 } from '@modelcontextprotocol/client';
async function run(Client, Memory, call) {
  const [server, wire] = Memory.createLinkedPair();
  const cancelled = [];
  server.onmessage = m => {
    if (m.method === 'notifications/cancelled') cancelled.push(m.params.requestId);
    else if (m.method === 'initialize')
      server.send({ jsonrpc: '2.0', id: m.id, result: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } } });
    else if (m.id !== undefined) server.send({ jsonrpc: '2.0', id: m.id, result: m.method === 'ping' ? {} : { content: [] } });
  };
  await server.start();
  const client = new Client({ name: 'c', version: '1' });
  await client.connect(wire);
  const turn = new AbortController();
  for (const name of ['a', 'b', 'c']) await call(client, { name }, { signal: turn.signal });
  turn.abort('turn over');
  await client.ping(); // sent after the abort, so whatever the abort sends has come
  await client.close();
  return cancelled.join(', ') || 'none';
}
const old = await run(Client1, Memory1, (c, p, o) => c.callTool(p, CallToolResultSchema, o));
const now = await run(Client2, Memory2, (c, p, o) => c.callTool(p, o));
console.log(`1.32.2: cancelled after the answers: ${old}\n2.4.0: cancelled after the answers: ${now}`);
if (old !== '1, 2, 3' || now !== 'none') {
  console.log('CHANGED: other cancellations than before');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
