#!/usr/bin/env bash
# Guess:   a TypeScript 2.x tool that asks the user by inputRequired works for clients of 2025-11-25
#          as well, which the SDK asks by elicitation/create: over stdio it does, with one handler
#          for both. Over HTTP, by createMcpHandler, the endpoint that takes both revisions, too.
# Instead: there no client of 2025 is ever asked. It is served without a session, so that what it
#          declared in initialize is forgotten by the next request, and the tool's result is an
#          error for the model: the client "did not declare the required capability", though it did.
# Where:   npm @modelcontextprotocol/server 2.4.0, asked by client 2.4.0
# Output:  stdio: 2026-07-28 asked 1, "deleted"; 2025-11-25 asked 1, "deleted"
#          HTTP: 2026-07-28 asked 1, "deleted"; 2025-11-25 asked 0, isError "did not declare"
# Matters: tried on a desk over stdio, or with a client of the newest revision, the tool works; for
#          nearly all clients of today it never runs, and the message blames the client. A server
#          that asks puts a handler with sessions in front for clients of 2025 (isLegacyRequest).
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @modelcontextprotocol/client@2.4.0 @modelcontextprotocol/server@2.4.0
cat > server.mjs <<'EOF'
import http from 'node:http';
import { McpServer, createMcpHandler, inputRequired } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
const requestedSchema = { type: 'object', properties: { sure: { type: 'boolean' } } };
function build() {
  const mcp = new McpServer({ name: 's', version: '1' });
  mcp.registerTool('delete', {}, async ({ mcpReq: { requestState } }) => requestState()
    ? { content: [{ type: 'text', text: 'deleted' }] }
    : inputRequired({ inputRequests: { sure: inputRequired.elicit({ message: 'sure?', requestedSchema }) }, requestState: 'asked' }));
  return mcp;
}
if (process.argv[2] === 'stdio') serveStdio(build);
else {
  const handler = createMcpHandler(build);
  const web = http.createServer(async (req, res) => {
    let body = '';
    for await (const piece of req) body += piece;
    const answer = await handler.fetch(new Request('http://127.0.0.1/', { method: req.method, headers: req.headers, body: body || undefined }));
    res.writeHead(answer.status, Object.fromEntries(answer.headers));
    for await (const piece of answer.body ?? []) res.write(piece);
    res.end();
  });
  web.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${web.address().port}/`));
  process.stdin.on('end', () => process.exit()).resume();
}
EOF
cat > check.mjs <<'EOF'
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
const child = spawn(process.execPath, ['server.mjs', 'HTTP'], { stdio: ['pipe', 'pipe', 'inherit'] });
const { value: url } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
const rows = [];
for (const [how, open] of [['stdio', () => new StdioClientTransport({ command: process.execPath, args: ['server.mjs', 'stdio'] })], ['HTTP', () => new StreamableHTTPClientTransport(new URL(url))]]) {
  const row = [];
  for (const mode of ['auto', 'legacy']) {
    const client = new Client({ name: 'c', version: '1' }, { capabilities: { elicitation: { form: {} } }, versionNegotiation: { mode } });
    let asked = 0;
    client.setRequestHandler('elicitation/create', async () => (asked++, { action: 'accept', content: { sure: true } }));
    await client.connect(open());
    const { content: [{ text }], isError } = await client.callTool({ name: 'delete' });
    row.push(`${client.getNegotiatedProtocolVersion()} asked ${asked}, ${isError ? 'isError ' : ''}"${text.match(/did not declare/)?.[0] ?? text}"`);
    await client.close();
  }
  rows.push(`${how}: ${row.join('; ')}`);
}
child.stdin.end();
console.log(rows.join('\n'));
if (rows.join('\n') !== `stdio: 2026-07-28 asked 1, "deleted"; 2025-11-25 asked 1, "deleted"
HTTP: 2026-07-28 asked 1, "deleted"; 2025-11-25 asked 0, isError "did not declare"`) {
  console.log('CHANGED: clients are asked otherwise');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
