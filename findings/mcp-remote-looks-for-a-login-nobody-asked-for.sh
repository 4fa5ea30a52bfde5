#!/usr/bin/env bash
# Guess:   mcp-remote with a token in --header, at a server that takes it, sends the client's
#          initialize; it looks for OAuth metadata when the server answers 401.
# Instead: before the client's message it opens a GET of the endpoint and asks for six
#          metadata documents, all without the token. They were not asked for by any 401,
#          and nothing is done with them; every start asks again.
# Where:   npm mcp-remote 0.15.1
# Output:  before initialize: GET /mcp/x, 6 of /.well-known without the token, GET /mcp/x; 401s seen: 0
# Matters: eight round trips before the first message, and six requests without credentials
#          from each client. A gateway that counts those as failed logins, or logs them as
#          attempts, blames its good users; one that redirects them to a login page feeds
#          the client HTML.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts mcp-remote@0.15.1
cat > check.mjs <<'EOF'
import { spawn } from 'node:child_process';
import http from 'node:http';
const seen = [];
const server = http.createServer(async (req, res) => {
  let body = '';
  for await (const chunk of req) body += chunk;
  const { id, method } = body ? JSON.parse(body) : {};
  seen.push({ line: `${req.method} ${req.url}`, method, token: req.headers.authorization === 'Bearer of-a-file' });
  if (req.url !== '/mcp/x') return res.writeHead(404).end();
  if (req.method !== 'POST') return res.writeHead(405).end();
  if (id === undefined) return res.writeHead(202).end();
  const result = { protocolVersion: '2025-11-25', capabilities: {}, serverInfo: { name: 's', version: '1' } };
  res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, result }));
});
await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${server.address().port}/mcp/x`;
const remote = spawn('node_modules/.bin/mcp-remote', [url, '--allow-http', '--transport', 'http-only', '--header', 'Authorization: Bearer of-a-file'], {
  stdio: ['pipe', 'pipe', 'ignore'], env: { ...process.env, MCP_REMOTE_CONFIG_DIR: process.cwd() },
});
const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } };
remote.stdin.write(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params }) + '\n');
await new Promise(resolve => remote.stdout.once('data', resolve));
remote.kill();
const before = seen.slice(0, seen.findIndex(request => request.method === 'initialize'));
const metadata = before.filter(request => request.line.includes('/.well-known/'));
const others = before.filter(request => !metadata.includes(request)).map(request => request.line);
const bare = metadata.every(request => !request.token);
console.log(`before initialize: ${others[0]}, ${metadata.length} of /.well-known ${bare ? 'without' : 'with'} the token, ${others.slice(1).join(', ')}; 401s seen: 0`);
if (metadata.length !== 6 || !bare || others.join() !== 'GET /mcp/x,GET /mcp/x') {
  console.log('CHANGED: other requests come before initialize');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
