#!/usr/bin/env bash
# @databricks/appkit 0.38.1, agents: an answer that names a tool
#
# Guess: what the model wants to call comes in tool_calls; its text is for the user. An adapter
#   that also reads calls in text, for models that know no tool_calls, does so where the whole
#   text is a call, or only for such models.
# Behaviour: every answer without tool_calls is searched, and whatever looks like name(...) in it
#   is run, also where no tool of that name was offered. The text is not kept in the history,
#   but a call in its place. A value without quotes keeps the comma behind it.
# Seen: with the tool delete_rows and finish_reason "stop", the answer "I would not run
#   delete_rows(table='orders') without your word." runs it with {"table":"orders"};
#   "delete_rows(table='orders', limit=10, confirm=True)" gets {"table":"orders",
#   "limit":"10,","confirm":"True"}; print(text='hello') calls a tool "print".
# Why it matters: a model that explains, advises against or asks before it acts has acted, and
#   with other values than it wrote. An answer about code ends in calls of tools that nobody
#   has. Ask for approval outside of the model for all that changes something.
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

let failed = false;
for (const [answer, want] of [
  ["I would not run delete_rows(table='orders') without your word.", 'delete_rows {"table":"orders"}'],
  ["I can do that by delete_rows(table='orders', limit=10, confirm=True). Shall I?", 'delete_rows {"table":"orders","limit":"10,","confirm":"True"}'],
  ["In Python you write print(text='hello').", 'print {"text":"hello"}'],
  ['I would not run delete_rows without your word.', ''],
]) {
  const asked = [];
  const endpoint = http.createServer((req, res) => {
    let body = '';
    req.on('data', (d) => { body += d; });
    req.on('end', () => {
      asked.push(JSON.parse(body));
      res.setHeader('content-type', 'text/event-stream');
      const say = (delta, finish_reason = null) => res.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason }] })}\n\n`);
      say({ content: asked.length === 1 ? answer : 'done' });
      say({}, 'stop');
      res.end('data: [DONE]\n\n');
    });
  });
  await new Promise((done) => endpoint.listen(0, '127.0.0.1', done));
  const adapter = new DatabricksAdapter({ endpointUrl: `http://127.0.0.1:${endpoint.address().port}/serving-endpoints/m/invocations`, authenticate: async () => ({ Authorization: 'Bearer t' }) });
  const tools = [{ name: 'delete_rows', description: 'Delete rows', parameters: { type: 'object', properties: { table: { type: 'string' }, limit: { type: 'integer' }, confirm: { type: 'boolean' } } } }];
  const run = [];
  for await (const _ of adapter.run(
    { messages: [{ id: '1', role: 'user', content: 'clean up', createdAt: new Date() }], tools, threadId: 't' },
    { executeTool: async (tool, args) => { run.push(`${tool} ${JSON.stringify(args)}`); return 'deleted'; } },
  ));
  endpoint.close();
  endpoint.closeAllConnections();
  const kept = asked[1]?.messages.some((m) => typeof m.content === 'string' && m.content === answer) ?? false;
  console.log(`${answer}\n  run: ${run.join(' ') || 'nothing'}; the text is in the next request: ${asked.length > 1 ? kept : 'there is none'}`);
  if (run.join() !== want || kept || (asked.length > 1) !== (want !== '')) (failed = true), console.log(`CHANGED: expected ${want || 'nothing'}`);
}
process.exit(failed ? 1 : 0);
EOF
node check.mjs
echo "as stated"
