#!/usr/bin/env bash
# Guess:   aborting a tool call of the AI SDK (the abortSignal that its agents pass on)
#          cancels it at the server, by notifications/cancelled.
# Instead: over Streamable HTTP in a 2025-11-25 session it only drops the connection of
#          the call. In that revision a lost connection is not a cancellation, and a server
#          on the TypeScript SDK takes it for none: the tool runs on to its end. Agents
#          built on the TypeScript SDK's client (LangChain, Mastra, OpenAI) do send it.
# Where:   npm @ai-sdk/mcp 2.0.99, server on @modelcontextprotocol/sdk 1.32.2
# Output:  aborted: call rejected, POST closed, cancelled sent 0, tool stopped false, tool finished true
# Matters: a bridge that sees a client of an old session go away in the middle of a call
#          has to choose: the call may be unwanted, and nobody will say so.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @ai-sdk/mcp@2.0.99 @modelcontextprotocol/sdk@1.32.2 zod@4.6.7
cat > check.mjs <<'EOF'
import http from 'node:http';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { createMCPClient } from '@ai-sdk/mcp';
let transport, stopped = false, closed, started, finished, cancelled = 0, go;
const hasStarted = new Promise(resolve => (started = resolve)), hasClosed = new Promise(resolve => (closed = resolve));
const mayFinish = new Promise(resolve => (go = resolve)), hasFinished = new Promise(resolve => (finished = resolve));
const web = http.createServer(async (req, res) => {
  let body = '';
  for await (const chunk of req) body += chunk;
  const m = body ? JSON.parse(body) : undefined;
  if (m?.method === 'notifications/cancelled') cancelled++;
  if (m?.method === 'tools/call') res.on('close', closed);
  if (m?.method === 'initialize') {
    transport = new StreamableHTTPServerTransport({ sessionIdGenerator: randomUUID });
    const mcp = new McpServer({ name: 's', version: '1' });
    mcp.registerTool('slow', { inputSchema: z.object({}) }, async (_, { signal }) => {
      signal.addEventListener('abort', () => (stopped = true));
      started();
      await mayFinish;
      finished(true);
      return { content: [] };
    });
    await mcp.connect(transport);
  }
  if (!transport) return res.writeHead(req.method === 'POST' ? 400 : 405).end();
  await transport.handleRequest(req, res, m);
});
await new Promise(resolve => web.listen(0, '127.0.0.1', resolve));
const client = await createMCPClient({ transport: { type: 'http', url: `http://127.0.0.1:${web.address().port}/mcp` } });
const { slow } = await client.tools();
const abort = new AbortController();
const call = slow.execute({}, { toolCallId: '1', messages: [], abortSignal: abort.signal }).then(() => 'answered', () => 'rejected');
await hasStarted;
abort.abort();
const how = await call;
await hasClosed;
await client.tools(); // a whole request later, so a cancellation would have come
const seen = `call ${how}, POST closed, cancelled sent ${cancelled}, tool stopped ${stopped}, tool finished ${(go(), await hasFinished)}`;
console.log('aborted: ' + seen);
if (seen !== 'call rejected, POST closed, cancelled sent 0, tool stopped false, tool finished true') {
  console.log('CHANGED: the server is told otherwise');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
