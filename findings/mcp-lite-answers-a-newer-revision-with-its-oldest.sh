#!/usr/bin/env bash
# Guess:   a server that is asked for a revision it does not know offers the newest that it does,
#          and a revision that it has agreed on is the one it speaks.
# Instead: mcp-lite, which knows 2025-06-18, offers 2025-03-26 to a client of 2025-11-25, and so to
#          each client of today. Then it refuses a batch, which 2025-03-26 must take, with the
#          words that 2025-06-18 has none.
# Where:   npm mcp-lite 0.10.0
# Output:  asked for 2025-06-18: offers 2025-06-18
#          asked for 2025-11-25: offers 2025-03-26
#          a batch after that: 400 "Batch requests are not supported in protocol version 2025-06-18"
# Matters: structured results, elicitation and links are agreed away, though both ends have them. A
#          client that wants them asks such a server again for an older revision, newest first.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts mcp-lite@0.10.0
cat > check.mjs <<'EOF'
import { McpServer, StreamableHttpTransport } from 'mcp-lite';
const handle = new StreamableHttpTransport().bind(new McpServer({ name: 's', version: '1' }));
const post = async (message, headers) => {
  const answer = await handle(new Request('http://127.0.0.1/mcp', { method: 'POST', headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers }, body: JSON.stringify(message) }));
  return { status: answer.status, body: JSON.parse((await answer.text()).replace(/^data: /, '')) };
};
const rows = [];
let agreed;
for (const protocolVersion of ['2025-06-18', '2025-11-25']) {
  agreed = (await post({ jsonrpc: '2.0', id: 0, method: 'initialize', params: { protocolVersion, capabilities: {}, clientInfo: { name: 'c', version: '1' } } })).body.result.protocolVersion;
  rows.push(`asked for ${protocolVersion}: offers ${agreed}`);
}
const { status, body } = await post([1, 2].map(id => ({ jsonrpc: '2.0', id, method: 'ping' })), { 'mcp-protocol-version': agreed });
rows.push(`a batch after that: ${status} ${JSON.stringify(body.error?.message)}`);
console.log(rows.join('\n'));
if (rows.join('\n') !== `asked for 2025-06-18: offers 2025-06-18
asked for 2025-11-25: offers 2025-03-26
a batch after that: 400 "Batch requests are not supported in protocol version 2025-06-18"`) {
  console.log('CHANGED: another revision is offered');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
