#!/usr/bin/env bash
# Guess:   a server of the newest Mastra serves MCP clients of today: it is built on the TypeScript
#          SDK 2.x, whose servers answer an initialize of 2025-11-25 beside 2026-07-28.
# Instead: it tells the SDK to refuse all that is older than 2026-07-28, over stdio and HTTP, and
#          has no option for it: initialize is answered -32022 (400 over HTTP). SDK 1.x's newest
#          client cannot connect, and neither can that of 2.x, which begins with initialize unless
#          told otherwise. Mastra's own client asks for the revision first, and can.
# Where:   npm @mastra/mcp 2.0.0, @mastra/core 1.71.0, @modelcontextprotocol/sdk 1.32.2,
#          client 2.4.0
# Output:  SDK 1.x: error -32022; client 2.x: error -32022; client 2.x, mode auto: "ran"; Mastra: "ran"
#          HTTP, initialize of 2025-11-25: 400, error -32022, supported 2026-07-28
# Matters: an update of one package shuts out most AI clients, while its own tests pass. -32022
#          names what is supported: a bridge can speak that to the server, and initialize to the
#          client.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @mastra/mcp@2.0.0 @mastra/core@1.71.0 @modelcontextprotocol/sdk@1.32.2 \
  @modelcontextprotocol/client@2.4.0 zod@4.6.7
cat > server.mjs <<'EOF'
import { createServer } from 'node:http';
import { createTool } from '@mastra/core/tools';
import { MCPServer } from '@mastra/mcp';
import { z } from 'zod';
const tools = { t: createTool({ id: 't', description: 't', inputSchema: z.object({}), execute: async () => 'ran' }) };
const server = new MCPServer({ name: 's', version: '1', tools });
if (process.argv[2] !== 'http') await server.startStdio();
else {
  const http = createServer((req, res) => server.startHTTP({ url: new URL(req.url, 'http://127.0.0.1'), httpPath: '/mcp', req, res }));
  http.listen(0, '127.0.0.1', () => process.send(http.address().port));
}
EOF
cat > check.mjs <<'EOF'
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as Transport1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { MCPClient } from '@mastra/mcp';
const entry = { command: process.execPath, args: ['server.mjs'], stderr: 'ignore' }, info = { name: 'c', version: '1' };
const told = result => JSON.stringify(result.content[0].text), failed = error => `error ${error.code}`;
async function call(client, transport) {
  const end = await client.connect(transport).then(() => client.callTool({ name: 't', arguments: {} })).then(told, failed);
  await client.close();
  return end;
}
const ends = [
  `SDK 1.x: ${await call(new Client1(info), new Transport1(entry))}`,
  `client 2.x: ${await call(new Client(info), new StdioClientTransport(entry))}`,
  `client 2.x, mode auto: ${await call(new Client(info, { versionNegotiation: { mode: 'auto' } }), new StdioClientTransport(entry))}`,
];
const mastra = new MCPClient({ servers: { s: entry } });
ends.push(`Mastra: ${await mastra.listTools().then(tools => tools.s_t.execute({}, {})).then(told, failed)}`);
await mastra.disconnect();
const server = fork('server.mjs', ['http'], { silent: true });
const [port] = await once(server, 'message');
const response = await fetch(`http://127.0.0.1:${port}/mcp`, {
  method: 'POST', headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
  body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: info } }),
});
const { error } = await response.json();
server.kill();
const lines = `${ends.join('; ')}\nHTTP, initialize of 2025-11-25: ${response.status}, error ${error?.code}, supported ${error?.data?.supported}`;
console.log(lines);
if (lines !== `SDK 1.x: error -32022; client 2.x: error -32022; client 2.x, mode auto: "ran"; Mastra: "ran"
HTTP, initialize of 2025-11-25: 400, error -32022, supported 2026-07-28`) {
  console.log('CHANGED: clients of other revisions are served');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs 2>stderr || { cat stderr >&2; exit 1; }
