#!/usr/bin/env bash
# Guess:   the AI SDK gives the model the inputSchema of a tool as the server wrote it.
# Instead: it puts "additionalProperties": false at the top of every schema, over a true or
#          a schema that the server has written there, and an empty "properties" where there
#          is none. A tool that takes free arguments (column values, filters by name) is shown
#          to the model as one that takes none.
# Where:   npm @ai-sdk/mcp 2.0.99
# Output:  server: {"type":"object","additionalProperties":{"type":"string"}}
#          model:  {"type":"object","additionalProperties":false,"properties":{}}
# Matters: a server reached from AI SDK programs should name its arguments, or put free ones
#          under a named property; nested ones are left as they are.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @ai-sdk/mcp@2.0.99
cat > check.mjs <<'EOF'
import http from 'node:http';
import { createMCPClient } from '@ai-sdk/mcp';
const schemas = {
  free: { type: 'object', additionalProperties: { type: 'string' } },
  open: { type: 'object', properties: { table: { type: 'string' } }, additionalProperties: true },
  nested: { type: 'object', properties: { filter: { type: 'object', additionalProperties: true } }, additionalProperties: false },
};
const web = http.createServer(async (req, res) => {
  let body = '';
  for await (const chunk of req) body += chunk;
  const m = body ? JSON.parse(body) : {};
  if (m.id === undefined) return res.writeHead(req.method === 'POST' ? 202 : 405).end();
  const results = {
    initialize: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } },
    'tools/list': { tools: Object.entries(schemas).map(([name, inputSchema]) => ({ name, inputSchema })) },
  };
  const rest = results[m.method] ? { result: results[m.method] } : { error: { code: -32601, message: 'Method not found' } };
  res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id: m.id, ...rest }));
});
await new Promise(resolve => web.listen(0, '127.0.0.1', resolve));
const client = await createMCPClient({ transport: { type: 'http', url: `http://127.0.0.1:${web.address().port}/mcp` } });
const tools = await client.tools();
const seen = {};
for (const name of Object.keys(schemas)) {
  seen[name] = await tools[name].inputSchema.jsonSchema;
  console.log(`${name}\n  server: ${JSON.stringify(schemas[name])}\n  model:  ${JSON.stringify(seen[name])}`);
}
await client.close();
if (seen.free.additionalProperties !== false || JSON.stringify(seen.free.properties) !== '{}' || seen.open.additionalProperties !== false || seen.nested.properties.filter.additionalProperties !== true) {
  console.log('CHANGED: other schemas are given to the model');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
