#!/usr/bin/env bash
# Guess:   when a call over Streamable HTTP has timed out at the client, has been
#          cancelled, and the server's tool has stopped, its HTTP request is over too.
# Instead: the POST's event stream stays open until the session ends. A server on the
#          TypeScript SDK does not answer a cancelled request, and closes the stream
#          only after an answer; the SDK's client does not drop its request either.
#          Each call that times out holds one connection at both ends; the SDK's
#          keep-alive comments see to it that nothing in between closes it.
# Where:   npm @modelcontextprotocol/sdk 1.32.2 (client and server), @modelcontextprotocol/client 2.4.0
# Output:  1.32.2: 5 calls timed out, 5 tools stopped, 5 POSTs still open
#          2.4.0:  5 calls timed out, 5 tools stopped, 5 POSTs still open
# Matters: a bridge that waits for the end of the stream before it forgets a request
#          waits for ever. After passing a cancellation on it must close the POST itself.
# "Still open" is judged 3 s after the last tool has stopped.
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
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { Client as Client2, StreamableHTTPClientTransport as Http2 } from '@modelcontextprotocol/client';
async function run(Client, Http, ...schema) {
  let stopped = 0, open = 0;
  const mcp = new McpServer({ name: 's', version: '1' });
  mcp.registerTool('slow', { inputSchema: z.object({}) }, (_, { signal }) =>
    new Promise(resolve => signal.addEventListener('abort', () => (stopped++, resolve({ content: [] })))));
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: randomUUID });
  await mcp.connect(transport);
  const web = http.createServer((req, res) => {
    if (req.method === 'POST') open++, res.on('close', () => open--);
    transport.handleRequest(req, res);
  });
  await new Promise(resolve => web.listen(0, '127.0.0.1', resolve));
  const client = new Client({ name: 'c', version: '1' });
  await client.connect(new Http(new URL(`http://127.0.0.1:${web.address().port}/`)));
  let timedOut = 0;
  for (let i = 0; i < 5; i++) await client.callTool({ name: 'slow' }, ...schema, { timeout: 1500 }).catch(e => (timedOut += /timed out/.test(e.message)));
  for (const end = Date.now() + 5000; stopped < 5 && Date.now() < end; ) await new Promise(r => setTimeout(r, 20));
  for (const end = Date.now() + 3000; open > 0 && Date.now() < end; ) await new Promise(r => setTimeout(r, 20));
  const said = `${timedOut} calls timed out, ${stopped} tools stopped, ${open} POSTs still open`;
  await client.close();
  web.closeAllConnections();
  web.close();
  return said;
}
const old = await run(Client1, Http1, CallToolResultSchema), now = await run(Client2, Http2);
console.log(`1.32.2: ${old}\n2.4.0:  ${now}`);
const want = '5 calls timed out, 5 tools stopped, 5 POSTs still open';
if (old !== want || now !== want) {
  console.log('CHANGED: expected ' + want);
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
