#!/usr/bin/env bash
# Guess:   a client that cannot show the model a picture says so, tells a failed call from a
#          good one, and shows a resource link as its URI: MCP has isError "so that the model
#          can see that an error occurred" (Tools, Error Handling).
# Instead: Hugging Face's client puts "The task is complete and the content accessible to the
#          User" in the place of each picture, sound or blob, also where isError is true, which
#          is not told. A link alone becomes an empty text, and a result whose value is in
#          structuredContent "[No content]".
# Where:   npm @huggingface/mcp-client 0.2.3, @modelcontextprotocol/sdk 1.32.2
# Output:  failed: "render failed\n[Binary Content: Image image/png, 2 bytes]\nThe task is complete and the content accessible to the User"
#          link: ""
#          structured: "[No content]"
# Matters: an error has to be an error in its words as well, a link has to be beside a text,
#          and whoever adds a screenshot to a refused call has the model read that it is done.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @huggingface/mcp-client@0.2.3 @modelcontextprotocol/sdk@1.32.2
cat > server.mjs <<'EOF'
import { createInterface } from 'node:readline';
const results = {
  failed: { content: [{ type: 'text', text: 'render failed' }, { type: 'image', data: 'aGk=', mimeType: 'image/png' }], isError: true },
  link: { content: [{ type: 'resource_link', uri: 'file:///rows.csv', name: 'rows.csv' }] },
  structured: { content: [], structuredContent: { rows: 2 } },
};
createInterface({ input: process.stdin }).on('line', line => {
  const { id, method, params } = JSON.parse(line);
  const answers = {
    initialize: { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } },
    'tools/list': { tools: Object.keys(results).map(name => ({ name, description: 'd', inputSchema: { type: 'object', properties: {} } })) },
    'tools/call': results[params?.name],
  };
  if (id !== undefined) process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result: answers[method] ?? {} }) + '\n');
}).on('close', () => process.exit(0));
EOF
cat > check.mjs <<'EOF'
import { createServer } from 'node:http';
import { McpClient } from '@huggingface/mcp-client';
// A model that calls every tool.
const web = createServer(async (req, res) => {
  let body = '';
  for await (const chunk of req) body += chunk;
  const tool_calls = JSON.parse(body).tools.map((tool, index) => ({ index, id: 'c' + index, type: 'function', function: { name: tool.function.name, arguments: '{}' } }));
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  res.end(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { role: 'assistant', tool_calls } }] })}\n\ndata: [DONE]\n\n`);
});
await new Promise(listening => web.listen(0, '127.0.0.1', listening));
const client = new McpClient({ endpointUrl: `http://127.0.0.1:${web.address().port}/v1`, model: 'm' });
await client.addMcpServer({ command: process.execPath, args: ['server.mjs'] });
const seen = {};
for await (const message of client.processSingleTurnWithTools([{ role: 'user', content: 'go' }])) if (message.role === 'tool') seen[message.name] = message.content;
const want = {
  failed: 'render failed\n[Binary Content: Image image/png, 2 bytes]\nThe task is complete and the content accessible to the User',
  link: '',
  structured: '[No content]',
};
let failed = false;
for (const name in want) {
  console.log(`${name}: ${JSON.stringify(seen[name])}`);
  if (seen[name] !== want[name]) (failed = true), console.log('CHANGED: expected ' + JSON.stringify(want[name]));
}
process.exit(failed ? 1 : 0);
EOF
node check.mjs
