#!/usr/bin/env bash
# Guess:   Google's ADK for JavaScript starts an MCP server once for a toolset, keeps the
#          session while the agent runs, and ends it with close().
# Instead: the list and each single call get a server process, an initialize and a session
#          of their own, and end them. close() has nothing to close. What a server keeps for
#          a session (a login, a cursor, an open notebook, a chosen catalog) is gone at the
#          next call, and a notification between two calls (list_changed) has no reader.
# Where:   npm @google/adk 2.0.0, @modelcontextprotocol/sdk 1.32.2
# Output:  calls: start 2, call 1; start 3, call 1
#          server starts: 3 for one list and two calls
# Matters: the start of a server is part of the time of each of its calls; a bridge that
#          signs in, looks up its target and initializes at start does so for each of them,
#          and a session that costs something at the far end is made and left each time.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @google/adk@2.0.0 @modelcontextprotocol/sdk@1.32.2
cat > server.mjs <<'EOF'
import { createInterface } from 'node:readline';
import { appendFileSync, readFileSync } from 'node:fs';
appendFileSync('starts', '.');
const start = readFileSync('starts').length;
let calls = 0;
createInterface({ input: process.stdin }).on('line', line => {
  const { id, method } = JSON.parse(line);
  const answers = {
    initialize: { protocolVersion: '2025-11-25', capabilities: { tools: { listChanged: true } }, serverInfo: { name: 's', version: '1' } },
    'tools/list': { tools: [{ name: 'count', inputSchema: { type: 'object', properties: {} } }] },
  };
  const result = method === 'tools/call' ? { content: [{ type: 'text', text: `start ${start}, call ${++calls}` }] } : answers[method];
  if (id !== undefined) process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result: result ?? {} }) + '\n');
}).on('close', () => process.exit(0));
EOF
cat > check.mjs <<'EOF'
import { readFileSync } from 'node:fs';
import { MCPToolset } from '@google/adk';
const set = new MCPToolset({ type: 'StdioConnectionParams', serverParams: { command: process.execPath, args: ['server.mjs'] } });
const [tool] = await set.getTools();
const call = async () => (await tool.runAsync({ args: {}, toolContext: {} })).content[0].text;
const calls = `${await call()}; ${await call()}`;
await set.close();
const starts = readFileSync('starts').length;
console.log(`calls: ${calls}\nserver starts: ${starts} for one list and two calls`);
if (calls !== 'start 2, call 1; start 3, call 1' || starts !== 3) {
  console.log('CHANGED: a session lives longer than one request');
  process.exit(1);
}
EOF
node check.mjs
