#!/usr/bin/env bash
# Guess:   what a server declares in its answer to initialize holds in that session: with
#          resources.subscribe it takes resources/subscribe, and with tools.listChanged its
#          notification arrives, in 2025-11-25 on the stream of a GET. A server without such a
#          stream answers GET with 405 (Transports, Listening for Messages from the Server).
# Instead: mcp-use 2.x serves 2026-07-28 and the older revisions without sessions, and declares
#          the same to both. In 2025-11-25 resources/subscribe is "Method not found", and GET is
#          answered with 204, or with 400 "Invalid JSON" if it has a Content-Type, so that no
#          notification ever arrives. In 2026-07-28 it does.
# Where:   npm mcp-use 2.5.2, @modelcontextprotocol/sdk 1.32.2, @modelcontextprotocol/client 2.4.0
# Output:  2025-11-25: subscribe declared: true, subscribe: MCP error -32601: Method not found
#          2025-11-25: listChanged declared: true, GET: 204, GET with a content type: 400, heard: nothing
#          2026-07-28: listChanged declared: true, heard: notifications/tools/list_changed
# Matters: a bridge that keeps a list until list_changed arrives keeps it for ever; declared
#          is not delivered, and only an open stream shows that it can be. 204 has to be read as
#          405 is, not as a stream that ended and is to be opened again.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts mcp-use@2.5.2 zod@4.6.7 @modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/client@2.4.0
cat > check.mjs <<'EOF'
import { MCPServer } from 'mcp-use';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { Client as Client2, StreamableHTTPClientTransport as Transport2 } from '@modelcontextprotocol/client';
const say = console.log;
console.log = console.error = () => {};
const server = new MCPServer({ name: 's', version: '1.0.0' });
server.tool({ name: 't', description: 'd' }, async () => ({ content: [] }));
server.resource({ name: 'r', uri: 'x://r' }, async () => ({ contents: [{ uri: 'x://r', text: 'x' }] }));
const url = new URL((await server.listen(0)).url);
// What each client is told, while the server tells of a change ten times.
async function heard(client) {
  const methods = new Set();
  client.fallbackNotificationHandler = async ({ method }) => methods.add(method);
  for (let i = 0; i < 10; i++) {
    server.notifyToolsChanged();
    await new Promise(next => setTimeout(next, 100));
  }
  return [...methods].join(', ') || 'nothing';
}
const lines = [], gets = [];
const old = new Client({ name: 'c', version: '1' });
await old.connect(new StreamableHTTPClientTransport(url, {
  async fetch(address, init) {
    const answer = await fetch(address, init);
    if (init.method === 'GET') gets.push(answer.status);
    return answer;
  },
}));
const { resources, tools } = old.getServerCapabilities();
lines.push(`2025-11-25: subscribe declared: ${resources?.subscribe}, subscribe: ${await old.subscribeResource({ uri: 'x://r' }).then(() => 'done', error => error.message)}`);
const told = await heard(old);
const typed = await fetch(url, { headers: { accept: 'text/event-stream', 'content-type': 'application/json', 'mcp-protocol-version': '2025-11-25' } });
lines.push(`2025-11-25: listChanged declared: ${tools?.listChanged}, GET: ${gets.join(' ')}, GET with a content type: ${typed.status}, heard: ${told}`);
const young = new Client2({ name: 'c', version: '1' }, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
await young.connect(new Transport2(url));
await young.listen({ toolsListChanged: true });
lines.push(`2026-07-28: listChanged declared: ${young.getServerCapabilities().tools?.listChanged}, heard: ${await heard(young)}`);
const want = [
  '2025-11-25: subscribe declared: true, subscribe: MCP error -32601: Method not found',
  '2025-11-25: listChanged declared: true, GET: 204, GET with a content type: 400, heard: nothing',
  '2026-07-28: listChanged declared: true, heard: notifications/tools/list_changed',
];
lines.forEach(line => say(line));
const changed = lines.join() !== want.join();
if (changed) say('CHANGED: expected\n' + want.join('\n'));
process.exit(changed ? 1 : 0);
EOF
node check.mjs
