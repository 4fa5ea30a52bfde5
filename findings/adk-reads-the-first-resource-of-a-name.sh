#!/usr/bin/env bash
# Guess:   Google's ADK for JavaScript tells the model the resources of a server by URI,
#          which is what identifies one; two with the same name are two.
# Instead: it tells the names, asks for one by its name, and reads the first resource that
#          has it. Of /a/README.md and /b/README.md both are listed as README.md, and the
#          second can never be read. URI, title and description are not told.
# Where:   npm @google/adk 2.0.0, @modelcontextprotocol/sdk 1.32.2
# Output:  told: ["README.md","README.md"]
#          read: file:///a/README.md, file:///a/README.md
# Matters: a name is for programs and need not be unique (file names, tables of two
#          schemas). A server or a gateway that joins servers gives whole names, such as
#          "main.sales.orders", and not the last part alone.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @google/adk@2.0.0 @modelcontextprotocol/sdk@1.32.2
cat > server.mjs <<'EOF'
import { createInterface } from 'node:readline';
createInterface({ input: process.stdin }).on('line', line => {
  const { id, method, params } = JSON.parse(line);
  const answers = {
    initialize: { protocolVersion: '2025-11-25', capabilities: { resources: {} }, serverInfo: { name: 's', version: '1' } },
    'resources/list': { resources: ['a', 'b'].map(folder => ({ uri: `file:///${folder}/README.md`, name: 'README.md', title: `About ${folder}` })) },
    'resources/read': { contents: [{ uri: params?.uri, text: `text of ${params?.uri}` }] },
  };
  if (id !== undefined) process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result: answers[method] ?? {} }) + '\n');
}).on('close', () => process.exit(0));
EOF
cat > check.mjs <<'EOF'
import { MCPToolset } from '@google/adk';
const set = new MCPToolset({ type: 'StdioConnectionParams', serverParams: { command: process.execPath, args: ['server.mjs'] } });
const names = await set.listResources();
const read = [];
for (const name of names) read.push((await set.readResource(name))[0].uri);
await set.close();
console.log(`told: ${JSON.stringify(names)}\nread: ${read.join(', ')}`);
if (JSON.stringify(names) !== '["README.md","README.md"]' || read.join() !== 'file:///a/README.md,file:///a/README.md') {
  console.log('CHANGED: a resource is told from another of the same name');
  process.exit(1);
}
EOF
node check.mjs
