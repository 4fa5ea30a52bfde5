#!/usr/bin/env bash
# Guess:   a tool's result with text content is shown to the model as that text, whatever
#          the text looks like.
# Instead: Gemini CLI parses the first text of every result as JSON and puts what comes
#          of it into structuredContent, unless the server sent some. The SDK inside it
#          then refuses the whole result where that is no object: a tool that answers
#          "42", "null", "true" or a JSON array has failed, though it ran, and the model
#          is shown a schema error in the place of the answer. A text that is a JSON
#          object, or with one word around the number, passes.
# Where:   npm @google/gemini-cli 0.61.0
# Output:  number error         (the text "42")
#          array error          (the text [{"id":7}])
#          object text          (the text {"id":7})
#          words text           (the text "42 rows")
#          beside text          (the text "42" beside an empty structuredContent)
# Matters: a count, an id or a list as plain JSON text is what many servers return. A
#          server or bridge that puts "structuredContent": {} beside it is read well.
set -euo pipefail
dir=$(mktemp -d); cd "$dir"
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$dir"' EXIT
npm install --silent --no-audit --no-fund --ignore-scripts @google/gemini-cli@0.61.0
cat > server.mjs <<'EOF'
import { createInterface } from 'node:readline';
const text = text => ({ content: [{ type: 'text', text }] });
const results = {
  number: text('42'), array: text('[{"id":7}]'), object: text('{"id":7}'), words: text('42 rows'),
  beside: { ...text('42'), structuredContent: {} },
};
createInterface({ input: process.stdin }).on('line', line => {
  const { id, method, params } = JSON.parse(line);
  const answers = {
    initialize: { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } },
    'tools/list': { tools: Object.keys(results).map(name => ({ name, description: name, inputSchema: { type: 'object', properties: {} } })) },
    'tools/call': results[params?.name],
  };
  if (id !== undefined) process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result: answers[method] ?? {} }) + '\n');
}).on('close', () => process.exit(0));
EOF
# The model calls each tool once, and writes down what comes back.
cat > model.mjs <<'EOF'
import { createServer } from 'node:http';
import { appendFileSync } from 'node:fs';
const plan = ['number', 'array', 'object', 'words', 'beside'];
let step = 0;
createServer(async (request, response) => {
  let body = '';
  for await (const piece of request) body += piece;
  let part = { text: 'done' };
  if (request.url.includes('streamGenerateContent') && body.includes('mcp_s_number')) {
    if (step > 0) {
      const last = JSON.parse(body).contents.at(-1);
      appendFileSync('seen', `${plan[step - 1]} ${/structuredContent|invalid_type/i.test(JSON.stringify(last)) ? 'error' : /42|7/.test(JSON.stringify(last)) ? 'text' : 'nothing'}\n`);
    }
    if (step < plan.length) part = { functionCall: { name: `mcp_s_${plan[step]}`, args: {} } };
    step++;
  }
  const answer = JSON.stringify({ candidates: [{ index: 0, content: { role: 'model', parts: [part] }, finishReason: 'STOP' }], usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 } });
  const stream = request.url.includes('stream');
  response.setHeader('content-type', stream ? 'text/event-stream' : 'application/json');
  response.end(stream ? `data: ${answer}\n\n` : answer);
}).listen(0, '127.0.0.1', function () { appendFileSync('port', String(this.address().port)); });
EOF
node model.mjs & 
until [ -s port ]; do sleep 0.1; done
mkdir .gemini
cat > .gemini/settings.json <<EOF
{"security":{"auth":{"selectedType":"gemini-api-key"}},"mcpServers":{"s":{"command":"node","args":["$dir/server.mjs"]}}}
EOF
HOME=$dir GEMINI_API_KEY=none GOOGLE_GEMINI_BASE_URL=http://127.0.0.1:$(cat port) GEMINI_CLI_TRUST_WORKSPACE=true GEMINI_TELEMETRY_ENABLED=false \
  timeout 120 node_modules/.bin/gemini -p 'call the tools' --yolo -m gemini-2.5-pro > said 2>&1 </dev/null || { cat said; exit 1; }
cat seen
[ "$(cat seen)" = "number error
array error
object text
words text
beside text" ] || { echo 'CHANGED: other results are shown'; exit 1; }
