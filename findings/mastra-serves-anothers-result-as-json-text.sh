#!/usr/bin/env bash
# Guess:   tools that Mastra's MCPClient has of a server can be served by Mastra's MCPServer, and
#          their results come out as they went in: both ends speak MCP.
# Instead: the server takes the whole result for a value of the tool's own, and writes it as JSON
#          into one text. A picture is base64 in that text, a text is the member of a member. The
#          same holds of any tool that returns a result of MCP, so that one with isError is told
#          as a success.
# Where:   npm @mastra/mcp 2.0.0, @mastra/core 1.71.0, @modelcontextprotocol/client 2.4.0
# Output:  s_picture: [text {"content":[{"type":"text","text":"a chart"},{"type":"image","data":"aGk=","mimeType":"image/png"}]}], isError false
#          refuse: [text {"isError":true,"content":[{"type":"text","text":"no such table"}]}], isError false
# Matters: a gateway made of these two parts, as they invite to, costs the model every picture and
#          makes each answer longer by its envelope, once more at each hop. Who counts failed calls
#          by isError at such a gateway counts none that a tool told in this way.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @mastra/mcp@2.0.0 @mastra/core@1.71.0 @modelcontextprotocol/client@2.4.0 zod@4.6.7
cat > upstream.mjs <<'EOF'
import { createInterface } from 'node:readline';
const answers = {
  initialize: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } },
  'tools/list': { tools: [{ name: 'picture', inputSchema: { type: 'object', properties: {} } }] },
  'tools/call': { content: [{ type: 'text', text: 'a chart' }, { type: 'image', data: 'aGk=', mimeType: 'image/png' }] },
};
createInterface({ input: process.stdin }).on('line', line => {
  const { id, method } = JSON.parse(line), result = answers[method];
  if (id !== undefined)
    process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, ...(result ? { result } : { error: { code: -32601, message: 'Method not found' } }) }) + '\n');
}).on('close', () => process.exit(0));
EOF
cat > gateway.mjs <<'EOF'
import { createTool } from '@mastra/core/tools';
import { MCPClient, MCPServer } from '@mastra/mcp';
import { z } from 'zod';
const upstream = new MCPClient({ servers: { s: { command: process.execPath, args: ['upstream.mjs'], stderr: 'ignore' } } });
const refuse = createTool({ id: 'refuse', description: 'refuses', inputSchema: z.object({}), execute: async () => ({ isError: true, content: [{ type: 'text', text: 'no such table' }] }) });
process.stdin.on('end', () => upstream.disconnect().then(() => process.exit(0)));
await new MCPServer({ name: 'gateway', version: '1', tools: { ...await upstream.listTools(), refuse } }).startStdio();
EOF
cat > check.mjs <<'EOF'
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
const client = new Client({ name: 'c', version: '1' }, { versionNegotiation: { mode: 'auto' } });
await client.connect(new StdioClientTransport({ command: process.execPath, args: ['gateway.mjs'], stderr: 'ignore' }));
const rows = [];
for (const name of ['s_picture', 'refuse']) {
  const { content, isError } = await client.callTool({ name, arguments: {} });
  rows.push(`${name}: [${content.map(({ type, text }) => `${type} ${text}`).join(', ')}], isError ${isError}`);
}
await client.close();
console.log(rows.join('\n'));
if (rows.join('\n') !== `s_picture: [text {"content":[{"type":"text","text":"a chart"},{"type":"image","data":"aGk=","mimeType":"image/png"}]}], isError false
refuse: [text {"isError":true,"content":[{"type":"text","text":"no such table"}]}], isError false`) {
  console.log('CHANGED: results are served otherwise');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
