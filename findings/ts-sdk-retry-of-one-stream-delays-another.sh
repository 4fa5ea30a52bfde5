#!/usr/bin/env bash
# Guess:   "retry:" in an event stream sets the delay before that stream is resumed.
# Instead: the TypeScript client keeps one value for the whole session: what any stream has
#          said last. A "retry: 3000" on the stream of a tools/call that has been answered
#          long since makes the client leave its GET stream closed for 3 s (not 1 s) when
#          that ends; what the server sends in the meantime has nowhere to go.
# Where:   npm @modelcontextprotocol/sdk 1.32.2, @modelcontextprotocol/client 2.4.0
# Output:  1.32.2: GET back after 1.0 s; with retry 3000 on a call's stream after 3.0 s   (2.4.0 the same)
# Matters: a long retry for one slow call is a long silence for list_changed and everything
#          else. A bridge that passes events on should not pass "retry" on from a POST.
# The delays are 1 s and 3 s; the bounds checked are below 2.8 s and above 2.9 s.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts \
  @modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/client@2.4.0
cat > check.mjs <<'EOF'
import http from 'node:http';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as Http1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { Client as Client2, StreamableHTTPClientTransport as Http2 } from '@modelcontextprotocol/client';
let failed = false;
for (const [version, Client, Http] of [['1.32.2', Client1, Http1], ['2.4.0', Client2, Http2]]) {
  let stream, opened = () => {};
  const web = http.createServer(async (req, res) => {
    let body = '';
    for await (const chunk of req) body += chunk;
    const m = body ? JSON.parse(body) : {};
    const say = result => `data: ${JSON.stringify({ jsonrpc: '2.0', id: m.id, result })}\n\n`;
    if (req.method === 'POST' && m.id === undefined) return res.writeHead(202).end();
    res.writeHead(200, { 'content-type': 'text/event-stream', 'mcp-session-id': 's1' });
    if (req.method === 'GET') return res.flushHeaders(), (stream = res), opened();
    if (m.method === 'tools/call') return res.end('id: 1\nretry: 3000\ndata: \n\nid: 2\n' + say({ content: [] }));
    res.end(say({ protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } }));
  });
  await new Promise(resolve => web.listen(0, '127.0.0.1', resolve));
  const open = () => new Promise(resolve => (opened = resolve));
  const first = open();
  const client = new Client({ name: 'c', version: '1' });
  await client.connect(new Http(new URL(`http://127.0.0.1:${web.address().port}/`)));
  await first;
  const back = async () => {
    const again = open(), start = Date.now();
    stream.end();
    await again;
    return (Date.now() - start) / 1000;
  };
  const before = await back();
  await client.callTool({ name: 't', arguments: {} });
  const after = await back();
  console.log(`${version}: GET back after ${before.toFixed(1)} s; with retry 3000 on a call's stream after ${after.toFixed(1)} s`);
  failed ||= before >= 2.8 || after <= 2.9;
  await client.close();
  web.closeAllConnections();
  web.close();
}
if (failed) {
  console.log('CHANGED: the delays are others');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
