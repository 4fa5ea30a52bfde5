#!/usr/bin/env bash
# Guess:   progress notifications that a stdio server writes before the answer of a
#          call reach the TypeScript client's onprogress, in order, before the answer.
# Instead: if they arrive in the same read as the answer, all of them are lost: the
#          answer is taken at once and removes the handler, each notification waits
#          for its turn and then finds "an unknown token". Over Streamable HTTP the
#          same messages in one chunk are all delivered.
# Where:   npm @modelcontextprotocol/sdk 1.32.2, @modelcontextprotocol/client 2.4.0
# Output:  1.32.2 written together: 0 of 3 progress notifications, 3 errors
#          1.32.2 written apart:    3 of 3 progress notifications, 0 errors   (2.4.0 the same)
# Matters: a bridge that gathers what it has and writes it at once, which is good for
#          throughput, silently takes the progress of quick calls from such clients.
#          It should write progress on its own, and answers not in the same write.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts \
  @modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/client@2.4.0
cat > server.mjs <<'EOF'
import { createInterface } from 'node:readline';
const line = o => JSON.stringify({ jsonrpc: '2.0', ...o }) + '\n';
let waiting = [];
createInterface({ input: process.stdin }).on('line', text => {
  const { id, method, params } = JSON.parse(text);
  if (method === 'initialize')
    process.stdout.write(line({ id, result: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } } }));
  if (method === 'ping') process.stdout.write(line({ id, result: {} }) + (waiting.shift() ?? ''));
  if (method !== 'tools/call') return;
  const lines = [1, 2, 3].map(progress => line({ method: 'notifications/progress', params: { progressToken: params._meta.progressToken, progress } }));
  lines.push(line({ id, result: { content: [] } }));
  if (params.name === 'together') return process.stdout.write(lines.join(''));
  waiting = lines; // the client's ping after each of them asks for the next
  process.stdout.write(waiting.shift());
});
EOF
cat > check.mjs <<'EOF'
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as Stdio1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { Client as Client2 } from '@modelcontextprotocol/client';
import { StdioClientTransport as Stdio2 } from '@modelcontextprotocol/client/stdio';
const seen = [];
for (const [version, Client, Stdio, extra] of [['1.32.2', Client1, Stdio1, [CallToolResultSchema]], ['2.4.0', Client2, Stdio2, []]]) {
  for (const name of ['together', 'apart']) {
    const client = new Client({ name: 'c', version: '1' });
    let errors = 0, got = 0;
    client.onerror = () => errors++;
    await client.connect(new Stdio({ command: process.execPath, args: ['server.mjs'] }));
    await client.callTool({ name }, ...extra, { onprogress: () => (got++, client.ping()) });
    await client.close();
    seen.push(`${version} written ${name}: ${got} of 3 progress notifications, ${errors} errors`);
  }
}
console.log(seen.join('\n'));
const want = ['1.32.2', '2.4.0'].flatMap(v => [`${v} written together: 0 of 3 progress notifications, 3 errors`, `${v} written apart: 3 of 3 progress notifications, 0 errors`]);
if (seen.join() !== want.join()) {
  console.log('CHANGED: expected\n' + want.join('\n'));
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
