#!/usr/bin/env bash
# Guess:   on a resumable response stream (events with ids) a JSON-RPC error ends
#          the call as a result does; the client is done with that stream.
# Instead: only a result counts as the answer. After an error the client of the
#          TypeScript SDK 1.x waits a second and opens GET with Last-Event-ID for
#          the call that is already over; the SDK's own server takes it and keeps
#          that stream open. Each error answer of a session leaves one more open
#          stream. The 2.x client does not do it.
# Where:   npm @modelcontextprotocol/sdk 1.32.2 (client and server), @modelcontextprotocol/client 2.4.0
# Output:  1.32.2: 3 results: 0 resumed; 3 errors: 3 resumed, 3 open
#          2.4.0:  3 results: 0 resumed; 3 errors: 0 resumed, 0 open
# Matters: a bridge in the middle must expect a resumption of an answered request,
#          and not hold a thread, a slot or a connection for each of them.
# "Nothing came" for 2.4.0 is judged after 6 s; the delay before a resumption is 1 s.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts \
  @modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/client@2.4.0 zod@4.6.7
cat > check.mjs <<'EOF'
import http from 'node:http';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as Http1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { Client as Client2, StreamableHTTPClientTransport as Http2 } from '@modelcontextprotocol/client';
// The event store keeps the events of each stream in order.
function eventStore() {
  const events = [];
  return {
    async storeEvent(stream, message) {
      events.push({ stream, message });
      return String(events.length);
    },
    async replayEventsAfter(id, { send }) {
      const { stream } = events[id - 1];
      for (let i = Number(id); i < events.length; i++) if (events[i].stream === stream) await send(String(i + 1), events[i].message);
      return stream;
    },
  };
}
async function run(Client, Http) {
  let transport, resumed = 0, open = 0;
  const server = http.createServer(async (req, res) => {
    if (req.headers['last-event-id']) {
      resumed++, open++;
      res.on('close', () => open--);
    }
    if (!transport) {
      transport = new StreamableHTTPServerTransport({ sessionIdGenerator: randomUUID, eventStore: eventStore() });
      const mcp = new McpServer({ name: 's', version: '1' });
      mcp.registerTool('t', { inputSchema: z.object({}) }, async () => ({ content: [] }));
      await mcp.connect(transport);
    }
    await transport.handleRequest(req, res);
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  const client = new Client({ name: 'c', version: '1' });
  await client.connect(new Http(new URL(`http://127.0.0.1:${server.address().port}/`)));
  const wait = async enough => {
    for (const end = Date.now() + 6000; Date.now() < end && !enough(); ) await new Promise(r => setTimeout(r, 50));
  };
  for (let i = 0; i < 3; i++) await client.callTool({ name: 't' });
  await wait(() => resumed > 0);
  const before = resumed;
  for (let i = 0; i < 3; i++) await client.getPrompt({ name: 'none' }).catch(() => {});
  await wait(() => resumed === before + 3);
  const said = `3 results: ${before} resumed; 3 errors: ${resumed - before} resumed, ${open} open`;
  await client.close();
  server.closeAllConnections();
  server.close();
  return said;
}
const old = await run(Client1, Http1);
const now = await run(Client2, Http2);
console.log(`1.32.2: ${old}\n2.4.0:  ${now}`);
if (old !== '3 results: 0 resumed; 3 errors: 3 resumed, 3 open' || now !== '3 results: 0 resumed; 3 errors: 0 resumed, 0 open') {
  console.log('CHANGED: other streams are resumed');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
