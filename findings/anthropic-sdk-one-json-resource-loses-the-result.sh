#!/usr/bin/env bash
# Guess:   a part of a result that the model cannot be given is left out or named, and the text
#          beside it is given.
# Instead: with mcpTools of Anthropic's TypeScript SDK one such part makes the tool runner throw the
#          whole result away and tell the model an error. Among such parts are not only sound and
#          links, but an embedded text whose type is application/json; text/plain is given.
# Where:   npm @anthropic-ai/sdk 1.10.0, @modelcontextprotocol/sdk 1.32.2
# Output:  plain: the model is told the rows and the text
#          json: the model is told an error, Unsupported MIME type
#          link: the model is told an error, Unsupported MCP content type
# Matters: a call that has written is told as failed, and the model does it again. A server that
#          embeds JSON calls it text/plain, or gives it as text.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @anthropic-ai/sdk@1.10.0 @modelcontextprotocol/sdk@1.32.2
cat > server.mjs <<'EOF'
import { createInterface } from 'node:readline';
const embedded = mimeType => ({ type: 'resource', resource: { uri: 'file:///rows', mimeType, text: '{"rows":42042}' } });
const parts = { plain: embedded('text/plain'), json: embedded('application/json'), link: { type: 'resource_link', uri: 'file:///rows', name: 'rows' } };
createInterface({ input: process.stdin }).on('line', line => {
  const { id, method, params } = JSON.parse(line);
  const answers = {
    initialize: { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } },
    'tools/list': { tools: Object.keys(parts).map(name => ({ name, inputSchema: { type: 'object' } })) },
    'tools/call': { content: [{ type: 'text', text: 'written: 3 rows' }, parts[params?.name]] },
  };
  if (id !== undefined) process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result: answers[method] }) + '\n');
});
EOF
cat > check.mjs <<'EOF'
import http from 'node:http';
import Anthropic from '@anthropic-ai/sdk';
import { mcpTools } from '@anthropic-ai/sdk/helpers/beta/mcp';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
const names = ['plain', 'json', 'link'];
let told;
const model = http.createServer(async (req, res) => {
  let body = '';
  for await (const piece of req) body += piece;
  const last = JSON.parse(body).messages.at(-1).content;
  if (Array.isArray(last) && last.some(p => p.type === 'tool_result')) told = Object.fromEntries(last.map(p => [p.tool_use_id, JSON.stringify(p.content) + (p.is_error ? ' as an error' : '')]));
  const content = told ? [{ type: 'text', text: 'done' }] : names.map(name => ({ type: 'tool_use', id: name, name, input: {} }));
  res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ id: 'm', type: 'message', role: 'assistant', model: 'm', content, stop_reason: told ? 'end_turn' : 'tool_use', usage: { input_tokens: 1, output_tokens: 1 } }));
});
await new Promise(resolve => model.listen(0, '127.0.0.1', resolve));
const client = new Client({ name: 'c', version: '1' });
await client.connect(new StdioClientTransport({ command: 'node', args: ['server.mjs'] }));
const { tools } = await client.listTools();
const anthropic = new Anthropic({ apiKey: 'none', baseURL: `http://127.0.0.1:${model.address().port}` });
console.error = () => {};
await anthropic.beta.messages.toolRunner({ model: 'm', max_tokens: 10, messages: [{ role: 'user', content: 'go' }], tools: mcpTools(tools, client) });
const rows = names.map(name => `${name}: the model is told ${/42042.*written: 3|written: 3.*42042/.test(told[name]) ? 'the rows and the text' : `${/as an error/.test(told[name]) ? 'an error' : 'a result'}, ${told[name].match(/Unsupported (MIME|MCP content) type/)?.[0]}`}`);
console.log(rows.join('\n'));
if (rows.join('\n') !== `plain: the model is told the rows and the text
json: the model is told an error, Unsupported MIME type
link: the model is told an error, Unsupported MCP content type`) {
  console.log('CHANGED: results are told otherwise');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
