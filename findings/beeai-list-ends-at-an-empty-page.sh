#!/usr/bin/env bash
# Guess:   a client reads a list until there is no nextCursor: MCP says a missing nextCursor
#          is the end of results, and that clients must not assume a fixed page size
#          (Server Utilities, Pagination).
# Instead: BeeAI stops at a page without tools as well. Tools behind it do not exist, and
#          nothing is said. The TypeScript SDK 2.x and the Go SDK read on.
# Where:   npm beeai-framework 0.1.30, @modelcontextprotocol/sdk 1.32.2,
#          @modelcontextprotocol/client 2.4.0
# Output:  BeeAI: first; asked for 2 pages
#          TypeScript 2.x: first, last; asked for 3 pages
# Matters: a gateway that takes the tools that a caller may not use out of each page must not
#          send a page that is empty by it: it has to go on to the next one itself.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps beeai-framework@0.1.30 @modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/client@2.4.0 zod@3.25.76
cat > server.mjs <<'EOF'
import { createInterface } from 'node:readline';
import { appendFileSync } from 'node:fs';
const tool = name => ({ name, description: 'd', inputSchema: { type: 'object', properties: {} } });
const pages = { first: { tools: [tool('first')], nextCursor: 'b' }, b: { tools: [], nextCursor: 'c' }, c: { tools: [tool('last')] } };
createInterface({ input: process.stdin }).on('line', line => {
  const { id, method, params } = JSON.parse(line);
  if (method === 'tools/list') appendFileSync(process.argv[2], '.');
  const answers = {
    initialize: { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } },
    'tools/list': pages[params?.cursor ?? 'first'],
  };
  if (id !== undefined) process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result: answers[method] ?? {} }) + '\n');
}).on('close', () => process.exit(0));
EOF
cat > check.mjs <<'EOF'
import { readFileSync } from 'node:fs';
import { MCPTool } from 'beeai-framework/tools/mcp';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { Client as Client2 } from '@modelcontextprotocol/client';
import { StdioClientTransport as Transport2 } from '@modelcontextprotocol/client/stdio';
const server = log => ({ command: process.execPath, args: ['server.mjs', log] });
const seen = {}, told = (tools, log) => `${tools.map(tool => tool.name).join(', ')}; asked for ${readFileSync(log, 'utf8').length} pages`;
const client = new Client({ name: 'c', version: '1' });
await client.connect(new StdioClientTransport(server('bee')));
seen.BeeAI = told(await MCPTool.fromClient(client), 'bee');
await client.close();
const other = new Client2({ name: 'c', version: '1' });
await other.connect(new Transport2(server('sdk')));
seen['TypeScript 2.x'] = told((await other.listTools()).tools, 'sdk');
await other.close();
const want = { BeeAI: 'first; asked for 2 pages', 'TypeScript 2.x': 'first, last; asked for 3 pages' };
let failed = false;
for (const name in want) {
  console.log(`${name}: ${seen[name]}`);
  if (seen[name] !== want[name]) (failed = true), console.log('CHANGED: expected ' + want[name]);
}
process.exit(failed ? 1 : 0);
EOF
node check.mjs
