#!/usr/bin/env bash
# Guess:   Google's ADK for JavaScript has to rewrite an inputSchema for Gemini, and puts
#          what a $ref points to in its place, as the other Gemini clients do.
# Instead: a $ref becomes an object without members, whatever it points to: a referenced
#          text with an enum is declared as OBJECT, so that the model is told the wrong type
#          and none of the values. oneOf and allOf become TYPE_UNSPECIFIED, and a number's
#          enum becomes texts. Nothing is said, and the call that comes of it is sent.
# Where:   npm @google/adk 2.0.0, @modelcontextprotocol/sdk 1.32.2
# Output:  color ($ref to a text with an enum): {"type":"OBJECT","properties":{}}
#          filter ($ref to an object): {"type":"OBJECT","properties":{}}
#          when (oneOf): {"type":"TYPE_UNSPECIFIED"}
#          level (integer, enum 1 and 2): {"type":"INTEGER","enum":["1","2"]}
#          inline (the same text without $ref): {"type":"STRING","enum":["red","blue"]}
# Matters: schemas made from types (pydantic, zod with reused parts, Go with named structs)
#          use $defs for nearly every nested argument. A server or a gateway that wants to
#          be used by every client writes its arguments out in place.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @google/adk@2.0.0 @modelcontextprotocol/sdk@1.32.2
cat > server.mjs <<'EOF'
import { createInterface } from 'node:readline';
const color = { type: 'string', enum: ['red', 'blue'] };
const inputSchema = {
  type: 'object',
  properties: {
    color: { $ref: '#/$defs/Color' },
    filter: { $ref: '#/$defs/Filter' },
    when: { oneOf: [{ type: 'string' }, { type: 'integer' }] },
    level: { type: 'integer', enum: [1, 2] },
    inline: color,
  },
  required: ['color', 'filter'],
  $defs: { Color: color, Filter: { type: 'object', properties: { column: { type: 'string' } }, required: ['column'] } },
};
createInterface({ input: process.stdin }).on('line', line => {
  const { id, method } = JSON.parse(line);
  const answers = {
    initialize: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } },
    'tools/list': { tools: [{ name: 't', inputSchema }] },
  };
  if (id !== undefined) process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result: answers[method] ?? {} }) + '\n');
}).on('close', () => process.exit(0));
EOF
cat > check.mjs <<'EOF'
import { MCPToolset } from '@google/adk';
const set = new MCPToolset({ type: 'StdioConnectionParams', serverParams: { command: process.execPath, args: ['server.mjs'] } });
const [tool] = await set.getTools();
// What a tool adds to a request to the model is its declaration.
const llmRequest = { contents: [], toolsDict: {}, config: {} };
await tool.processLlmRequest({ toolContext: {}, llmRequest });
await set.close();
const seen = llmRequest.config.tools[0].functionDeclarations[0].parameters.properties;
const want = {
  color: ['$ref to a text with an enum', '{"type":"OBJECT","properties":{}}'],
  filter: ['$ref to an object', '{"type":"OBJECT","properties":{}}'],
  when: ['oneOf', '{"type":"TYPE_UNSPECIFIED"}'],
  level: ['integer, enum 1 and 2', '{"type":"INTEGER","enum":["1","2"]}'],
  inline: ['the same text without $ref', '{"type":"STRING","enum":["red","blue"]}'],
};
let failed = false;
for (const [name, [what, schema]] of Object.entries(want)) {
  console.log(`${name} (${what}): ${JSON.stringify(seen[name])}`);
  if (JSON.stringify(seen[name]) !== schema) (failed = true), console.log('CHANGED: expected ' + schema);
}
process.exit(failed ? 1 : 0);
EOF
node check.mjs
