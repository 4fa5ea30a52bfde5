#!/usr/bin/env bash
# Guess:   one start of mcp-remote makes one session at the server: the client's.
# Instead: before it reads anything from its client it makes a session of its own, as
#          "mcp-remote-fallback-test" with no capabilities, says initialized and opens
#          that session's GET stream. Then it makes the client's session. Neither is
#          ended by DELETE, not even when the client closes stdin and mcp-remote exits.
# Where:   npm mcp-remote 0.15.1 (--transport http-only, default protocol)
# Output:  mcp-remote-fallback-test: POST initialize, POST notifications/initialized, GET
#          probe (via mcp-remote 0.15.1): POST initialize, POST notifications/initialized, GET
#          DELETE: none
# Matters: a server or a gateway counts two sessions a start (limits, idle timers,
#          audit rows, work done in "initialized"), and the test session's GET stream
#          receives every list_changed as well.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts mcp-remote@0.15.1
cat > check.mjs <<'EOF'
import http from 'node:http';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
const sessions = [];
let deletes = 0;
const web = http.createServer(async (req, res) => {
  let body = '';
  for await (const chunk of req) body += chunk;
  const m = body ? JSON.parse(body) : {};
  if (req.method === 'DELETE') return deletes++, res.writeHead(200).end();
  const json = (result, headers = {}) =>
    res.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify({ jsonrpc: '2.0', id: m.id, result }));
  if (m.method === 'initialize') {
    sessions.push({ name: m.params.clientInfo.name, seen: ['POST initialize'] });
    return json({ protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } }, { 'mcp-session-id': 's' + sessions.length });
  }
  const session = sessions[Number(req.headers['mcp-session-id']?.slice(1)) - 1];
  if (!session) return res.writeHead(404).end(); // it looks for sign-in metadata first
  session.seen.push(`${req.method} ${m.method ?? ''}`.trim());
  if (req.method === 'GET') return res.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
  if (m.method === 'tools/list') return json({ tools: [] });
  res.writeHead(202).end();
});
await new Promise(resolve => web.listen(0, '127.0.0.1', resolve));
const bridge = spawn('node_modules/.bin/mcp-remote', [`http://127.0.0.1:${web.address().port}/mcp`, '--allow-http', '--transport', 'http-only'],
  { stdio: ['pipe', 'pipe', 'ignore'], env: { PATH: process.env.PATH, HOME: process.cwd() } });
process.on('exit', () => bridge.kill('SIGKILL'));
const send = m => bridge.stdin.write(JSON.stringify({ jsonrpc: '2.0', ...m }) + '\n');
const answers = createInterface({ input: bridge.stdout })[Symbol.asyncIterator]();
const giveUp = setTimeout(() => (console.log('CHANGED: no answer in 60 s'), process.exit(1)), 60000);
send({ id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'probe', version: '1' } } });
await answers.next();
send({ method: 'notifications/initialized' });
for (const end = Date.now() + 10000; Date.now() < end && sessions.some(s => !s.seen.includes('GET')); ) await new Promise(r => setTimeout(r, 20));
send({ id: 2, method: 'tools/list' });
await answers.next();
const exit = new Promise(resolve => bridge.on('exit', resolve));
bridge.stdin.end();
await exit;
clearTimeout(giveUp);
const said = sessions.map(s => `${s.name}: ${s.seen.filter(x => x !== 'POST tools/list').join(', ')}`).concat(`DELETE: ${deletes || 'none'}`);
console.log(said.join('\n'));
const opening = 'POST initialize, POST notifications/initialized, GET';
if (said.join('\n') !== `mcp-remote-fallback-test: ${opening}\nprobe (via mcp-remote 0.15.1): ${opening}\nDELETE: none`) {
  console.log('CHANGED: other sessions than before');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
