#!/usr/bin/env bash
# Guess:   an MCP client opens its GET stream after initialize, with the session id it got.
# Instead: the AI SDK's client sends GET first: without a session id, and with the header
#          MCP-Protocol-Version 2025-11-25, though no version has been agreed on. A server
#          with sessions answers 400. After initialize it opens GET again, with the session.
# Where:   npm @ai-sdk/mcp 2.0.99, server on @modelcontextprotocol/sdk 1.32.2
# Output:  POST server/discover; GET without session, 2025-11-25: 400; POST initialize; GET with session: 200
# Matters: a bridge that serves HTTP must answer such a GET with a plain 400 or 405 at once;
#          it must not open anything upstream for it, or count it as a lost session.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @ai-sdk/mcp@2.0.99 @modelcontextprotocol/sdk@1.32.2 zod@4.6.7
cat > check.mjs <<'EOF'
import http from 'node:http';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { createMCPClient } from '@ai-sdk/mcp';
const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: randomUUID });
const mcp = new McpServer({ name: 's', version: '1' });
mcp.registerTool('t', { inputSchema: z.object({}) }, async () => ({ content: [] }));
await mcp.connect(transport);
const seen = [];
let withSession;
const streamOpen = new Promise(resolve => (withSession = resolve));
const web = http.createServer(async (req, res) => {
  let body = '';
  for await (const chunk of req) body += chunk;
  const m = body ? JSON.parse(body) : undefined;
  const session = req.headers['mcp-session-id'] ? 'with' : 'without';
  const entry = { text: `${req.method} ${m?.method ?? session + ' session'}`, version: req.headers['mcp-protocol-version'], res };
  seen.push(entry);
  if (req.method === 'GET' && session === 'with') {
    const poll = setInterval(() => res.headersSent && (clearInterval(poll), withSession()), 10);
  }
  await transport.handleRequest(req, res, m);
});
await new Promise(resolve => web.listen(0, '127.0.0.1', resolve));
const client = await createMCPClient({ transport: { type: 'http', url: `http://127.0.0.1:${web.address().port}/mcp` }, onUncaughtError() {} });
await client.tools();
await Promise.race([streamOpen, new Promise(resolve => setTimeout(resolve, 10000))]);
const get = seen.findIndex(e => e.text === 'GET without session'), initialize = seen.findIndex(e => e.text === 'POST initialize');
const later = seen.find(e => e.text === 'GET with session');
for (const e of seen) console.log(`${e.text}, ${e.version}: ${e.res.statusCode}`);
await client.close();
if (get < 0 || get > initialize || seen[get].version !== '2025-11-25' || seen[get].res.statusCode !== 400 || later?.res.statusCode !== 200) {
  console.log('CHANGED: GET comes at another time');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
