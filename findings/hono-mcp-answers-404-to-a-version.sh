#!/usr/bin/env bash
# Guess:   @hono/mcp is the TypeScript SDK's transport for Hono, and answers a version that
#          it does not speak as that one does and as MCP says: 400.
# Instead: 404, the status that means "this session is over" to a client with a session.
#          The session is alive; the same request with a known version is answered.
# Where:   npm @hono/mcp 0.3.2, hono 4.13.19, @modelcontextprotocol/sdk 1.32.2
# Output:  @hono/mcp: version 2026-07-28: 404 -32000 Bad Request: Unsupported protocol version; afterwards, version 2025-11-25: 200
#          SDK: version 2026-07-28: 400 -32000 Bad Request: Unsupported protocol version; afterwards, version 2025-11-25: 200
# Matters: a client or a gateway that begins a new session at each 404 does so for ever
#          here, and loses what the session held. The status does not do: the body has to
#          be read first, and a 404 that speaks of the version is no lost session.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @hono/mcp@0.3.2 hono@4.13.19 @modelcontextprotocol/sdk@1.32.2 zod@4.6.7
cat > check.mjs <<'EOF'
import { randomUUID } from 'node:crypto';
import { Hono } from 'hono';
import { StreamableHTTPTransport } from '@hono/mcp';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
async function server(Transport, handle) {
  const mcp = new McpServer({ name: 's', version: '1' }), transport = new Transport({ sessionIdGenerator: randomUUID });
  await mcp.connect(transport);
  return new Hono().all('/mcp', context => handle(transport, context));
}
const servers = {
  '@hono/mcp': [await server(StreamableHTTPTransport, (transport, context) => transport.handleRequest(context)), 404],
  SDK: [await server(WebStandardStreamableHTTPServerTransport, (transport, context) => transport.handleRequest(context.req.raw)), 400],
};
let failed = false;
for (const [name, [app, want]] of Object.entries(servers)) {
  const post = (message, headers) => app.request('/mcp', {
    method: 'POST', body: JSON.stringify({ jsonrpc: '2.0', ...message }),
    headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
  });
  const begun = await post({ id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } } });
  await begun.text();
  const session = { 'mcp-session-id': begun.headers.get('mcp-session-id') };
  const refused = await post({ id: 2, method: 'ping' }, { ...session, 'mcp-protocol-version': '2026-07-28' });
  const { error } = await refused.json();
  const after = await post({ id: 3, method: 'ping' }, { ...session, 'mcp-protocol-version': '2025-11-25' });
  await after.text();
  const words = error.message.match(/^Bad Request: Unsupported protocol version/)?.[0] ?? error.message;
  console.log(`${name}: version 2026-07-28: ${refused.status} ${error.code} ${words}; afterwards, version 2025-11-25: ${after.status}`);
  if (refused.status !== want || after.status !== 200) (failed = true), console.log(`CHANGED: expected ${want}, and 200 afterwards`);
}
process.exit(failed ? 1 : 0);
EOF
node check.mjs
