#!/usr/bin/env bash
# Guess:   the AI SDK hands the media of a tool result to the model as files, and tells it
#          when a call has failed.
# Instead: a picture only. Sound, and a picture that is an embedded resource, become the
#          JSON text of the content, base64 and all; and a result with isError is shown as
#          any other: "error-text", which the AI SDK has for failed tools, is not used.
# Where:   npm @ai-sdk/mcp 2.0.99
# Output:  image: file image/png
#          audio: text {"type":"audio","data":"UklGRg==","mimeType":"audio/wav"}
#          embedded picture: text {"type":"resource","resource":{"uri":"file:///a.png","mimeType":"image/png","blob":"iVBORw0="}}
#          isError: text no such table
# Matters: a minute of sound is hundreds of thousands of tokens of base64, and ends the
#          conversation. A gateway cannot rely on clients to sort content by its kind: what
#          is large has to be cut by size, text or not.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @ai-sdk/mcp@2.0.99 zod@4.6.7
cat > server.mjs <<'EOF'
import { createInterface } from 'node:readline';
const results = {
  image: { content: [{ type: 'image', data: 'iVBORw0=', mimeType: 'image/png' }] },
  audio: { content: [{ type: 'audio', data: 'UklGRg==', mimeType: 'audio/wav' }] },
  embedded: { content: [{ type: 'resource', resource: { uri: 'file:///a.png', mimeType: 'image/png', blob: 'iVBORw0=' } }] },
  failed: { content: [{ type: 'text', text: 'no such table' }], isError: true },
};
createInterface({ input: process.stdin }).on('line', line => {
  const { id, method, params } = JSON.parse(line);
  const answers = {
    initialize: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } },
    'tools/list': { tools: Object.keys(results).map(name => ({ name, inputSchema: { type: 'object', properties: {} } })) },
    'tools/call': results[params?.name],
  };
  if (id === undefined) return;
  const answer = answers[method] ? { result: answers[method] } : { error: { code: -32601, message: 'Method not found' } };
  process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, ...answer }) + '\n');
}).on('close', () => process.exit(0));
EOF
cat > check.mjs <<'EOF'
import { createMCPClient } from '@ai-sdk/mcp';
import { Experimental_StdioMCPTransport } from '@ai-sdk/mcp/mcp-stdio';
const client = await createMCPClient({ transport: new Experimental_StdioMCPTransport({ command: process.execPath, args: ['server.mjs'] }) });
const tools = await client.tools();
const want = {
  image: 'file image/png',
  audio: 'text {"type":"audio","data":"UklGRg==","mimeType":"audio/wav"}',
  embedded: 'text {"type":"resource","resource":{"uri":"file:///a.png","mimeType":"image/png","blob":"iVBORw0="}}',
  failed: 'text no such table',
};
const titles = { embedded: 'embedded picture', failed: 'isError' };
let failed = false;
for (const name in want) {
  const output = await tools[name].execute({}, { toolCallId: '1', messages: [] });
  const shown = await tools[name].toModelOutput({ toolCallId: '1', input: {}, output });
  const seen = shown.type === 'content' ? shown.value.map(part => `${part.type} ${part.text ?? part.mediaType}`).join() : JSON.stringify(shown);
  console.log(`${titles[name] ?? name}: ${seen}`);
  if (seen !== want[name]) (failed = true), console.log('CHANGED: expected ' + want[name]);
}
await client.close();
process.exit(failed ? 1 : 0);
EOF
node check.mjs
