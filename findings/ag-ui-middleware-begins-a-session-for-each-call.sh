#!/usr/bin/env bash
# Guess:   AG-UI's MCP middleware, which CopilotKit uses too, calls the tools that it has listed
#          in the session in which it has listed them, and tells the model of a failed call that
#          it failed.
# Instead: the list and each call have a session of their own, begun with initialize and closed
#          without a DELETE, so that a server keeps all of them; what one call has set up, the
#          next one does not find. isError is not told. Beside a text, pictures and links
#          vanish, and of a result with only structuredContent the model is shown "[]".
# Where:   npm @ag-ui/mcp-middleware 0.0.2, @ag-ui/client 0.0.59, @modelcontextprotocol/sdk 1.32.2
# Output:  failed: "no such table"
#          plot: "a plot"
#          structured: "[]"
#          sessions begun for one list and three calls: 4, ended: 0, calls outside a session of their own: 0
# Matters: a gateway has to bear a session per call (and to forget sessions by their age), and a
#          server's progress, state or subscriptions are of no use there. An error has to be one
#          in its words as well.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @ag-ui/mcp-middleware@0.0.2 @ag-ui/client@0.0.59 rxjs@7.8.1 @modelcontextprotocol/sdk@1.32.2
cat > check.mjs <<'EOF'
import { createServer } from 'node:http';
import { from } from 'rxjs';
import { AbstractAgent, EventType } from '@ag-ui/client';
import { MCPMiddleware } from '@ag-ui/mcp-middleware';
const results = {
  failed: { content: [{ type: 'text', text: 'no such table' }], isError: true },
  plot: { content: [{ type: 'text', text: 'a plot' }, { type: 'image', data: 'aGk=', mimeType: 'image/png' }, { type: 'resource_link', uri: 'file:///rows.csv', name: 'rows.csv' }] },
  structured: { content: [], structuredContent: { rows: 2 } },
};
let begun = 0, ended = 0;
const calls = [];
const web = createServer(async (req, res) => {
  let body = '';
  for await (const chunk of req) body += chunk;
  if (req.method === 'DELETE') ended++;
  if (req.method !== 'POST') return res.writeHead(405).end();
  const { id, method, params } = JSON.parse(body);
  if (id === undefined) return res.writeHead(202).end();
  if (method === 'tools/call') calls.push(req.headers['mcp-session-id']);
  const headers = { 'content-type': 'application/json', ...(method === 'initialize' && { 'mcp-session-id': 'session-' + ++begun }) };
  const result = {
    initialize: { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } },
    'tools/list': { tools: Object.keys(results).map(name => ({ name, inputSchema: { type: 'object', properties: {} } })) },
    'tools/call': results[params?.name],
  }[method];
  res.writeHead(200, headers).end(JSON.stringify({ jsonrpc: '2.0', id, result }));
});
await new Promise(listening => web.listen(0, '127.0.0.1', listening));
const seen = {};
// A model that calls every tool and keeps what it is told.
class Model extends AbstractAgent {
  run({ threadId, runId, tools, messages }) {
    const answers = messages.filter(message => message.role === 'tool');
    for (const { toolCallId, content } of answers) seen[toolCallId.replace('mcp__s__', '')] = JSON.stringify(content);
    const asked = answers.length ? [] : tools.flatMap(({ name }) => [
      { type: EventType.TOOL_CALL_START, toolCallId: name, toolCallName: name, parentMessageId: 'm' },
      { type: EventType.TOOL_CALL_ARGS, toolCallId: name, delta: '{}' },
      { type: EventType.TOOL_CALL_END, toolCallId: name },
    ]);
    return from([{ type: EventType.RUN_STARTED, threadId, runId }, ...asked, { type: EventType.RUN_FINISHED, threadId, runId }]);
  }
}
const agent = new Model({ threadId: 't', initialMessages: [{ id: '1', role: 'user', content: 'go' }] });
agent.use(new MCPMiddleware([{ type: 'http', url: `http://127.0.0.1:${web.address().port}/`, serverId: 's' }]));
await agent.runAgent({});
const sessions = 'sessions begun for one list and three calls';
seen[sessions] = `${begun}, ended: ${ended}, calls outside a session of their own: ${calls.length - new Set(calls).size}`;
const want = { failed: '"no such table"', plot: '"a plot"', structured: '"[]"', [sessions]: '4, ended: 0, calls outside a session of their own: 0' };
let failed = false;
for (const name in want) {
  console.log(`${name}: ${seen[name]}`);
  if (seen[name] !== want[name]) (failed = true), console.log('CHANGED: expected ' + want[name]);
}
process.exit(failed ? 1 : 0);
EOF
node check.mjs
