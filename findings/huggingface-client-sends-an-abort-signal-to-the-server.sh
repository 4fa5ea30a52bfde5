#!/usr/bin/env bash
# Guess:   the abortSignal that Hugging Face's client takes ends a running tool call, and is
#          nothing that a server sees: in the TypeScript SDK it belongs to the options, the
#          third argument of callTool.
# Instead: it is put beside name and arguments, and so into the params on the wire, as
#          "signal": {}. A server that knows its params strictly refuses the call. Aborted, the
#          call goes on: no notifications/cancelled is sent, and the client waits for the answer.
# Where:   npm @huggingface/mcp-client 0.2.3, @modelcontextprotocol/sdk 1.32.2
# Output:  params: {"name":"slow","arguments":{},"signal":{}}
#          notifications/cancelled after the abort: no; told to the model: "done"
# Matters: params of tools/call can have members of no revision, from a client that means
#          no harm: a bridge or policy that refuses what it does not know stops it altogether.
#          One that waits for a cancellation to free a call waits for the call.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @huggingface/mcp-client@0.2.3 @modelcontextprotocol/sdk@1.32.2
cat > server.mjs <<'EOF'
import { createInterface } from 'node:readline';
import { appendFileSync } from 'node:fs';
const say = (id, result) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\n');
createInterface({ input: process.stdin }).on('line', line => {
  const { id, method, params } = JSON.parse(line);
  if (method === 'notifications/cancelled') appendFileSync('log', 'cancelled\n');
  if (method === 'initialize') say(id, { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } });
  if (method === 'tools/list') say(id, { tools: [{ name: 'slow', description: 'd', inputSchema: { type: 'object', properties: {} } }] });
  if (method === 'tools/call') {
    appendFileSync('log', JSON.stringify(params) + '\n');
    // The call lasts until the abort is long over: a cancellation would be read before the answer is written.
    setTimeout(say, 2000, id, { content: [{ type: 'text', text: 'done' }] });
  }
}).on('close', () => process.exit(0));
EOF
cat > check.mjs <<'EOF'
import { createServer } from 'node:http';
import { existsSync, readFileSync, watch } from 'node:fs';
import { McpClient } from '@huggingface/mcp-client';
// A model that calls the tool.
const web = createServer((req, res) => {
  req.resume();
  const call = { index: 0, id: 'c', type: 'function', function: { name: 'slow', arguments: '{}' } };
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  res.end(`data: ${JSON.stringify({ choices: [{ index: 0, delta: { role: 'assistant', tool_calls: [call] } }] })}\n\ndata: [DONE]\n\n`);
});
await new Promise(listening => web.listen(0, '127.0.0.1', listening));
const client = new McpClient({ endpointUrl: `http://127.0.0.1:${web.address().port}/v1`, model: 'm' });
await client.addMcpServer({ command: process.execPath, args: ['server.mjs'] });
const abort = new AbortController(), log = () => (existsSync('log') ? readFileSync('log', 'utf8').split('\n') : []);
const watcher = watch('.', () => log().length > 1 && abort.abort());
let told;
for await (const message of client.processSingleTurnWithTools([{ role: 'user', content: 'go' }], { abortSignal: abort.signal })) if (message.role === 'tool') told = message.content;
watcher.close();
const [params, ...rest] = log();
const seen = `params: ${params}\nnotifications/cancelled after the abort: ${rest.includes('cancelled') ? 'yes' : abort.signal.aborted ? 'no' : 'not aborted'}; told to the model: ${JSON.stringify(told)}`;
console.log(seen);
if (seen !== 'params: {"name":"slow","arguments":{},"signal":{}}\nnotifications/cancelled after the abort: no; told to the model: "done"') {
  console.log('CHANGED: the signal does not go to the server, or ends the call');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
