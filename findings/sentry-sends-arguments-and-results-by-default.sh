#!/usr/bin/env bash
# Guess:   wrapMcpServerWithSentry reports times and errors of tools; what a caller sent and
#          was answered leaves the program only if sendDefaultPii or recordInputs is set.
# Instead: with nothing set the trace of each call has every argument, the whole text of the
#          result and the URIs that were read. sendDefaultPii: false changes nothing;
#          recordInputs and recordOutputs, or dataCollection, have to be set to false.
# Where:   npm @sentry/node 11.12.0, @modelcontextprotocol/sdk 1.32.2
# Output:  default: argument sent, result sent; sendDefaultPii: false: argument sent, result sent; recordInputs and recordOutputs: false: argument kept, result kept
# Matters: a server behind a governed connection hands its callers' data to a third party,
#          where no policy and no audit of the gateway looks. It has to be asked of each
#          server; masking in a bridge comes too late for what the server saw.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @sentry/node@11.12.0 @modelcontextprotocol/sdk@1.32.2 zod@4.6.7
cat > check.mjs <<'EOF'
import * as Sentry from '@sentry/node';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
// What would go to Sentry is kept; the address of the project is of this machine and unused.
async function run(init, wrap) {
  const sent = [];
  const transport = () => ({ send: async envelope => (sent.push(JSON.stringify(envelope)), {}), flush: async () => true });
  Sentry.init({ dsn: 'http://key@127.0.0.1:9/1', tracesSampleRate: 1, transport, ...init });
  const server = Sentry.wrapMcpServerWithSentry(new McpServer({ name: 's', version: '1' }), wrap);
  server.registerTool('t', { inputSchema: { query: z.string() } }, async () => ({ content: [{ type: 'text', text: 'the-result' }] }));
  const [near, far] = InMemoryTransport.createLinkedPair();
  await server.connect(far);
  const client = new Client({ name: 'c', version: '1' });
  await client.connect(near);
  await client.callTool({ name: 't', arguments: { query: 'the-argument' } });
  await client.close();
  await Sentry.close(5000);
  const all = sent.join('\n');
  if (!all.includes('tools/call')) throw new Error('the trace of the call was not sent');
  return ['argument', 'result'].map(part => `${part} ${all.includes('the-' + part) ? 'sent' : 'kept'}`).join(', ');
}
const seen = [
  'default: ' + (await run({})),
  'sendDefaultPii: false: ' + (await run({ sendDefaultPii: false })),
  'recordInputs and recordOutputs: false: ' + (await run({}, { recordInputs: false, recordOutputs: false })),
].join('; ');
console.log(seen);
if (seen !== 'default: argument sent, result sent; sendDefaultPii: false: argument sent, result sent; recordInputs and recordOutputs: false: argument kept, result kept') {
  console.log('CHANGED: other settings decide');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
