#!/usr/bin/env bash
# Guess:   z.fromJSONSchema, with which clients such as Cloudflare's agents turn a tool's
#          inputSchema into their own, keeps required and properties, or says that it does
#          not know them: for if/then, not and dependentRequired it says so.
# Instead: a part of a schema without "type" is read as anything at all, without a word.
#          anyOf: [{required: ["id"]}, {required: ["name"]}], the usual way to ask for one
#          of two arguments, is dropped, and so is a whole schema that leaves out
#          type: "object". What is then shown to the model lacks it, too.
# Where:   npm zod 4.6.7
# Output:  one of two required: {} accepted; shown to the model: {"anyOf":[{},{}]}
#          required in allOf: {} accepted; shown to the model: {}
#          no type: {} accepted; shown to the model: no properties
#          with type: {} refused
# Matters: the server refuses what such a client lets pass, and the model was never told the
#          rule. A server that wants to be understood repeats type: "object" in each part,
#          and says the rule in its description.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts zod@4.6.7
cat > check.mjs <<'EOF'
import { z } from 'zod';
const properties = { id: { type: 'string' }, name: { type: 'string' } };
const schemas = {
  'one of two required': [{ type: 'object', properties, anyOf: [{ required: ['id'] }, { required: ['name'] }] }, true, '{"anyOf":[{},{}]}'],
  'required in allOf': [{ type: 'object', properties, allOf: [{ required: ['id'] }] }, true, '{}'],
  'no type': [{ properties, required: ['id'] }, true, 'no properties'],
  'with type': [{ type: 'object', properties, required: ['id'] }, false, undefined],
};
let failed = false;
for (const [name, [schema, accepted, shown]] of Object.entries(schemas)) {
  const type = z.fromJSONSchema(schema), { $schema, ...back } = z.toJSONSchema(type);
  const seen = [type.safeParse({}).success, accepted ? back.allOf ? JSON.stringify(back.allOf[1]) : back.properties ? JSON.stringify(back) : 'no properties' : undefined];
  console.log(`${name}: {} ${seen[0] ? 'accepted' : 'refused'}${seen[1] ? `; shown to the model: ${seen[1]}` : ''}`);
  if (seen[0] !== accepted || seen[1] !== shown) (failed = true), console.log(`CHANGED: expected ${accepted ? 'accepted' : 'refused'}, ${shown}`);
}
process.exit(failed ? 1 : 0);
EOF
node check.mjs
