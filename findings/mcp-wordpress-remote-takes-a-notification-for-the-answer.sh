#!/usr/bin/env bash
# Guess:   a bridge reads an event stream until the answer to its request has come; progress and
#          log messages may stand before it, which is what the stream is for.
# Instead: mcp-wordpress-remote takes the first event of the stream for the answer. If that is a
#          notification, the call has run and its result is thrown away: the client gets a result
#          with empty content that has method and params of the notification in it.
# Where:   npm @automattic/mcp-wordpress-remote 0.4.0
# Output:  answer alone: "done"
#          behind a log message: content [], method notifications/message
# Matters: a tool that begins to log or to tell its progress looks as if it had found nothing, and
#          a model calls it again.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @automattic/mcp-wordpress-remote@0.4.0
cat > check.mjs <<'EOF'
import http from 'node:http';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
const web = http.createServer(async (req, res) => {
  let body = '';
  for await (const piece of req) body += piece;
  if (req.method !== 'POST') return res.writeHead(req.method === 'DELETE' ? 200 : 405).end();
  const { id, method, params } = JSON.parse(body);
  if (id === undefined) return res.writeHead(202).end();
  if (method !== 'tools/call') {
    const result = { protocolVersion: params.protocolVersion, capabilities: { tools: {}, logging: {} }, serverInfo: { name: 's', version: '1' } };
    return res.writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': 's' }).end(JSON.stringify({ jsonrpc: '2.0', id, result }));
  }
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = message => res.write(`event: message\ndata: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`);
  if (params.name === 'logs') send({ method: 'notifications/message', params: { level: 'info', data: 'half done' } });
  send({ id, result: { content: [{ type: 'text', text: 'done' }] } });
  res.end();
});
await new Promise(resolve => web.listen(0, '127.0.0.1', resolve));
const env = { ...process.env, HOME: process.cwd(), WP_API_URL: `http://127.0.0.1:${web.address().port}/mcp`, JWT_TOKEN: 'none' };
const bridge = spawn('node_modules/.bin/mcp-wordpress-remote', [], { env, stdio: ['pipe', 'pipe', 'ignore'] });
process.on('exit', () => bridge.kill());
const answers = {};
createInterface({ input: bridge.stdout }).on('line', line => { const m = JSON.parse(line); answers[m.id]?.(m); });
const send = message => bridge.stdin.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\n');
const ask = (id, method, params) => new Promise(resolve => { answers[id] = resolve; send({ id, method, params }); });
await ask(0, 'initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } });
send({ method: 'notifications/initialized' });
const short = ({ result, error }) => error ? `error ${error.code}` : result.content.length > 0 ? JSON.stringify(result.content[0].text) : `content [], method ${result.method}`;
const rows = `answer alone: ${short(await ask(1, 'tools/call', { name: 'silent', arguments: {} }))}
behind a log message: ${short(await ask(2, 'tools/call', { name: 'logs', arguments: {} }))}`;
console.log(rows);
if (rows !== 'answer alone: "done"\nbehind a log message: content [], method notifications/message') {
  console.log('CHANGED: streams are read otherwise');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
