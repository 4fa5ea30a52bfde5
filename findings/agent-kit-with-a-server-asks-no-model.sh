#!/usr/bin/env bash
# Guess:   an agent of Inngest's AgentKit to which an MCP server is given offers the model the
#          server's tools, as its readme shows.
# Instead: it never asks the model. AgentKit makes Zod 3 schemas out of a server's tools, and hands
#          them to Zod 4, which it demands and which cannot read them: any tool of any server will
#          do. The server is started and its tools listed; then run() throws "Cannot read
#          properties of undefined (reading 'def')". Tools of the agent's own work.
# Where:   npm @inngest/agent-kit 0.13.2, inngest 4.24.0, zod 4.6.7
# Output:  a tool of its own: the model is asked 1 time
#          a server, seen by it: initialize, notifications/initialized, tools/list; run() throws a TypeError, the model is asked 0 times
# Matters: the last thing the server saw is a list that it answered well, so that its schemas, or
#          the bridge before it, get the blame; no schema helps.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @inngest/agent-kit@0.13.2 inngest@4.24.0 zod@4.6.7
cat > server.mjs <<'EOF'
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
const answers = {
  initialize: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } },
  'tools/list': { tools: [{ name: 't', inputSchema: { type: 'object', properties: { table: { type: 'string' } } } }] },
};
createInterface({ input: process.stdin }).on('line', line => {
  const { id, method } = JSON.parse(line);
  appendFileSync('seen', method + '\n');
  if (id !== undefined) process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result: answers[method] ?? {} }) + '\n');
}).on('close', () => process.exit(0));
EOF
cat > check.mjs <<'EOF'
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createAgent, createTool, openai } from '@inngest/agent-kit';
import { z } from 'zod';
let asked = 0;
const models = createServer((request, response) => {
  asked++;
  request.resume().on('end', () => response.setHeader('content-type', 'application/json').end(JSON.stringify({ choices: [{ message: { role: 'assistant', content: 'hello' }, finish_reason: 'stop' }] })));
});
await new Promise(done => models.listen(0, '127.0.0.1', done));
const model = openai({ model: 'm', apiKey: 'none', baseUrl: `http://127.0.0.1:${models.address().port}/v1/` });
const tools = [createTool({ name: 'own', description: 'd', parameters: z.object({ table: z.string() }), handler: async () => '' })];
await createAgent({ name: 'a', system: 's', model, tools }).run('hello');
const own = asked;
const mcpServers = [{ name: 's', transport: { type: 'stdio', command: process.execPath, args: ['server.mjs'] } }];
const end = await createAgent({ name: 'a', system: 's', model, mcpServers }).run('hello').then(() => 'ends', error => `throws a ${error.name}`);
const lines = `a tool of its own: the model is asked ${own} time
a server, seen by it: ${readFileSync('seen', 'utf8').trim().split('\n').join(', ')}; run() ${end}, the model is asked ${asked - own} times`;
console.log(lines);
if (lines !== `a tool of its own: the model is asked 1 time
a server, seen by it: initialize, notifications/initialized, tools/list; run() throws a TypeError, the model is asked 0 times`) {
  console.log('CHANGED: the model is asked');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
