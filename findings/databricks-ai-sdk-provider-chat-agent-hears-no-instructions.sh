#!/usr/bin/env bash
# @databricks/ai-sdk-provider 0.5.1 with npm ai 6.0.326: chatAgent and the system prompt
#
# Guess: what a kind of endpoint cannot be told is refused, or named in result.warnings, as the
#   provider itself does for seed with its two other kinds of model.
# Behaviour: chatAgent sends the user's messages alone. The system prompt, the tools, the limit of
#   tokens and the temperature are left out, and warnings is empty.
# Seen: generateText with all four: chatCompletions and responses send all four; chatAgent sends
#   {"model","stream","messages"} with one message, of the user, and gives no warning.
# Why it matters: the call works, and the answer is one of an agent that was never told its
#   instructions and has none of the MCP tools; changing chatCompletions to chatAgent for
#   another endpoint is enough. Put instructions into the first message of the user.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
pinned="@databricks/ai-sdk-provider@0.5.1 ai@6.0.326"
npm install --silent --no-audit --no-fund --ignore-scripts $pinned >npm.log 2>&1 || { cat npm.log; exit 1; }
for p in $pinned; do
  [ "$(node -p "JSON.parse(require('fs').readFileSync('./node_modules/${p%@*}/package.json')).version")" = "${p##*@}" ] || { echo "CHANGED: another version of ${p%@*} was installed"; exit 1; }
done
cat > check.mjs <<'EOF'
import http from 'node:http';
import { createDatabricksProvider } from '@databricks/ai-sdk-provider';
import { generateText, jsonSchema, tool } from 'ai';

const answers = {
  '/serving-endpoints/chat/completions': { id: 'x', object: 'chat.completion', created: 1, model: 'm', choices: [{ index: 0, message: { role: 'assistant', content: 'hello' }, finish_reason: 'stop' }], usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } },
  '/serving-endpoints/responses': { id: 'x', object: 'response', created_at: 1, model: 'm', status: 'completed', output: [{ type: 'message', id: 'm', role: 'assistant', status: 'completed', content: [{ type: 'output_text', text: 'hello', annotations: [] }] }], usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 } },
  '/serving-endpoints/completions': { id: 'x', messages: [{ role: 'assistant', content: 'hello', id: '1' }] },
};
let sent;
const endpoint = http.createServer((req, res) => {
  let body = '';
  req.on('data', (d) => { body += d; });
  req.on('end', () => { sent = body; res.setHeader('content-type', 'application/json'); res.end(JSON.stringify(answers[req.url])); });
});
await new Promise((done) => endpoint.listen(0, '127.0.0.1', done));
const databricks = createDatabricksProvider({ baseURL: `http://127.0.0.1:${endpoint.address().port}/serving-endpoints`, headers: { Authorization: 'Bearer t' } });
globalThis.AI_SDK_LOG_WARNINGS = false;
let failed = false;
for (const [kind, want, warned] of [['chatCompletions', 'system tools tokens temperature', 'seed'], ['responses', 'system tools tokens temperature', 'seed'], ['chatAgent', '', '']]) {
  const result = await generateText({
    model: databricks[kind]('m'), system: 'Answer in French.', prompt: 'hi', maxOutputTokens: 100, temperature: 0.2, seed: 5,
    tools: { list_issues: tool({ inputSchema: jsonSchema({ type: 'object', properties: {} }) }) },
  });
  const told = [['system', 'Answer in French.'], ['tools', 'list_issues'], ['tokens', '100'], ['temperature', '0.2']].filter(([, text]) => sent.includes(text)).map(([name]) => name).join(' ');
  const warnings = result.warnings.map((w) => w.feature).join(' ');
  console.log(`${kind}: told the endpoint: ${told || 'none'}; warned of: ${warnings || 'nothing'}`);
  if (result.text !== 'hello' || told !== want || warnings !== warned) (failed = true), console.log(`CHANGED: expected ${want || 'none'}, warned of ${warned || 'nothing'}`);
}
process.exit(failed ? 1 : 0);
EOF
node check.mjs
echo "as stated"
