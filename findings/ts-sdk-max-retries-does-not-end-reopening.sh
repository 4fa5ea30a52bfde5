#!/usr/bin/env bash
# Guess:   with reconnectionOptions.maxRetries 2 the TypeScript client tries twice to get its
#          GET stream back and then leaves it; the delay grows from try to try.
# Instead: only tries that are refused count. A server, or a gateway with a time limit, that
#          accepts the GET and ends it is asked again for ever, always after the first
#          delay (1 s by default), without an error to be seen.
# Where:   npm @modelcontextprotocol/sdk 1.32.2, @modelcontextprotocol/client 2.4.0
# Output:  1.32.2: maxRetries 2, stream opened and ended 20 times, 0 errors   (2.4.0 the same)
# Matters: whoever serves HTTP must answer GET with 405 where it has nothing to stream; an
#          empty stream costs a request a second and client, each with its token check.
# The first delay is set to 50 ms here, and the count is stopped at 20.
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
  let opened = 0, enough;
  const twenty = new Promise(resolve => (enough = resolve));
  const web = http.createServer(async (req, res) => {
    let body = '';
    for await (const chunk of req) body += chunk;
    const m = body ? JSON.parse(body) : {};
    if (req.method === 'GET') {
      if (++opened >= 20) enough();
      return res.writeHead(200, { 'content-type': 'text/event-stream' }).end(': nothing\n\n');
    }
    if (m.method !== 'initialize') return res.writeHead(202).end();
    res.writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': 's1' }).end(JSON.stringify({ jsonrpc: '2.0', id: m.id,
      result: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } } }));
  });
  await new Promise(resolve => web.listen(0, '127.0.0.1', resolve));
  const client = new Client({ name: 'c', version: '1' });
  let errors = 0;
  client.onerror = () => errors++;
  await client.connect(new Http(new URL(`http://127.0.0.1:${web.address().port}/`),
    { reconnectionOptions: { maxRetries: 2, initialReconnectionDelay: 50, reconnectionDelayGrowFactor: 4, maxReconnectionDelay: 60000 } }));
  await Promise.race([twenty, new Promise(resolve => setTimeout(resolve, 20000))]);
  console.log(`${version}: maxRetries 2, stream opened and ended ${opened} times, ${errors} errors`);
  failed ||= opened < 20 || errors > 0;
  await client.close();
  web.closeAllConnections();
  web.close();
}
if (failed) {
  console.log('CHANGED: the stream is left after some tries, or an error is told');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
