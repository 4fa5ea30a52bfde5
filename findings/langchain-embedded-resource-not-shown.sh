#!/usr/bin/env bash
# Guess:   a text resource embedded in a tool's result (the file that a "read file" tool
#          returns, say) is part of what LangChain gives the model.
# Instead: with the adapters' defaults it is not. Embedded resources, and structured
#          content too, go into the message's artifact, which models are not shown. A
#          result that consists of an embedded text file, or of structuredContent with
#          empty content, is an empty message: no error, no text, nothing. Resource links
#          and text are passed on.
# Where:   npm @langchain/mcp-adapters 1.1.4
# Output:  text and file: content "see the file"
#          file: content []
#          structured: content []
#          link: content names file:///a.txt
# Matters: a bridge or policy that turns a big text into an embedded resource hides it
#          from such an agent; a text that says what was moved must stay beside it.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @langchain/mcp-adapters@1.1.4
cat > server.mjs <<'EOF'
import { createInterface } from 'node:readline';
const file = { type: 'resource', resource: { uri: 'file:///a.txt', mimeType: 'text/plain', text: 'the text of the file' } };
const results = {
  both: { content: [{ type: 'text', text: 'see the file' }, file] },
  file: { content: [file] },
  structured: { content: [], structuredContent: { rows: 2 } },
  link: { content: [{ type: 'resource_link', uri: 'file:///a.txt', name: 'a.txt' }] },
};
createInterface({ input: process.stdin }).on('line', line => {
  const { id, method, params } = JSON.parse(line);
  const answers = {
    initialize: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } },
    'tools/list': { tools: Object.keys(results).map(name => ({ name, description: name, inputSchema: { type: 'object', properties: {} } })) },
    'tools/call': results[params?.name],
  };
  if (id !== undefined) process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result: answers[method] ?? {} }) + '\n');
}).on('close', () => process.exit(0));
EOF
cat > check.mjs <<'EOF'
import { MultiServerMCPClient } from '@langchain/mcp-adapters';
const client = new MultiServerMCPClient({ mcpServers: { s: { command: process.execPath, args: ['server.mjs'], transport: 'stdio' } } });
const seen = {};
for (const tool of await client.getTools())
  seen[tool.name] = JSON.stringify((await tool.invoke({ type: 'tool_call', id: '1', name: tool.name, args: {} })).content);
await client.close();
for (const [name, content] of Object.entries(seen)) console.log(`${name}: content ${content}`);
if (seen.both !== '"see the file"' || seen.file !== '[]' || seen.structured !== '[]' || !seen.link.includes('file:///a.txt')) {
  console.log('CHANGED: other parts are shown');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
