#!/usr/bin/env bash
# Guess:   a time limit given to mcpToTool holds for the calls of whatever MCP client is given,
#          and a client that does not fit is refused.
# Instead: Google's Gen AI SDK gives the limit as the third argument of callTool, where a
#          TypeScript client 1.x has it. A client 2.x, which is taken without a word and works
#          otherwise, has its options in the second: the limit is lost, and the SDK's own of 60
#          seconds holds.
# Where:   npm @google/genai 3.1.0, @modelcontextprotocol/sdk 1.32.2, @modelcontextprotocol/client 2.4.0
# Output:  a limit of 0.3 s, a call of 1.5 s: client 1.x throws; client 2.x waits for the answer
# Matters: an update from 1.x to 2.x changes nothing that a test would see, and the agent hangs on
#          the first slow tool. Libraries that take "an MCP client" are checked again.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps @google/genai@3.1.0 @modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/client@2.4.0
cat > server.mjs <<'EOF'
import { createInterface } from 'node:readline';
createInterface({ input: process.stdin }).on('line', line => {
  const { id, method, params } = JSON.parse(line);
  const answers = {
    initialize: { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } },
    'tools/list': { tools: [{ name: 'slow', inputSchema: { type: 'object' } }] },
    'tools/call': { content: [{ type: 'text', text: 'late' }] },
  };
  if (id !== undefined) setTimeout(() => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result: answers[method] }) + '\n'), method === 'tools/call' ? 1500 : 0);
});
EOF
cat > check.mjs <<'EOF'
import { mcpToTool } from '@google/genai';
import * as one from '@modelcontextprotocol/sdk/client/index.js';
import * as stdio1 from '@modelcontextprotocol/sdk/client/stdio.js';
import * as two from '@modelcontextprotocol/client';
import * as stdio2 from '@modelcontextprotocol/client/stdio';
const row = [];
for (const [name, Client, Transport] of [['1.x', one.Client, stdio1.StdioClientTransport], ['2.x', two.Client, stdio2.StdioClientTransport]]) {
  const client = new Client({ name: 'c', version: '1' });
  await client.connect(new Transport({ command: 'node', args: ['server.mjs'] }));
  const tool = mcpToTool(client, { timeout: 300 });
  await tool.tool();
  row.push(`client ${name} ${await tool.callTool([{ name: 'slow', args: {} }]).then(() => 'waits for the answer', () => 'throws')}`);
  await client.close();
}
console.log(`a limit of 0.3 s, a call of 1.5 s: ${row.join('; ')}`);
if (row.join('; ') !== 'client 1.x throws; client 2.x waits for the answer') {
  console.log('CHANGED: the limit is kept otherwise');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
