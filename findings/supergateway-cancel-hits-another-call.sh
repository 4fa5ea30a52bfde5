#!/usr/bin/env bash
# Guess:   with supergateway between a stdio client and a Streamable HTTP server,
#          notifications/cancelled stops the call it names, or at worst nothing.
# Instead: supergateway gives requests new ids upstream (counting from 0) but passes
#          the cancellation on with the client's id. For a client that counts from 1,
#          as many do, that names the next call: the call that was cancelled runs on,
#          and another one is stopped. Its answer never comes, since a server does not
#          answer a cancelled request.
# Where:   npm supergateway 4.0.0 (--streamableHttp to stdio), server on @modelcontextprotocol/sdk 1.32.2
# Output:  client cancels "first" (id 2); server stops "second"
# Matters: a bridge must rewrite requestId in notifications/cancelled wherever it
#          rewrites ids, or, better, keep the client's ids.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts \
  supergateway@4.0.0 @modelcontextprotocol/sdk@1.32.2 zod@4.6.7
cat > check.mjs <<'EOF'
import http from 'node:http';
import { randomUUID } from 'node:crypto';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
// The server's tool "wait" tells when a call starts and when it is stopped.
const events = [];
let look = () => {};
const note = text => (events.push(text), look());
const seen = text => new Promise((resolve, reject) => {
  const timer = setTimeout(() => reject(new Error(`not seen in 20 s: ${text}; seen: ${events.join(', ')}`)), 20000);
  (look = () => events.some(e => e.startsWith(text)) && (clearTimeout(timer), resolve(events.find(e => e.startsWith(text)))))();
});
const mcp = new McpServer({ name: 's', version: '1' });
mcp.registerTool('wait', { inputSchema: z.object({ label: z.string() }) }, ({ label }, { signal }) => {
  signal.addEventListener('abort', () => note('stopped ' + label));
  note('started ' + label);
  return new Promise(() => {});
});
const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: randomUUID });
await mcp.connect(transport);
const web = http.createServer((req, res) => transport.handleRequest(req, res));
await new Promise(resolve => web.listen(0, '127.0.0.1', resolve));
const gateway = spawn('node_modules/.bin/supergateway', ['--streamableHttp', `http://127.0.0.1:${web.address().port}/mcp`, '--logLevel', 'none'], { stdio: ['pipe', 'pipe', 'ignore'] });
process.on('exit', () => gateway.kill('SIGKILL'));
createInterface({ input: gateway.stdout }).on('line', line => {
  try { note('answer ' + JSON.parse(line).id); } catch {}
});
const send = m => gateway.stdin.write(JSON.stringify({ jsonrpc: '2.0', ...m }) + '\n');
const call = (id, label) => send({ id, method: 'tools/call', params: { name: 'wait', arguments: { label } } });
send({ id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } } });
await seen('answer 1');
send({ method: 'notifications/initialized' });
call(2, 'first');
await seen('started first');
call(3, 'second');
await seen('started second');
send({ method: 'notifications/cancelled', params: { requestId: 2, reason: 'no longer wanted' } });
const stopped = await seen('stopped');
console.log(`client cancels "first" (id 2); server: ${stopped}`);
if (stopped !== 'stopped second') {
  console.log('CHANGED: another call is stopped than before');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
