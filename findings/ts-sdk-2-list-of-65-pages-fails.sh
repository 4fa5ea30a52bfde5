#!/usr/bin/env bash
# Guess:   listTools() of the TypeScript SDK 2.x, which reads all pages by itself, gives all
#          tools of a server however small its pages are.
# Instead: after 64 pages it throws ("server pagination did not terminate") and gives none of
#          the tools it has read. Pages read one by one with a cursor are not limited. The
#          limit is the client's option listMaxPages.
# Where:   npm @modelcontextprotocol/client 2.4.0
# Output:  64 pages: 64 tools; 65 pages: exceeded listMaxPages (64); 65 pages with listMaxPages 0: 65 tools
# Matters: a gateway that joins servers, or cuts lists for size, must not make many small
#          pages: above 64 a whole server's tools are gone for such a client.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @modelcontextprotocol/client@2.4.0
cat > check.mjs <<'EOF'
import { Client, InMemoryTransport } from '@modelcontextprotocol/client';
async function list(pages, options) {
  const [server, wire] = InMemoryTransport.createLinkedPair();
  server.onmessage = ({ id, method, params }) => {
    const page = Number(params?.cursor ?? 1);
    const results = {
      initialize: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } },
      'tools/list': { tools: [{ name: 't' + page, inputSchema: { type: 'object' } }], ...(page < pages && { nextCursor: String(page + 1) }) },
    };
    if (id !== undefined) server.send({ jsonrpc: '2.0', id, result: results[method] });
  };
  await server.start();
  const client = new Client({ name: 'c', version: '1' }, options);
  await client.connect(wire);
  const seen = await client.listTools().then(r => r.tools.length + ' tools', e => /exceeded listMaxPages \(64\)/.exec(e.message)?.[0] ?? e.message);
  await client.close();
  return seen;
}
const seen = `64 pages: ${await list(64)}; 65 pages: ${await list(65)}; 65 pages with listMaxPages 0: ${await list(65, { listMaxPages: 0 })}`;
console.log(seen);
if (seen !== '64 pages: 64 tools; 65 pages: exceeded listMaxPages (64); 65 pages with listMaxPages 0: 65 tools') {
  console.log('CHANGED: another number of pages is read');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
