#!/usr/bin/env bash
# Guess:   closing an MCP client ends its session: it sends DELETE with the
#          Mcp-Session-Id, as the specification says a client that is done SHOULD.
# Instead: the close() of the TypeScript SDK, old and new, only drops its connections,
#          and LangChain's adapters, built on it, do the same. Ending the session is a call
#          of its own, terminateSession() on the transport. The AI SDK does send DELETE.
# Where:   npm @modelcontextprotocol/sdk 1.32.2, @modelcontextprotocol/client 2.4.0,
#          @langchain/mcp-adapters 1.1.4, @ai-sdk/mcp 2.0.99
# Output:  sdk: none; client: none; langchain: none; ai-sdk: DELETE
# Matters: a server, or a bridge that serves HTTP, must end idle sessions by the clock;
#          nothing it keeps for a session may wait for DELETE.
# "None" means that no DELETE came within one second after close() had returned.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/client@2.4.0 \
  @langchain/mcp-adapters@1.1.4 @ai-sdk/mcp@2.0.99
cat > check.mjs <<'EOF'
import http from 'node:http';
let sessions = 0, deletes = [];
const web = http.createServer(async (req, res) => {
  let body = '';
  for await (const chunk of req) body += chunk;
  const m = body ? JSON.parse(body) : {};
  const json = (rest, headers = {}) => res.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify({ jsonrpc: '2.0', id: m.id, ...rest }));
  if (req.method === 'DELETE') return deletes.push(req.headers['mcp-session-id']), res.writeHead(200).end();
  if (req.method === 'GET') return res.writeHead(405).end();
  if (m.method === 'initialize')
    return json({ result: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } } }, { 'mcp-session-id': 's' + ++sessions });
  if (m.method === 'tools/list') return json({ result: { tools: [{ name: 't', inputSchema: { type: 'object', properties: {} } }] } });
  if (m.id !== undefined) return json({ error: { code: -32601, message: 'Method not found' } });
  res.writeHead(202).end();
});
await new Promise(resolve => web.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${web.address().port}/mcp`;
const clients = {
  async sdk() {
    const { Client } = await import('@modelcontextprotocol/sdk/client/index.js');
    const { StreamableHTTPClientTransport } = await import('@modelcontextprotocol/sdk/client/streamableHttp.js');
    const client = new Client({ name: 'c', version: '1' });
    await client.connect(new StreamableHTTPClientTransport(new URL(url)));
    await client.listTools();
    return () => client.close();
  },
  async client() {
    const { Client, StreamableHTTPClientTransport } = await import('@modelcontextprotocol/client');
    const client = new Client({ name: 'c', version: '1' });
    await client.connect(new StreamableHTTPClientTransport(new URL(url)));
    await client.listTools();
    return () => client.close();
  },
  async langchain() {
    const { MultiServerMCPClient } = await import('@langchain/mcp-adapters');
    const client = new MultiServerMCPClient({ mcpServers: { s: { url, transport: 'http' } } });
    await client.getTools();
    return () => client.close();
  },
  async 'ai-sdk'() {
    const { createMCPClient } = await import('@ai-sdk/mcp');
    const client = await createMCPClient({ transport: { type: 'http', url } });
    await client.tools();
    return () => client.close();
  },
};
const seen = [];
for (const [name, open] of Object.entries(clients)) {
  const before = sessions;
  const close = await open();
  if (sessions === before) throw new Error(name + ' made no session');
  deletes = [];
  await close();
  for (const end = Date.now() + 1000; !deletes.length && Date.now() < end; ) await new Promise(r => setTimeout(r, 20));
  seen.push(`${name}: ${deletes.length ? 'DELETE' : 'none'}`);
}
console.log(seen.join('; '));
if (seen.join('; ') !== 'sdk: none; client: none; langchain: none; ai-sdk: DELETE') {
  console.log('CHANGED: other clients end their sessions');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs 2>stderr || { cat stderr >&2; exit 1; }
