#!/usr/bin/env bash
# Guess:   a client whose request with a session is answered 404 begins a new session, as MCP
#          says it MUST (Transports, Session Management, all revisions with sessions), and so
#          outlives a server's restart or its move to another replica.
# Instead: none of seven does: the TypeScript SDK 1.x and 2.x and the frameworks on top of them
#          hand the 404 to their caller at this call and at every later one, and send no
#          initialize. The AI SDK drops the session id, sends the next call without one, and says
#          that the server "does not support HTTP transport".
# Where:   npm @modelcontextprotocol/sdk 1.32.2, @modelcontextprotocol/client 2.4.0, @ai-sdk/mcp 2.0.99,
#          @openai/agents 0.20.0, @langchain/mcp-adapters 1.1.4, @mastra/mcp 2.0.0, genkit 1.42.0
# Output:  TypeScript 1.x: initialize sent again: no, second call: 404
#          (and the same of TypeScript 2.x, AI SDK, OpenAI agents, LangChain, Mastra, Genkit)
#          AI SDK, second call: This server does not support HTTP transport
# Matters: "it answers 404, and the client begins a new one" does not hold in practice. A
#          gateway that loses a session has to begin the new one itself, or replicas need
#          sessions that each of them can read; else every agent has to be started again.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
# Each in a folder of its own, as they want different versions of the same packages.
add() { mkdir "$1"; (cd "$1"; shift; npm install --silent --no-audit --no-fund --ignore-scripts "$@"); }
add sdk @modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/client@2.4.0 @ai-sdk/mcp@2.0.99 zod@4.6.7
add openai @openai/agents@0.20.0 zod@4.6.7
add langchain @langchain/mcp-adapters@1.1.4 @langchain/core@1.4.0
add mastra @mastra/mcp@2.0.0
add genkit genkit@1.42.0 @genkit-ai/mcp@1.42.0
cat > check.mjs <<'EOF'
import { createServer } from 'node:http';
let begun = 0, live;
const web = createServer(async (req, res) => {
  let body = '';
  for await (const chunk of req) body += chunk;
  if (req.method !== 'POST') return res.writeHead(405).end();
  const { id, method } = JSON.parse(body);
  const answer = (status, message, headers) => res.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify({ jsonrpc: '2.0', ...message }));
  if (method === 'server/discover') return answer(404, { id, error: { code: -32601, message: 'Method not found' } });
  if (method === 'initialize') {
    live = 'session-' + ++begun;
    return answer(200, { id, result: { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } } }, { 'mcp-session-id': live });
  }
  if (req.headers['mcp-session-id'] !== live) return answer(404, { id: null, error: { code: -32001, message: 'Session not found' } });
  if (id === undefined) return res.writeHead(202).end();
  answer(200, { id, result: method === 'tools/list' ? { tools: [{ name: 't', description: 'd', inputSchema: { type: 'object', properties: {} } }] } : { content: [{ type: 'text', text: 'ok' }] } });
});
await new Promise(listening => web.listen(0, '127.0.0.1', listening));
const url = `http://127.0.0.1:${web.address().port}/`, client = { name: 'c', version: '1' };
const clients = {
  sdk: {
    async 'TypeScript 1.x'({ Client, Transport1 }) {
      const c = new Client(client);
      await c.connect(new Transport1(new URL(url)));
      await c.listTools();
      return () => c.callTool({ name: 't', arguments: {} });
    },
    async 'TypeScript 2.x'({ Client2, Transport2 }) {
      const c = new Client2(client);
      await c.connect(new Transport2(new URL(url)));
      await c.listTools();
      return () => c.callTool({ name: 't', arguments: {} });
    },
    async 'AI SDK'({ createMCPClient }) {
      const { t } = await (await createMCPClient({ transport: { type: 'http', url } })).tools();
      return () => t.execute({}, { toolCallId: 'c', messages: [] });
    },
  },
  openai: {
    async 'OpenAI agents'({ MCPServerStreamableHttp }) {
      const c = new MCPServerStreamableHttp({ url });
      await c.connect();
      await c.listTools();
      return () => c.callTool('t', {});
    },
  },
  langchain: {
    async LangChain({ MultiServerMCPClient }) {
      const [t] = await new MultiServerMCPClient({ mcpServers: { s: { transport: 'http', url } } }).getTools();
      return () => t.invoke({});
    },
  },
  mastra: {
    async Mastra({ MCPClient }) {
      const tools = await new MCPClient({ servers: { s: { url: new URL(url) } } }).listTools();
      return () => tools.s_t.execute({}, {});
    },
  },
  genkit: {
    async Genkit({ genkit, createMcpHost }) {
      const [t] = await createMcpHost({ name: 'h', mcpServers: { s: { url } } }).getActiveTools(genkit({}));
      return () => t({});
    },
  },
};
const say = console.log;
console.log = console.info = console.warn = console.error = () => {};
let failed = false;
const load = await import('./' + process.argv[2] + '/load.mjs');
for (const [name, begin] of Object.entries(clients[process.argv[2]])) {
  const call = await begin(load), words = result => (typeof result === 'string' ? result : result?.message ?? JSON.stringify(result));
  live = 'gone';
  const before = begun, first = words(await call().catch(error => error)), second = words(await call().catch(error => error));
  const lost = /404|Session not found/.test(first) && /404|Session not found/.test(second);
  say(`${name}: initialize sent again: ${begun > before ? 'yes' : 'no'}, second call: ${lost ? '404' : second}`);
  if (begun > before || !lost) (failed = true), say('CHANGED: a new session is begun, or the error is another one');
  if (name === 'AI SDK') {
    const odd = second.match(/This server does not support HTTP transport/)?.[0];
    say(`${name}, second call: ${odd ?? second}`);
    if (!odd) (failed = true), say('CHANGED: other words');
  }
}
process.exit(failed ? 1 : 0);
EOF
cat > sdk/load.mjs <<'EOF'
export { Client } from '@modelcontextprotocol/sdk/client/index.js';
export { StreamableHTTPClientTransport as Transport1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
export { Client as Client2, StreamableHTTPClientTransport as Transport2 } from '@modelcontextprotocol/client';
export { createMCPClient } from '@ai-sdk/mcp';
EOF
echo "export { MCPServerStreamableHttp } from '@openai/agents';" > openai/load.mjs
echo "export { MultiServerMCPClient } from '@langchain/mcp-adapters';" > langchain/load.mjs
echo "export { MCPClient } from '@mastra/mcp';" > mastra/load.mjs
echo "export { genkit } from 'genkit'; export { createMcpHost } from '@genkit-ai/mcp';" > genkit/load.mjs
status=0
for name in sdk openai langchain mastra genkit; do node check.mjs "$name" 2>stderr || { cat stderr >&2; status=1; }; done
exit $status
