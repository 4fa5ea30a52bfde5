#!/usr/bin/env bash
# Guess:   fastmcp answers a tools/call of an unknown tool with -32602 (unknown tool), or
#          with a result that has isError, and a missing resource with -32002 or -32602.
# Instead: both get -32601, "Method not found", though the methods are there and the server
#          declares both capabilities. A really unknown method gets the same code.
# Where:   npm fastmcp 4.20.16
# Output:  unknown tool: -32601 MCP error -32601: Unknown tool: none
#          missing resource: -32601
#          unknown method: -32601
# Matters: -32601 to tools/call does not mean that the server has no tools; a client or a
#          bridge that remembers "method not supported" after one wrong name locks itself out.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts fastmcp@4.20.16
cat > server.mjs <<'EOF'
import { FastMCP } from 'fastmcp';
const server = new FastMCP({ name: 's', version: '1.0.0' });
server.addTool({ name: 'there', description: 'a tool', execute: async () => 'here' });
server.addResource({ uri: 'file:///there', name: 'there', mimeType: 'text/plain', load: async () => ({ text: 'here' }) });
await server.start({ transportType: 'stdio' });
EOF
cat > check.mjs <<'EOF'
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
const child = spawn(process.execPath, ['server.mjs'], { stdio: ['pipe', 'pipe', 'ignore'] });
process.on('exit', () => child.kill('SIGKILL'));
const waiting = new Map();
createInterface({ input: child.stdout }).on('line', line => {
  if (!line.startsWith('{')) return;
  const m = JSON.parse(line);
  if (!m.method) waiting.get(m.id)?.(m);
});
let last = 0;
const send = m => child.stdin.write(JSON.stringify({ jsonrpc: '2.0', ...m }) + '\n');
const ask = (method, params) => new Promise(resolve => (waiting.set(++last, resolve), send({ id: last, method, params })));
const { result } = await ask('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } });
send({ method: 'notifications/initialized' });
const there = await ask('tools/call', { name: 'there', arguments: {} });
const tool = (await ask('tools/call', { name: 'none', arguments: {} })).error;
const resource = (await ask('resources/read', { uri: 'file:///none' })).error;
const method = (await ask('no/such')).error;
console.log(`declared: ${Object.keys(result.capabilities)}; known tool: ${there.result?.content[0].text}`);
console.log(`unknown tool: ${tool?.code} ${tool?.message}\nmissing resource: ${resource?.code} ${resource?.message}\nunknown method: ${method?.code} ${method?.message}`);
if (!result.capabilities.tools || !result.capabilities.resources || there.result?.content[0].text !== 'here' || ![tool, resource, method].every(e => e?.code === -32601)) {
  console.log('CHANGED: other codes');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
