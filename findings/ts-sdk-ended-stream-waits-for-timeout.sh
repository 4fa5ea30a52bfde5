#!/usr/bin/env bash
# Guess:   when the event stream of a tools/call ends without the answer, and without
#          event ids to resume by, the TypeScript client fails the call at once.
# Instead: nobody is told. The call waits for its whole timeout (60 s by default) and
#          then fails as "Request timed out", with a notifications/cancelled to the
#          server for a request that is long gone. A JSON answer cut in the middle
#          does fail at once.
# Where:   npm @modelcontextprotocol/sdk 1.32.2, @modelcontextprotocol/client 2.4.0
# Output:  1.32.2: stream ended before 0.5 s, call failed after 3 s: Request timed out   (2.4.0 the same)
# Matters: a proxy or gateway that restarts in the middle of a call costs such a client
#          a minute and hides the cause. A bridge must notice the end itself and answer.
# The timeout is set to 3 s here; the call counts as waiting if it takes 2 s or more.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts \
  @modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/client@2.4.0
cat > check.mjs <<'EOF'
import http from 'node:http';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as Http1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { Client as Client2, StreamableHTTPClientTransport as Http2 } from '@modelcontextprotocol/client';
let ended, cancelled;
const web = http.createServer(async (req, res) => {
  let body = '';
  for await (const chunk of req) body += chunk;
  const m = body ? JSON.parse(body) : {};
  if (m.method === 'notifications/cancelled') cancelled++;
  if (m.method === 'initialize')
    return res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id: m.id,
      result: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } } }));
  if (m.method !== 'tools/call') return res.writeHead(req.method === 'POST' ? 202 : 405).end();
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  res.end('data: {"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"working"}}\n\n');
  ended = Date.now();
});
await new Promise(resolve => web.listen(0, '127.0.0.1', resolve));
let failed = false;
for (const [version, Client, Http, extra] of [['1.32.2', Client1, Http1, [CallToolResultSchema]], ['2.4.0', Client2, Http2, []]]) {
  const client = new Client({ name: 'c', version: '1' });
  await client.connect(new Http(new URL(`http://127.0.0.1:${web.address().port}/`)));
  cancelled = 0;
  const start = Date.now();
  const words = await client.callTool({ name: 't' }, ...extra, { timeout: 3000 }).then(() => 'answered', e => /Request timed out/.exec(e.message)?.[0] ?? e.message);
  const waited = Date.now() - ended;
  await client.ping({ timeout: 1 }).catch(() => {}); // lets the cancellation through
  for (const end = Date.now() + 2000; !cancelled && Date.now() < end; ) await new Promise(r => setTimeout(r, 20));
  console.log(`${version}: ${words} ${(waited / 1000).toFixed(1)} s after the end of the stream, cancelled sent ${cancelled > 0}`);
  failed ||= words !== 'Request timed out' || waited < 2000 || !cancelled;
  await client.close();
}
if (failed) {
  console.log('CHANGED: the end of the stream is noticed');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
