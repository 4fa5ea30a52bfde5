#!/usr/bin/env bash
# Guess:   a question of a server (elicitation/create) whose text field has a `pattern`, as the
#          first example of MCP's page on elicitation has it, reaches the client's form with it.
# Instead: TypeScript clients 1.x and 2.x take it off before the handler sees the question; so too
#          an integer's `enum` and exclusiveMinimum, and the description of an option. The schema on
#          the wire has them. A form cannot check, or even show, what is wanted; the server, which
#          checks by its own schema, refuses the answer, and the call fails.
# Where:   npm @modelcontextprotocol/sdk 1.32.2, client 2.4.0
# Output:  on the wire: {"type":"string","minLength":2,"pattern":"^[A-Z]+$"}
#          sdk 1.x, the handler's: {"type":"string","minLength":2}; answer "ops": Elicitation response content does not match requested schema: data/key must match pattern "^[A-Z]+$"
#          client 2.x, the handler's: {"type":"string","minLength":2}; answer "ops": Elicitation response content does not match requested schema: data/key must match pattern "^[A-Z]+$"
# Matters: the person has answered in good faith, and is told nothing; the model is told an error of
#          the protocol. A server says in the field's description what the text has to be, which
#          does arrive, or looks at the answer itself and asks again; a bridge in between can do
#          the first for it.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/client@2.4.0 zod@4.6.7
cat > server.mjs <<'EOF'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
const mcp = new McpServer({ name: 's', version: '1' });
const requestedSchema = { type: 'object', properties: { key: { type: 'string', minLength: 2, pattern: '^[A-Z]+$' } }, required: ['key'] };
mcp.registerTool('create', {}, async () => {
  await mcp.server.elicitInput({ message: 'Key of the project?', requestedSchema });
  return { content: [{ type: 'text', text: 'created' }] };
});
await mcp.connect(new StdioServerTransport());
EOF
cat > wire.mjs <<'EOF'
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
// wire gives the field of the question as the server writes it.
export const wire = new Promise(resolve => {
  const server = spawn(process.execPath, ['server.mjs'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const send = message => server.stdin.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\n');
  createInterface({ input: server.stdout }).on('line', line => {
    const { id, method, params } = JSON.parse(line);
    if (id === 1) send({ method: 'notifications/initialized' }), send({ id: 2, method: 'tools/call', params: { name: 'create', arguments: {} } });
    if (method === 'elicitation/create') server.kill(), resolve(JSON.stringify(params.requestedSchema.properties.key));
  });
  send({ id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: { elicitation: { form: {} } }, clientInfo: { name: 'c', version: '1' } } });
});
EOF
cat > check.mjs <<'EOF'
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as Transport1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { wire } from './wire.mjs';
const rows = [`on the wire: ${await wire}`];
async function ask(name, client, transport, method) {
  let field;
  client.setRequestHandler(method, ({ params }) => (field = JSON.stringify(params.requestedSchema.properties.key), { action: 'accept', content: { key: 'ops' } }));
  await client.connect(transport);
  const { content: [{ text }] } = await client.callTool({ name: 'create', arguments: {} });
  await client.close();
  rows.push(`${name}, the handler's: ${field}; answer "ops": ${text.replace('MCP error -32602: ', '')}`);
}
const info = { name: 'c', version: '1' }, can = { capabilities: { elicitation: { form: {} } } }, entry = { command: process.execPath, args: ['server.mjs'] };
await ask('sdk 1.x', new Client1(info, can), new Transport1(entry), ElicitRequestSchema);
await ask('client 2.x', new Client(info, can), new StdioClientTransport(entry), 'elicitation/create');
console.log(rows.join('\n'));
const refused = 'the handler\'s: {"type":"string","minLength":2}; answer "ops": Elicitation response content does not match requested schema: data/key must match pattern "^[A-Z]+$"';
if (rows.join('\n') !== `on the wire: {"type":"string","minLength":2,"pattern":"^[A-Z]+$"}\nsdk 1.x, ${refused}\nclient 2.x, ${refused}`) {
  console.log('CHANGED: the handler sees another question, or the answer is taken');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
