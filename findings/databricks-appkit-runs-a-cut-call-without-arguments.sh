#!/usr/bin/env bash
# @databricks/appkit 0.38.1, agents: a call that the model could not finish
#
# Guess: a call whose arguments are no whole JSON, since the model came to its limit of tokens in
#   the midst of them, is not run; the turn ends, or the model is told so.
# Behaviour: the tool is run with {}, as if the model had given no arguments. The model is then
#   shown its cut call and the result, and nothing else. The adapter asks for 4096 tokens
#   unless it is given maxTokens.
# Seen: {"table":"orders","where":"day < ' and finish_reason "length": executeTool gets {}, the
#   event tool_call says args {}, and the next request has the cut text and "result of ...".
# Why it matters: a tool all of whose arguments are optional, to narrow what it does, does it to
#   everything; others fail for want of arguments that the model did send. Long texts to
#   write come there first. Refuse {} in executeTool where a tool has arguments.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true, "type": "module"}' > package.json
pinned="@databricks/appkit@0.38.1"
npm install --silent --no-audit --no-fund --ignore-scripts $pinned >npm.log 2>&1 || { cat npm.log; exit 1; }
[ "$(node -p "require('./node_modules/@databricks/appkit/package.json').version")" = "${pinned##*@}" ] || { echo "CHANGED: another version of appkit was installed"; exit 1; }
cat > check.mjs <<'EOF'
import http from 'node:http';
import { DatabricksAdapter } from '@databricks/appkit/beta';

const whole = `{"table":"orders","where":"day < '2026-01-01'"}`;
let failed = false;
for (const [name, sent, finish, want] of [['a whole call', whole, 'tool_calls', whole], ['a cut call', whole.slice(0, 33), 'length', '{}']]) {
  const asked = [];
  const endpoint = http.createServer((req, res) => {
    let body = '';
    req.on('data', (d) => { body += d; });
    req.on('end', () => {
      asked.push(JSON.parse(body));
      res.setHeader('content-type', 'text/event-stream');
      const say = (delta, finish_reason = null) => res.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason }] })}\n\n`);
      if (asked.length === 1) {
        say({ tool_calls: [{ index: 0, id: 'c1', type: 'function', function: { name: 'delete_rows', arguments: sent } }] });
        say({}, finish);
      } else {
        say({ content: 'done' });
        say({}, 'stop');
      }
      res.end('data: [DONE]\n\n');
    });
  });
  await new Promise((done) => endpoint.listen(0, '127.0.0.1', done));
  const adapter = new DatabricksAdapter({ endpointUrl: `http://127.0.0.1:${endpoint.address().port}/serving-endpoints/m/invocations`, authenticate: async () => ({ Authorization: 'Bearer t' }) });
  const tools = [{ name: 'delete_rows', description: 'Delete rows', parameters: { type: 'object', properties: { table: { type: 'string' }, where: { type: 'string' } } } }];
  const run = [], told = [];
  for await (const event of adapter.run(
    { messages: [{ id: '1', role: 'user', content: 'clean up', createdAt: new Date() }], tools, threadId: 't' },
    { executeTool: async (tool, args) => { run.push(JSON.stringify(args)); return `result of ${tool}`; } },
  )) if (event.type === 'tool_call' || event.error) told.push(event.error ?? JSON.stringify(event.args));
  endpoint.close();
  endpoint.closeAllConnections();
  const next = asked[1]?.messages.slice(1).map((m) => m.tool_calls?.[0].function.arguments ?? m.content).join(' | ');
  console.log(`${name}: run with ${run.join(' ')}; told of ${told.join(' ')}; limit ${asked[0].max_tokens}; then the model is shown: ${next}`);
  if (run.join() !== want || told.join() !== want || asked[0].max_tokens !== 4096 || next !== `${sent} | result of delete_rows`) (failed = true), console.log(`CHANGED: expected ${want}`);
}
process.exit(failed ? 1 : 0);
EOF
node check.mjs
echo "as stated"
