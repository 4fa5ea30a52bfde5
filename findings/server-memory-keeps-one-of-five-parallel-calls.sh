#!/usr/bin/env bash
# Guess:   a server that answers five calls with success has done all five, also if they came
#          while the others were under way: MCP lets a client send requests in parallel.
# Instead: the reference server for memory reads its file, adds to it and writes it back in each
#          call, without a lock. Of five calls sent together all are answered with success, and
#          the file holds what one of them stored. One after the other all five are kept.
# Where:   npm @modelcontextprotocol/server-memory 2026.8.31
# Output:  together: 5 answered with success, 1 kept
#          one after the other: 5 answered with success, 5 kept
#          How many of those sent together are kept is chance; fewer than 5 is taken as described.
# Matters: models call tools in parallel, and clients send such calls at once. A bridge must not
#          take a server for safe because it is the reference, and a client that wants writes
#          kept sends them one by one.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @modelcontextprotocol/server-memory@2026.8.31 @modelcontextprotocol/sdk@1.32.2
cat > check.mjs <<'EOF'
import { readFileSync } from 'node:fs';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
const rows = [];
for (const way of ['together', 'one after the other']) {
  const file = `${process.cwd()}/${way}.jsonl`;
  const client = new Client({ name: 'c', version: '1' });
  await client.connect(new StdioClientTransport({ command: 'node', args: ['node_modules/@modelcontextprotocol/server-memory/dist/index.js'], env: { ...process.env, MEMORY_FILE_PATH: file }, stderr: 'ignore' }));
  const store = i => client.callTool({ name: 'create_entities', arguments: { entities: [{ name: `e${i}`, entityType: 'table', observations: [] }] } });
  const results = [];
  if (way === 'together') results.push(...await Promise.all([0, 1, 2, 3, 4].map(store)));
  else for (const i of [0, 1, 2, 3, 4]) results.push(await store(i));
  await client.close();
  rows.push(`${way}: ${results.filter(r => !r.isError).length} answered with success, ${readFileSync(file, 'utf8').split('\n').filter(Boolean).length} kept`);
}
console.log(rows.join('\n'));
const [together, single] = rows.map(row => Number(row.match(/(\d) kept/)[1]));
if (together >= 5 || single !== 5 || rows.some(row => !row.includes('5 answered'))) {
  console.log('CHANGED: calls are stored otherwise');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
