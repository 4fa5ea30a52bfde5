#!/usr/bin/env bash
# Guess:   a result with both content and structuredContent reaches Mastra's tool as
#          both, or the text wins: MCP says a server SHOULD also give the structured
#          value as text, but does not say the two must be the same.
# Instead: execute() returns the structuredContent alone. Text, images, links, _meta and
#          whatever else the result had are gone, for a tool without an outputSchema too.
#          Without structuredContent it returns the whole result.
# Where:   npm @mastra/mcp 2.0.0
# Output:  both: {"rows":2}
#          content alone: {"content":[{"type":"text","text":"2 rows, more on the next page"}]}
# Matters: what a server, a policy or a bridge puts in as text (a hint, a warning, "cut
#          after 100 rows") is not seen by the model if the result is structured as well.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @mastra/mcp@2.0.0
cat > server.mjs <<'EOF'
import { createInterface } from 'node:readline';
const content = [{ type: 'text', text: '2 rows, more on the next page' }];
const answers = {
  initialize: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } },
  'tools/list': { tools: ['both', 'text'].map(name => ({ name, inputSchema: { type: 'object', properties: {} } })) },
  both: { content, structuredContent: { rows: 2 } },
  text: { content },
};
createInterface({ input: process.stdin }).on('line', line => {
  const { id, method, params } = JSON.parse(line);
  const result = answers[params?.name] ?? answers[method];
  if (id !== undefined)
    process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, ...(result ? { result } : { error: { code: -32601, message: 'Method not found' } }) }) + '\n');
}).on('close', () => process.exit(0));
EOF
cat > check.mjs <<'EOF'
import { MCPClient } from '@mastra/mcp';
const client = new MCPClient({ servers: { s: { command: process.execPath, args: ['server.mjs'] } } });
const tools = await client.listTools();
const both = JSON.stringify(await tools.s_both.execute({}, {})), text = JSON.stringify(await tools.s_text.execute({}, {}));
await client.disconnect();
console.log(`both: ${both}\ncontent alone: ${text}`);
if (both !== '{"rows":2}' || text !== '{"content":[{"type":"text","text":"2 rows, more on the next page"}]}') {
  console.log('CHANGED: another part of the result is handed over');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs 2>stderr || { cat stderr >&2; exit 1; }
