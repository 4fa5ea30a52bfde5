#!/usr/bin/env bash
# Guess:   of two calls that the model makes in one turn, one that the server answers with a
#          JSON-RPC error is told to the model as failed, and the other's result beside it; each
#          result carries the id of its call.
# Instead: with mcpToTool of Google's Gen AI SDK generateContent throws the server's error. The
#          model is not asked again, and the result of the call that has run before is lost with
#          it. Where all goes well no result has an id, though the calls have. isError is told.
# Where:   npm @google/genai 3.1.0, @modelcontextprotocol/sdk 1.32.2
# Output:  good, good: both run, the model is told fine (no id), fine (no id)
#          good, failed: both run, the model is told fine (no id), an error (no id)
#          good, refused: both run, generateContent throws -32010
# Matters: a quota or a policy that refuses one call with an error undoes the work of a whole
#          turn, writes included, and the caller who tries again does them twice. A result with
#          isError is the safer form of a refusal.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @google/genai@3.1.0 @modelcontextprotocol/sdk@1.32.2
cat > server.mjs <<'EOF'
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
createInterface({ input: process.stdin }).on('line', line => {
  const { id, method, params } = JSON.parse(line);
  if (method === 'tools/call') appendFileSync('ran', params.name + '\n');
  const answers = {
    initialize: { result: { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } } },
    'tools/list': { result: { tools: ['good', 'failed', 'refused'].map(name => ({ name, inputSchema: { type: 'object' } })) } },
    good: { result: { content: [{ type: 'text', text: 'fine' }] } },
    failed: { result: { isError: true, content: [{ type: 'text', text: 'no such table' }] } },
    refused: { error: { code: -32010, message: 'quota used up' } },
  };
  if (id !== undefined) process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, ...(answers[params?.name] ?? answers[method]) }) + '\n');
});
EOF
cat > check.mjs <<'EOF'
import http from 'node:http';
import { readFileSync, writeFileSync } from 'node:fs';
import { GoogleGenAI, mcpToTool } from '@google/genai';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
let calls, told;
const model = http.createServer(async (req, res) => {
  let body = '';
  for await (const piece of req) body += piece;
  const parts = JSON.parse(body).contents.at(-1).parts;
  const answers = parts.filter(p => p.functionResponse);
  if (answers.length > 0) told = answers.map(({ functionResponse: { id, response } }) => `${response.error ? 'an error' : response.content[0].text} (${id ?? 'no id'})`).join(', ');
  const content = { role: 'model', parts: answers.length > 0 ? [{ text: 'done' }] : calls.map((name, i) => ({ functionCall: { id: `call-${i}`, name, args: {} } })) };
  res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ candidates: [{ content, finishReason: 'STOP' }] }));
});
await new Promise(resolve => model.listen(0, '127.0.0.1', resolve));
const client = new Client({ name: 'c', version: '1' });
await client.connect(new StdioClientTransport({ command: 'node', args: ['server.mjs'] }));
const ai = new GoogleGenAI({ apiKey: 'none', httpOptions: { baseUrl: `http://127.0.0.1:${model.address().port}` } });
const rows = [];
for (calls of [['good', 'good'], ['good', 'failed'], ['good', 'refused']]) {
  told = undefined;
  writeFileSync('ran', '');
  const error = await ai.models.generateContent({ model: 'm', contents: 'go', config: { tools: [mcpToTool(client)] } }).then(() => undefined, e => e);
  const ran = readFileSync('ran', 'utf8').trim().split('\n').join();
  rows.push(`${calls.join(', ')}: ${ran === calls.join() ? 'both run' : `run ${ran}`}, ${told ? `the model is told ${told}` : `generateContent throws ${error?.code}`}`);
}
console.log(rows.join('\n'));
if (rows.join('\n') !== `good, good: both run, the model is told fine (no id), fine (no id)
good, failed: both run, the model is told fine (no id), an error (no id)
good, refused: both run, generateContent throws -32010`) {
  console.log('CHANGED: results are told otherwise');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
