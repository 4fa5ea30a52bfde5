#!/usr/bin/env bash
# Guess:   mcp-proxy hands a client of revision 2025-11-25 the code its server gave.
# Instead: -32002 "Resource not found", the code of that revision, arrives as -32602,
#          the code that 2026-07-28 uses for it, though both ends speak 2025-11-25.
#          Message and data stay, other codes of one's own stay (-32011 here).
# Where:   npm mcp-proxy 6.7.19
# Output:  resources/read: server says -32002, client sees -32602
#          tools/call: server says -32011, client sees -32011
# Matters: a client cannot tell a missing resource from a wrong argument by its code any
#          more; a test that expects -32002 passes directly and fails through the proxy.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts mcp-proxy@6.7.19
cat > server.mjs <<'EOF'
import { createInterface } from 'node:readline';
createInterface({ input: process.stdin }).on('line', line => {
  const { id, method, params } = JSON.parse(line);
  const answers = {
    initialize: { result: { protocolVersion: '2025-11-25', capabilities: { resources: {}, tools: {} }, serverInfo: { name: 's', version: '1' } } },
    'tools/list': { result: { tools: [{ name: 't', inputSchema: { type: 'object' } }] } },
    'resources/list': { result: { resources: [] } },
    'resources/read': { error: { code: -32002, message: 'Resource not found', data: { uri: params?.uri } } },
    'tools/call': { error: { code: -32011, message: 'refused' } },
  };
  if (id !== undefined) process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, ...(answers[method] ?? { result: {} }) }) + '\n');
}).on('close', () => process.exit(0));
EOF
cat > check.mjs <<'EOF'
import net from 'node:net';
import { spawn } from 'node:child_process';
const port = await new Promise(resolve => {
  const s = net.createServer().listen(0, '127.0.0.1', () => {
    const { port } = s.address();
    s.close(() => resolve(port));
  });
});
const proxy = spawn('node_modules/.bin/mcp-proxy', ['--host', '127.0.0.1', '--port', String(port), '--', process.execPath, 'server.mjs'], { stdio: 'ignore' });
process.on('exit', () => proxy.kill('SIGTERM'));
const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream', 'mcp-protocol-version': '2025-11-25' };
async function post(message) {
  const res = await fetch(`http://127.0.0.1:${port}/mcp`, { method: 'POST', headers, body: JSON.stringify({ jsonrpc: '2.0', ...message }) });
  headers['mcp-session-id'] ??= res.headers.get('mcp-session-id');
  const data = (await res.text()).split('\n').filter(l => /^data: *{/.test(l)).pop();
  return data && JSON.parse(data.slice(5));
}
for (const end = Date.now() + 60000; ; ) {
  const up = await fetch(`http://127.0.0.1:${port}/ping`).then(r => r.ok, () => false);
  if (up) break;
  if (Date.now() > end) throw new Error('mcp-proxy did not start');
  await new Promise(r => setTimeout(r, 100));
}
await post({ id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } } });
await post({ method: 'notifications/initialized' });
const read = (await post({ id: 2, method: 'resources/read', params: { uri: 'file:///none' } })).error;
const call = (await post({ id: 3, method: 'tools/call', params: { name: 't', arguments: {} } })).error;
console.log(`resources/read: server says -32002, client sees ${read.code} ${read.message} ${JSON.stringify(read.data)}\ntools/call: server says -32011, client sees ${call.code}`);
if (read.code !== -32602 || read.message !== 'Resource not found' || call.code !== -32011) {
  console.log('CHANGED: other codes arrive');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
