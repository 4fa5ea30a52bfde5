#!/usr/bin/env bash
# Guess:   a resource that a TypeScript server has registered, and lists, can be read
#          by the very URI it is listed under.
# Instead: resources/read first puts the URI through new URL() and looks up what
#          comes out. Every listed URI that the URL class would write otherwise is
#          "not found": a host without a final slash, a capital in a host, a space or
#          an accent in a path. URIs of unknown schemes are not rewritten and work.
# Where:   npm @modelcontextprotocol/sdk 1.32.2, @modelcontextprotocol/server 2.4.0
# Output:  https://example.com: listed, cannot be read
#          file:///a b.txt: listed, cannot be read
#          https://example.com/a: listed, read          (both versions)
# Matters: a client does nothing wrong here, and a bridge must not "repair" it by
#          rewriting URIs: the listed form is the only one the client knows.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts \
  @modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/client@2.4.0 @modelcontextprotocol/server@2.4.0 zod@4.6.7
cat > check.mjs <<'EOF'
import { McpServer as Server1 } from '@modelcontextprotocol/sdk/server/mcp.js';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport as Memory1 } from '@modelcontextprotocol/sdk/inMemory.js';
import { McpServer as Server2, InMemoryTransport as Memory2 } from '@modelcontextprotocol/server';
import { Client as Client2 } from '@modelcontextprotocol/client';
const expected = {
  'https://example.com': 'cannot be read',
  'https://Example.com/b': 'cannot be read',
  'https://example.com:443/c': 'cannot be read',
  'file:///a b.txt': 'cannot be read',
  'file:///Zoë.txt': 'cannot be read',
  'https://example.com/a': 'read',
  'config://App/Settings': 'read',
  'urn:isbn:0451450523': 'read',
};
let failed = false;
for (const [version, Server, Client, Memory] of [['1.32.2', Server1, Client1, Memory1], ['2.4.0', Server2, Client2, Memory2]]) {
  const server = new Server({ name: 's', version: '1' });
  for (const uri of Object.keys(expected)) server.registerResource(uri, uri, {}, async () => ({ contents: [{ uri, text: 'here' }] }));
  const [a, b] = Memory.createLinkedPair();
  await server.connect(a);
  const client = new Client({ name: 'c', version: '1' });
  await client.connect(b);
  const { resources } = await client.listResources();
  for (const { uri } of resources) {
    const seen = await client.readResource({ uri }).then(() => 'read', () => 'cannot be read');
    console.log(`${version} ${uri}: listed, ${seen}`);
    failed ||= seen !== expected[uri];
  }
  failed ||= resources.length !== Object.keys(expected).length;
  await client.close();
}
if (failed) {
  console.log('CHANGED: other resources can be read');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
