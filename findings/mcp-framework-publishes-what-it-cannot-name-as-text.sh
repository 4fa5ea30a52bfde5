#!/usr/bin/env bash
# Guess:   a server framework lists for its tools the schema that it checks arguments by, or
#          leaves an argument open where it cannot say its type.
# Instead: mcp-framework lists as {"type":"string"} what it cannot name: a map, a union, a tuple,
#          an intersection, a number with a refine() or a catch(), an array that is readonly(). The
#          argument that the list asks for is refused, since Zod checks it; and one that is
#          nullable() is listed as optional, and refused where it is left out.
# Where:   npm mcp-framework 0.2.22 (zod 3.25.76)
# Output:  listed: limit "string", labels "string", path "string", days "array"; required limit, labels, path, days
#          limit "50", labels "{\"team\":\"db\"}", path "[1,2]", days [1]: refused at limit, labels, path, note
#          limit 50, labels {"team":"db"}, path [1,2], days [1], note null: taken
# Matters: the model does what the list says and is refused each time; a client that checks
#          arguments by the list refuses the only call that works. Who gets "Expected number,
#          received string" of an argument listed as text has met this, not a careless model.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
echo '{"name":"s","version":"1.0.0","type":"module","main":"dist/index.js"}' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts mcp-framework@0.2.22 zod@3.25.76
mkdir -p dist/tools
echo "import { MCPServer } from 'mcp-framework'; await new MCPServer().start();" > dist/index.js
cat > dist/tools/find.js <<'EOF'
import { MCPTool } from 'mcp-framework';
import { z } from 'zod';
export default class Find extends MCPTool {
  name = 'find';
  description = 'finds';
  schema = z.object({
    limit: z.number().refine(limit => limit % 10 === 0).describe('a multiple of ten'),
    labels: z.record(z.string(), z.string()).describe('labels'),
    path: z.array(z.number()).readonly().describe('ids on the way'),
    days: z.array(z.number()).describe('days'),
    note: z.string().nullable().describe('a note'),
  });
  async execute() { return 'taken'; }
}
EOF
cat > check.mjs <<'EOF'
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
const server = spawn(process.execPath, ['dist/index.js'], { stdio: ['pipe', 'pipe', 'ignore'] });
const waiting = new Map();
createInterface({ input: server.stdout }).on('line', line => {
  const message = JSON.parse(line);
  waiting.get(message.id)?.(message.result);
});
const send = message => server.stdin.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\n');
let id = 0;
const request = (method, params) => new Promise(resolve => (waiting.set(++id, resolve), send({ id, method, params })));
await request('initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } });
send({ method: 'notifications/initialized' });
const { properties, required } = (await request('tools/list')).tools[0].inputSchema;
async function call(args) {
  const { isError, content: [{ text }] } = await request('tools/call', { name: 'find', arguments: args });
  const end = isError ? `refused at ${JSON.parse(text).map(issue => issue.path.join('.')).join(', ')}` : JSON.parse(text);
  return `${Object.entries(args).map(([name, value]) => `${name} ${JSON.stringify(value)}`).join(', ')}: ${end}`;
}
const lines = [
  `listed: ${['limit', 'labels', 'path', 'days'].map(name => `${name} "${properties[name].type}"`).join(', ')}; required ${required.join(', ')}`,
  await call({ limit: '50', labels: '{"team":"db"}', path: '[1,2]', days: [1] }),
  await call({ limit: 50, labels: { team: 'db' }, path: [1, 2], days: [1], note: null }),
].join('\n');
server.kill();
console.log(lines);
if (lines !== String.raw`listed: limit "string", labels "string", path "string", days "array"; required limit, labels, path, days
limit "50", labels "{\"team\":\"db\"}", path "[1,2]", days [1]: refused at limit, labels, path, note
limit 50, labels {"team":"db"}, path [1,2], days [1], note null: taken`) {
  console.log('CHANGED: arguments are listed, or checked, otherwise');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
