#!/usr/bin/env bash
# Guess:   LangChain's adapters hand an inputSchema on as it is, or at least let the model
#          make each call that the schema allows.
# Instead: they "simplify" it. The members of all objects of an anyOf or oneOf are put
#          together, and where two have a member of the same name the last one counts. Of a
#          union told apart by a constant ("kind") only the last kind is shown, and a call
#          with another is refused before it is sent. A union of other types ("text or
#          null") loses its types altogether.
# Where:   npm @langchain/mcp-adapters 1.1.4, @langchain/core 1.4.0
# Output:  target shown: {"type":"object","properties":{"kind":{"const":"volume"},"table":{"type":"string"},"path":{"type":"string"}},"required":["kind"]}
#          comment (text or null) shown: {"description":"why"}
#          {"kind":"table",...}: Received tool input did not match expected schema
#          {"kind":"volume",...}: ran
# Matters: zod's and pydantic's discriminated unions come out like this, and every
#          Optional[...] of Python as "T or null". A server meant for every client has one
#          tool for each kind, or an enum beside optional members.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @langchain/mcp-adapters@1.1.4 @langchain/core@1.4.0
cat > server.mjs <<'EOF'
import { createInterface } from 'node:readline';
const kind = (name, member) => ({ type: 'object', properties: { kind: { const: name }, [member]: { type: 'string' } }, required: ['kind', member] });
const inputSchema = {
  type: 'object',
  properties: {
    target: { oneOf: [kind('table', 'table'), kind('volume', 'path')] },
    comment: { anyOf: [{ type: 'string' }, { type: 'null' }], description: 'why' },
  },
  required: ['target'],
};
createInterface({ input: process.stdin }).on('line', line => {
  const { id, method } = JSON.parse(line);
  const answers = {
    initialize: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } },
    'tools/list': { tools: [{ name: 'drop', inputSchema }] },
    'tools/call': { content: [{ type: 'text', text: 'ran' }] },
  };
  if (id !== undefined) process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result: answers[method] ?? {} }) + '\n');
}).on('close', () => process.exit(0));
EOF
cat > check.mjs <<'EOF'
import { MultiServerMCPClient } from '@langchain/mcp-adapters';
const client = new MultiServerMCPClient({ mcpServers: { s: { transport: 'stdio', command: process.execPath, args: ['server.mjs'] } } });
const [tool] = await client.getTools();
const call = target => tool.invoke({ target }).catch(error => error.message.split('\n')[0]);
const { target, comment } = tool.schema.properties;
const seen = {
  'target shown': JSON.stringify(target),
  'comment (text or null) shown': JSON.stringify(comment),
  '{"kind":"table",...}': await call({ kind: 'table', table: 'orders' }),
  '{"kind":"volume",...}': await call({ kind: 'volume', path: '/v' }),
};
await client.close();
for (const [what, value] of Object.entries(seen)) console.log(`${what}: ${value}`);
const [, comments, table, volume] = Object.values(seen);
if (target.properties.kind.const !== 'volume' || comments !== '{"description":"why"}' || !table.includes('did not match') || volume !== 'ran') {
  console.log('CHANGED: the schema is handed on in another way');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
