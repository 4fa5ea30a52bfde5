#!/usr/bin/env bash
# Guess:   a tool without a title is listed without one, so that clients show its name; and
#          the answer to initialize holds what MCP names.
# Instead: tmcp lists the description as title too: clients that show titles show the whole
#          text for each tool, meant for the model, of any length. And initialize carries a
#          member "adapter", an option of the server's code.
# Where:   npm tmcp 1.20.0, @tmcp/transport-stdio 0.5.0
# Output:  title of a tool without one: "Reads rows of a table. Give the full name, in three parts."
#          initialize: protocolVersion, adapter, capabilities, serverInfo
# Matters: a list of tools for people, or a question before a call, becomes unreadable, and
#          a pin or a comparison of tools sees two members change with each edit of the text.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts tmcp@1.20.0 @tmcp/transport-stdio@0.5.0 @tmcp/adapter-zod@0.1.7 zod@4.6.7
cat > server.mjs <<'EOF'
import { ZodJsonSchemaAdapter } from '@tmcp/adapter-zod';
import { StdioTransport } from '@tmcp/transport-stdio';
import { McpServer } from 'tmcp';
const mcp = new McpServer({ name: 's', version: '1', description: 'd' }, { adapter: new ZodJsonSchemaAdapter(), capabilities: { tools: {} } });
mcp.tool({ name: 'read_rows', description: 'Reads rows of a table. Give the full name, in three parts.' }, async () => ({ content: [] }));
new StdioTransport(mcp).listen();
EOF
cat > check.mjs <<'EOF'
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
const server = spawn(process.execPath, ['server.mjs'], { stdio: ['pipe', 'pipe', 'inherit'] });
const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
const send = message => server.stdin.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\n');
const ask = async (id, method, params) => (send({ id, method, params }), JSON.parse((await lines.next()).value).result);
const hello = await ask(1, 'initialize', { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'c', version: '1' } });
send({ method: 'notifications/initialized' });
const { tools } = await ask(2, 'tools/list', {});
server.kill();
console.log(`title of a tool without one: ${JSON.stringify(tools[0].title)}\ninitialize: ${Object.keys(hello).join(', ')}`);
if (tools[0].title !== tools[0].description || !('adapter' in hello)) {
  console.log('CHANGED: no title is listed, or initialize has no member of its own');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
