#!/usr/bin/env bash
# Guess:   supergateway without --stateful hands the initialize of its client to the stdio
#          server, and that server answers the calls that follow.
# Instead: each POST starts a process of its own. The client's initialize reaches one that is
#          ended at once; every later message, a notification or a ping too, gets a new one
#          that is initialized by supergateway: as revision 2024-11-05, client "supergateway",
#          no capabilities. The client goes on as agreed, with 2025-11-25 in its header.
# Where:   npm supergateway 4.0.0 (--stdio to streamableHttp, default options)
# Output:  client agreed on 2025-11-25, as "probe"
#          the call's process was told 2024-11-05, client supergateway, capabilities {}
#          4 POSTs, 4 processes
# Matters: a server that leaves out structured output, titles or elicitation for old clients
#          does so here for all; and whatever a server keeps in memory is gone with each call.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts supergateway@4.0.0
cat > server.mjs <<'EOF'
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
appendFileSync('started', 'x');
let told;
createInterface({ input: process.stdin }).on('line', line => {
  const { id, method, params } = JSON.parse(line);
  if (method === 'initialize') told = `${params.protocolVersion}, client ${params.clientInfo.name}, capabilities ${JSON.stringify(params.capabilities)}`;
  const results = {
    initialize: { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } },
    'tools/call': { content: [{ type: 'text', text: told }] },
  };
  if (id !== undefined) process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result: results[method] ?? {} }) + '\n');
}).on('close', () => process.exit(0));
EOF
cat > check.mjs <<'EOF'
import net from 'node:net';
import { readFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
const port = await new Promise(resolve => {
  const s = net.createServer().listen(0, '127.0.0.1', () => {
    const { port } = s.address();
    s.close(() => resolve(port));
  });
});
const gateway = spawn('node_modules/.bin/supergateway', ['--stdio', 'node server.mjs', '--outputTransport', 'streamableHttp', '--port', String(port), '--healthEndpoint', '/up', '--logLevel', 'none'], { stdio: 'ignore' });
process.on('exit', () => gateway.kill('SIGTERM'));
for (const end = Date.now() + 60000; !(await fetch(`http://127.0.0.1:${port}/up`).then(r => r.ok, () => false)); ) {
  if (Date.now() > end) throw new Error('supergateway did not start');
  await new Promise(r => setTimeout(r, 100));
}
const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
async function post(message) {
  const res = await fetch(`http://127.0.0.1:${port}/mcp`, { method: 'POST', headers, body: JSON.stringify({ jsonrpc: '2.0', ...message }) });
  const data = (await res.text()).split('\n').find(l => l.startsWith('data: {'));
  return data && JSON.parse(data.slice(6)).result;
}
const { protocolVersion } = await post({ id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: { sampling: {} }, clientInfo: { name: 'probe', version: '1' } } });
headers['mcp-protocol-version'] = protocolVersion;
await post({ method: 'notifications/initialized' });
await post({ id: 2, method: 'ping' });
const told = (await post({ id: 3, method: 'tools/call', params: { name: 't', arguments: {} } })).content[0].text;
// The notification is accepted before its process is up, so wait for the fourth.
const started = () => readFileSync('started', 'utf8').length;
for (const end = Date.now() + 15000; started() < 4 && Date.now() < end; ) await new Promise(r => setTimeout(r, 50));
const processes = started();
console.log(`client agreed on ${protocolVersion}, as "probe"\nthe call's process was told ${told}\n4 POSTs, ${processes} processes`);
if (protocolVersion !== '2025-11-25' || told !== '2024-11-05, client supergateway, capabilities {}' || processes !== 4) {
  console.log('CHANGED: the server is told otherwise');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
