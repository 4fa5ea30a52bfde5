#!/usr/bin/env bash
# Guess:   _meta of a tool result is for programs; LangChain's adapters keep it from the
#          model and show the text as it is.
# Instead: a result with one text and a _meta is shown to the model as the JSON of an object
#          with type, text and meta; what was plain text before is escaped within it. The
#          same happens with structuredContent. With two texts, or without either, nothing
#          of it is shown.
# Where:   npm @langchain/mcp-adapters 1.1.4, @langchain/core 1.4.0
# Output:  text: "2 rows\n"
#          text and _meta: "{\"type\":\"text\",\"text\":\"2 rows\\n\",\"meta\":{\"example.com/requestId\":\"r-1\"}}"
#          two texts and _meta: [{"type":"text","text":"2 rows"},{"type":"text","text":"1 warning"}]
# Matters: a server or a gateway that adds a request id, a cost or a trace as _meta thinks
#          nobody but programs reads it. Here it changes what the model sees of each answer,
#          costs tokens and shows internal ids.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @langchain/mcp-adapters@1.1.4 @langchain/core@1.4.0
cat > server.mjs <<'EOF'
import { createInterface } from 'node:readline';
const content = (...texts) => texts.map(text => ({ type: 'text', text })), _meta = { 'example.com/requestId': 'r-1' };
const results = {
  text: { content: content('2 rows\n') },
  'text and _meta': { content: content('2 rows\n'), _meta },
  'two texts and _meta': { content: content('2 rows', '1 warning'), _meta },
};
const names = Object.keys(results).map(name => name.replaceAll(' ', '-'));
createInterface({ input: process.stdin }).on('line', line => {
  const { id, method, params } = JSON.parse(line);
  const answers = {
    initialize: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } },
    'tools/list': { tools: names.map(name => ({ name, inputSchema: { type: 'object', properties: {} } })) },
    'tools/call': results[params?.name?.replaceAll('-', ' ')],
  };
  if (id !== undefined) process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result: answers[method] ?? {} }) + '\n');
}).on('close', () => process.exit(0));
EOF
cat > check.mjs <<'EOF'
import { MultiServerMCPClient } from '@langchain/mcp-adapters';
const client = new MultiServerMCPClient({ mcpServers: { s: { transport: 'stdio', command: process.execPath, args: ['server.mjs'] } } });
const want = {
  text: '"2 rows\\n"',
  'text and _meta': JSON.stringify('{"type":"text","text":"2 rows\\n","meta":{"example.com/requestId":"r-1"}}'),
  'two texts and _meta': '[{"type":"text","text":"2 rows"},{"type":"text","text":"1 warning"}]',
};
let failed = false;
for (const tool of await client.getTools()) {
  const name = tool.name.replaceAll('-', ' ');
  const message = await tool.invoke({ type: 'tool_call', id: '1', name: tool.name, args: {} });
  console.log(`${name}: ${JSON.stringify(message.content)}`);
  if (JSON.stringify(message.content) !== want[name]) (failed = true), console.log('CHANGED: expected ' + want[name]);
}
await client.close();
process.exit(failed ? 1 : 0);
EOF
node check.mjs
