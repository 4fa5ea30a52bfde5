#!/usr/bin/env bash
# Guess:   a bridge that tells a server what its client can do hands the server's requests to that
#          client, or does not tell.
# Instead: supergateway, from stdio to Streamable HTTP, tells the server the client's own
#          capabilities (sampling, elicitation, roots) and then answers such requests by itself with
#          -32601. The client never sees them, nor progress, nor log messages of its calls.
# Where:   npm supergateway 4.0.0
# Output:  the server is told: elicitation, roots, sampling
#          its requests are answered: elicitation/create -32601, roots/list -32601, sampling/createMessage -32601
#          of 3 requests, 1 progress and 1 log message the client sees: nothing; the call is answered
# Matters: a server asks before it deletes, is told "method not found" by a client that has said
#          that it can ask, and fails or goes on without an answer. A bridge takes out of
#          initialize what it does not carry.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts supergateway@4.0.0
cat > check.mjs <<'EOF'
import http from 'node:http';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
let told;
const asked = ['elicitation/create', 'roots/list', 'sampling/createMessage'], params = {
  'elicitation/create': { mode: 'form', message: 'Delete it?', requestedSchema: { type: 'object', properties: { sure: { type: 'boolean' } } } },
  'sampling/createMessage': { messages: [{ role: 'user', content: { type: 'text', text: 'hello' } }], maxTokens: 5 },
};
const waiting = {}, answers = Promise.all(asked.map(method => new Promise(resolve => { waiting[method] = resolve; })));
const web = http.createServer(async (req, res) => {
  let body = '';
  for await (const piece of req) body += piece;
  if (req.method !== 'POST') return res.writeHead(405).end();
  const m = JSON.parse(body);
  if (!m.method) waiting[m.id]?.(`${m.id} ${m.error ? m.error.code : 'a result'}`);
  if (m.id === undefined || !m.method) return res.writeHead(202).end();
  if (m.method === 'initialize') {
    told = Object.keys(m.params.capabilities).sort().join(', ');
    return res.writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': 's' }).end(JSON.stringify({ jsonrpc: '2.0', id: m.id, result: { protocolVersion: m.params.protocolVersion, capabilities: { tools: {}, logging: {} }, serverInfo: { name: 's', version: '1' } } }));
  }
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = message => res.write(`event: message\ndata: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`);
  send({ method: 'notifications/progress', params: { progressToken: m.params._meta?.progressToken, progress: 1 } });
  send({ method: 'notifications/message', params: { level: 'info', data: 'half done' } });
  for (const method of asked) send({ id: method, method, params: params[method] });
  await answers;
  send({ id: m.id, result: { content: [{ type: 'text', text: 'ok' }] } });
  res.end();
});
await new Promise(resolve => web.listen(0, '127.0.0.1', resolve));
const bridge = spawn('node_modules/.bin/supergateway', ['--streamableHttp', `http://127.0.0.1:${web.address().port}/mcp`, '--logLevel', 'none'], { stdio: ['pipe', 'pipe', 'ignore'] });
process.on('exit', () => bridge.kill());
const own = {}, seen = [];
const send = message => bridge.stdin.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\n');
createInterface({ input: bridge.stdout }).on('line', line => {
  const m = JSON.parse(line);
  if (!m.method) return own[m.id]?.(m);
  seen.push(m.method);
  if (m.id !== undefined) send({ id: m.id, error: { code: -1, message: 'declined' } });
});
const ask = (id, method, params) => new Promise(resolve => { own[id] = resolve; send({ id, method, params }); });
await ask(0, 'initialize', { protocolVersion: '2025-11-25', capabilities: { sampling: {}, elicitation: {}, roots: {} }, clientInfo: { name: 'c', version: '1' } });
send({ method: 'notifications/initialized' });
const result = await ask(1, 'tools/call', { name: 't', arguments: {}, _meta: { progressToken: 'p' } });
const rows = `the server is told: ${told}
its requests are answered: ${(await answers).join(', ')}
of 3 requests, 1 progress and 1 log message the client sees: ${seen.join(', ') || 'nothing'}; the call is ${result.result ? 'answered' : 'refused'}`;
console.log(rows);
if (rows !== `the server is told: elicitation, roots, sampling
its requests are answered: elicitation/create -32601, roots/list -32601, sampling/createMessage -32601
of 3 requests, 1 progress and 1 log message the client sees: nothing; the call is answered`) {
  console.log('CHANGED: more is carried');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
