#!/usr/bin/env bash
# Guess:   a client of TypeScript SDK 1.x checks output by the dialect that the schema names
#          in $schema, or by 2020-12, the default of MCP 2025-11-25; what a server of SDK 2.x
#          publishes and returns passes.
# Instead: it reads every schema as draft-07, whatever $schema says. The 2.x server publishes
#          a z.tuple() as prefixItems with items: false; draft-07 knows no prefixItems, and
#          items: false forbids every member. The call has run, its result is right, and the
#          client throws. With a server of 1.x, or a client of 2.x, the same tool works.
# Where:   npm @modelcontextprotocol/sdk 1.32.2, @modelcontextprotocol/server 2.4.0,
#          @modelcontextprotocol/client 2.4.0, zod 4.6.7
# Output:  server 2.x, client 1.x: MCP error -32602: Structured content does not match the tool's output schema: data/point/0 boolean schema is false, data/point/1 boolean schema is false
#          server 2.x, client 2.x: ok; server 1.x, client 1.x: ok; server 1.x, client 2.x: ok
# Matters: a server's move to SDK 2.x breaks a tool for the older clients only, after it has
#          done its work, so that a repeat does it twice. A bridge that checks results by the
#          schema must read $schema.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/server@2.4.0 @modelcontextprotocol/client@2.4.0 zod@4.6.7
cat > check.mjs <<'EOF'
import { Client as Client2 } from '@modelcontextprotocol/client';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { McpServer as Server1 } from '@modelcontextprotocol/sdk/server/mcp.js';
import { McpServer as Server2 } from '@modelcontextprotocol/server';
import { z } from 'zod';
async function run(Server, Client) {
  const server = new Server({ name: 's', version: '1' });
  server.registerTool('t', { outputSchema: z.object({ point: z.tuple([z.number(), z.string()]) }) }, async () => ({
    content: [], structuredContent: { point: [1, 'north'] },
  }));
  const [near, far] = InMemoryTransport.createLinkedPair();
  await server.connect(far);
  const client = new Client({ name: 'c', version: '1' });
  await client.connect(near);
  await client.listTools();
  const outcome = await client.callTool({ name: 't', arguments: {} }).then(() => 'ok', error => error.message);
  await client.close();
  return outcome;
}
const cases = { 'server 2.x, client 1.x': [Server2, Client1], 'server 2.x, client 2.x': [Server2, Client2], 'server 1.x, client 1.x': [Server1, Client1], 'server 1.x, client 2.x': [Server1, Client2] };
let failed = false;
for (const [name, [Server, Client]] of Object.entries(cases)) {
  const seen = await run(Server, Client);
  console.log(`${name}: ${seen}`);
  const refused = seen.includes('data/point/0 boolean schema is false');
  if (name === 'server 2.x, client 1.x' ? !refused : seen !== 'ok') (failed = true), console.log('CHANGED');
}
process.exit(failed ? 1 : 0);
EOF
node check.mjs
