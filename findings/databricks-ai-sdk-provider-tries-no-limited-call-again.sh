#!/usr/bin/env bash
# @databricks/ai-sdk-provider 0.5.1 with npm ai 6.0.326: a model endpoint says 429
#
# Guess: generateText tries again at 429, 503 and 500, twice by default and as Retry-After says,
#   since it is the AI SDK that does so and not the provider.
# Behaviour: the provider's errors all say isRetryable: false, and the AI SDK goes by that.
#   maxRetries has no effect, for chatCompletions, responses and chatAgent alike.
#   @ai-sdk/openai-compatible 2.0.92 at the same endpoint is tried again.
# Seen: one 429 with Retry-After: 1, then an answer: the three models of the provider fail
#   after one request, openai-compatible has the answer with the second. The same for 503.
# Why it matters: the limits of Databricks' endpoints are low, and an agent asks the model once
#   more after each tool. One 429 ends the whole turn, after its tools have run, and whoever
#   repeats the turn runs them again. Wrap fetch in tries of your own.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
pinned="@databricks/ai-sdk-provider@0.5.1 ai@6.0.326 @ai-sdk/openai-compatible@2.0.92"
npm install --silent --no-audit --no-fund --ignore-scripts $pinned >npm.log 2>&1 || { cat npm.log; exit 1; }
for p in $pinned; do
  [ "$(node -p "JSON.parse(require('fs').readFileSync('./node_modules/${p%@*}/package.json')).version")" = "${p##*@}" ] || { echo "CHANGED: another version of ${p%@*} was installed"; exit 1; }
done
cat > check.mjs <<'EOF'
import http from 'node:http';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { createDatabricksProvider } from '@databricks/ai-sdk-provider';
import { generateText } from 'ai';

const answers = {
  '/serving-endpoints/chat/completions': { id: 'x', object: 'chat.completion', created: 1, model: 'm', choices: [{ index: 0, message: { role: 'assistant', content: 'hello' }, finish_reason: 'stop' }], usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } },
  '/serving-endpoints/responses': { id: 'x', object: 'response', created_at: 1, model: 'm', status: 'completed', output: [{ type: 'message', id: 'm', role: 'assistant', status: 'completed', content: [{ type: 'output_text', text: 'hello', annotations: [] }] }], usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 } },
  '/serving-endpoints/completions': { id: 'x', messages: [{ role: 'assistant', content: 'hello', id: '1' }] },
};
let requests = 0, first = 200;
const endpoint = http.createServer((req, res) => {
  req.resume();
  req.on('end', () => {
    res.statusCode = ++requests === 1 ? first : 200;
    res.setHeader('content-type', 'application/json');
    if (res.statusCode !== 200) res.setHeader('retry-after', '1');
    res.end(JSON.stringify(res.statusCode === 200 ? answers[req.url] : { error_code: 'REQUEST_LIMIT_EXCEEDED', message: 'Exceeded the rate limit' }));
  });
});
await new Promise((done) => endpoint.listen(0, '127.0.0.1', done));
const settings = { baseURL: `http://127.0.0.1:${endpoint.address().port}/serving-endpoints`, headers: { Authorization: 'Bearer t' } };
const databricks = createDatabricksProvider(settings);
const models = {
  chatCompletions: databricks.chatCompletions('m'), responses: databricks.responses('m'), chatAgent: databricks.chatAgent('m'),
  'openai-compatible': createOpenAICompatible({ name: 'databricks', ...settings })('m'),
};
let failed = false;
for (const [name, model] of Object.entries(models)) {
  for (first of [200, 429, 503]) {
    requests = 0;
    const outcome = await generateText({ model, prompt: 'hi', maxRetries: 2 }).then((result) => result.text, (error) => `error ${error.statusCode}, isRetryable ${error.isRetryable}`);
    console.log(`${name}, first answer ${first}: ${outcome}, requests ${requests}`);
    const again = name === 'openai-compatible';
    const want = first === 200 ? ['hello', 1] : again ? ['hello', 2] : [`error ${first}, isRetryable false`, 1];
    if (outcome !== want[0] || requests !== want[1]) (failed = true), console.log(`CHANGED: expected ${want[0]}, requests ${want[1]}`);
  }
}
process.exit(failed ? 1 : 0);
EOF
node check.mjs
echo "as stated"
