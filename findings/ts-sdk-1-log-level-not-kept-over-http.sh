#!/usr/bin/env bash
# Guess:   after logging/setLevel "error" a TypeScript server sends that client no
#          more debug messages.
# Instead: over stdio it does not; over Streamable HTTP with a session it still does.
#          The level is kept under the session's id, and sendLoggingMessage(message),
#          the usual form, looks it up under no id and finds no limit. Only
#          sendLoggingMessage(message, sessionId) is filtered. setLevel succeeds in
#          either case.
# Where:   npm @modelcontextprotocol/sdk 1.32.2
# Output:  one process, no session: no debug message
#          HTTP session: debug message arrives
# Matters: the same server is quiet when run locally and noisy behind a bridge; the
#          bridge is not at fault, and setLevel alone does not keep the noise away.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @modelcontextprotocol/sdk@1.32.2 zod@4.6.7
cat > check.mjs <<'EOF'
import http from 'node:http';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
function server() {
  const mcp = new McpServer({ name: 's', version: '1' }, { capabilities: { logging: {} } });
  mcp.registerTool('t', { inputSchema: z.object({}) }, async (_, { sessionId }) => {
    await mcp.sendLoggingMessage({ level: 'debug', data: 'debug' });
    await mcp.sendLoggingMessage({ level: 'debug', data: 'debug for the session' }, sessionId);
    await mcp.sendLoggingMessage({ level: 'error', data: 'error' });
    return { content: [] };
  });
  return mcp;
}
async function messages(transport) {
  const got = [];
  const client = new Client({ name: 'c', version: '1' });
  let last;
  const arrived = new Promise(resolve => (last = resolve));
  client.fallbackNotificationHandler = async n => (got.push(n.params.data), n.params.data === 'error' && last());
  await client.connect(transport);
  await client.setLoggingLevel('error');
  await client.callTool({ name: 't' });
  await arrived; // sent last, on the same stream as those before it
  await client.close();
  return got.join(', ');
}
const [a, b] = InMemoryTransport.createLinkedPair();
await server().connect(a);
const local = await messages(b);
let session, opened;
const streamOpen = new Promise(resolve => (opened = resolve));
const web = http.createServer(async (req, res) => {
  if (!session) {
    session = new StreamableHTTPServerTransport({ sessionIdGenerator: randomUUID });
    await server().connect(session);
  }
  // A call waits for the GET stream, as messages sent before it exists are lost.
  if (req.method === 'POST' && req.headers['mcp-session-id'] && Number(req.headers['content-length']) > 60) await streamOpen;
  const poll = setInterval(() => res.headersSent && (clearInterval(poll), req.method === 'GET' && opened()), 10);
  await session.handleRequest(req, res);
});
await new Promise(resolve => web.listen(0, '127.0.0.1', resolve));
const remote = await messages(new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${web.address().port}/`)));
console.log(`no session: ${local}\nHTTP session: ${remote}`);
if (local !== 'error' || remote !== 'debug, error') {
  console.log('CHANGED: the level is kept otherwise');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
