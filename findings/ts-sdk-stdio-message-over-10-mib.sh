#!/usr/bin/env bash
# Guess:   a stdio message may be of any length; at worst the call whose answer is too
#          big for the client fails.
# Instead: the TypeScript client gives a line 10 MiB (10485760 bytes). One byte more and
#          it closes the connection and ends the server: every call in flight fails with
#          "Connection closed" and the session is over. The Streamable HTTP client of the
#          same SDK takes the same answer. Nothing in the protocol tells the limit.
# Where:   npm @modelcontextprotocol/sdk 1.32.2, @modelcontextprotocol/client 2.4.0
# Output:  1.32.2 stdio, 10485760 bytes: answered
#          1.32.2 stdio, 10485761 bytes: Connection closed; other call: Connection closed
#          1.32.2 HTTP, 12000000 bytes: answered              (2.4.0 the same)
# Matters: a bridge turns HTTP answers without a limit into stdio lines with one. An
#          answer over the limit must be cut, or refused with an error of its own.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts \
  @modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/client@2.4.0
cat > answer.mjs <<'EOF'
// The answer to a message, as a line of exactly params.arguments.bytes with its end.
export function answer({ id, method, params }) {
  const wrap = result => JSON.stringify({ jsonrpc: '2.0', id, result }) + '\n';
  if (method === 'initialize') return wrap({ protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } });
  const text = t => wrap({ content: [{ type: 'text', text: t }] });
  if (method === 'tools/call' && params.name === 'big') return text('x'.repeat(params.arguments.bytes - text('').length));
}
EOF
cat > server.mjs <<'EOF'
import { createInterface } from 'node:readline';
import { answer } from './answer.mjs';
createInterface({ input: process.stdin }).on('line', line => process.stdout.write(answer(JSON.parse(line)) ?? ''));
EOF
cat > check.mjs <<'EOF'
import http from 'node:http';
import { answer } from './answer.mjs';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as Stdio1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport as Http1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { Client as Client2, StreamableHTTPClientTransport as Http2 } from '@modelcontextprotocol/client';
import { StdioClientTransport as Stdio2 } from '@modelcontextprotocol/client/stdio';
const web = http.createServer(async (req, res) => {
  let body = '';
  for await (const chunk of req) body += chunk;
  const said = body && answer(JSON.parse(body));
  if (!said) return res.writeHead(req.method === 'POST' ? 202 : 405).end();
  res.writeHead(200, { 'content-type': 'application/json' }).end(said);
});
await new Promise(resolve => web.listen(0, '127.0.0.1', resolve));
const words = e => /Connection closed/.exec(e.message)?.[0] ?? e.message;
const seen = [];
for (const [version, Client, Stdio, Http] of [['1.32.2', Client1, Stdio1, Http1], ['2.4.0', Client2, Stdio2, Http2]]) {
  for (const bytes of [10485760, 10485761]) {
    const client = new Client({ name: 'c', version: '1' });
    await client.connect(new Stdio({ command: process.execPath, args: ['server.mjs'] }));
    const other = client.callTool({ name: 'unanswered' }).then(() => 'answered', words);
    const big = await client.callTool({ name: 'big', arguments: { bytes } }).then(() => 'answered', words);
    seen.push(`${version} stdio, ${bytes} bytes: ${big}` + (big === 'answered' ? '' : `; other call: ${await other}`));
    await client.close();
  }
  const client = new Client({ name: 'c', version: '1' });
  await client.connect(new Http(new URL(`http://127.0.0.1:${web.address().port}/`)));
  seen.push(`${version} HTTP, 12000000 bytes: ` + (await client.callTool({ name: 'big', arguments: { bytes: 12000000 } }).then(() => 'answered', words)));
  await client.close();
}
console.log(seen.join('\n'));
const want = ['1.32.2', '2.4.0'].flatMap(v => [`${v} stdio, 10485760 bytes: answered`, `${v} stdio, 10485761 bytes: Connection closed; other call: Connection closed`, `${v} HTTP, 12000000 bytes: answered`]);
if (seen.join() !== want.join()) {
  console.log('CHANGED: expected\n' + want.join('\n'));
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
