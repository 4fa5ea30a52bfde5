#!/usr/bin/env bash
# Guess:   a 2026-07-28 server that does not know a method answers 404 with a JSON-RPC
#          error -32601, as the specification wants it, and the client of the same SDK
#          throws that error: code -32601.
# Instead: the client looks at the status alone and throws an SdkHttpError with the code
#          "CLIENT_HTTP_NOT_IMPLEMENTED"; the JSON-RPC error is text inside its message.
#          In the 2025 era (200 with the same body), and for errors that come with 400
#          where that is due (-32022), the code is there.
# Where:   npm @modelcontextprotocol/client 2.4.0, @modelcontextprotocol/server 2.4.0
# Output:  2026-07-28: HTTP 404, SdkHttpError CLIENT_HTTP_NOT_IMPLEMENTED
#          2025-11-25: HTTP 200, ProtocolError -32601
# Matters: a host that tries an optional method and forgives "method not found" forgives
#          it no longer; over stdio, or through a bridge that passes the body on, it does.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts \
  @modelcontextprotocol/client@2.4.0 @modelcontextprotocol/server@2.4.0 zod@4.6.7
cat > check.mjs <<'EOF'
import http from 'node:http';
import { z } from 'zod';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { McpServer, createMcpHandler } from '@modelcontextprotocol/server';
const handler = createMcpHandler(() => {
  const mcp = new McpServer({ name: 's', version: '1' });
  mcp.registerTool('t', { inputSchema: z.object({}) }, async () => ({ content: [] }));
  return mcp;
});
let status;
const web = http.createServer(async (req, res) => {
  let body = '';
  for await (const chunk of req) body += chunk;
  const answer = await handler.fetch(new Request('http://127.0.0.1/', { method: req.method, headers: req.headers, body: body || undefined }));
  if (body.includes('optional/method')) status = answer.status;
  res.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
});
await new Promise(resolve => web.listen(0, '127.0.0.1', resolve));
const seen = [];
for (const [era, mode] of [['2026-07-28', 'auto'], ['2025-11-25', 'legacy']]) {
  const client = new Client({ name: 'c', version: '1' }, { versionNegotiation: { mode } });
  await client.connect(new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${web.address().port}/`)));
  const error = await client.request({ method: 'optional/method' }, z.any()).catch(e => e);
  seen.push(`${era}: HTTP ${status}, ${error.constructor.name} ${error.code}`);
  await client.close();
}
console.log(seen.join('\n'));
if (seen.join() !== '2026-07-28: HTTP 404, SdkHttpError CLIENT_HTTP_NOT_IMPLEMENTED,2025-11-25: HTTP 200, ProtocolError -32601') {
  console.log('CHANGED: the error is told otherwise');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
