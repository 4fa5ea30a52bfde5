#!/usr/bin/env bash
# Guess:   notifications/cancelled comes for a call that is given up. OpenCode has its
#          answer, so it sends none: "MUST only reference requests that were previously
#          issued in the same direction and are believed to still be in-progress".
# Instead: OpenCode sends it for every call, right after the answer, with the reason
#          "AbortError: The operation was aborted."
# Where:   npm opencode-linux-x64 1.18.33 (Kilo CLI 7.7.9, which is built on it, likewise)
# Output:  tools/call 2
#          notifications/cancelled of 2 AbortError: The operation was aborted.
# Matters: over Streamable HTTP each is a request of its own, counted in quotas and logs,
#          and a server that keeps results for a while may drop what was just read. The
#          number of cancellations says nothing about calls that users gave up.
set -euo pipefail
dir=$(mktemp -d); cd "$dir"
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$dir"' EXIT
npm install --silent --no-audit --no-fund --ignore-scripts opencode-linux-x64@1.18.33
cat > server.mjs <<'EOF'
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
createInterface({ input: process.stdin }).on('line', line => {
  const { id, method, params } = JSON.parse(line);
  if (method === 'tools/call') appendFileSync(process.env.HOME + '/seen', `tools/call ${id}\n`);
  if (method === 'notifications/cancelled') appendFileSync(process.env.HOME + '/seen', `notifications/cancelled of ${params.requestId} ${params.reason}\n`);
  const answers = {
    initialize: { result: { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } } },
    'tools/list': { result: { tools: [{ name: 'look', description: 'Looks.', inputSchema: { type: 'object', properties: {} } }] } },
    'tools/call': { result: { content: [{ type: 'text', text: 'seen' }] } },
  };
  if (id !== undefined) process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, ...(answers[method] ?? { error: { code: -32601, message: 'Method not found' } }) }) + '\n');
}).on('close', () => process.exit(0));
EOF
# A model that calls the tool once.
cat > model.mjs <<'EOF'
import { createServer } from 'node:http';
import { appendFileSync } from 'node:fs';
let called = false;
createServer(async (request, response) => {
  let body = '';
  for await (const piece of request) body += piece;
  const call = !called && body.includes('"s_look"');
  called ||= call;
  const delta = call ? { role: 'assistant', content: null, tool_calls: [{ index: 0, id: 'c1', type: 'function', function: { name: 's_look', arguments: '{}' } }] } : { role: 'assistant', content: 'done' };
  const chunk = choice => `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, ...choice }] })}\n\n`;
  response.setHeader('content-type', 'text/event-stream');
  response.end(chunk({ delta, finish_reason: null }) + chunk({ delta: {}, finish_reason: call ? 'tool_calls' : 'stop' }) + 'data: [DONE]\n\n');
}).listen(0, '127.0.0.1', function () { appendFileSync('port', String(this.address().port)); });
EOF
node model.mjs &
until [ -s port ]; do sleep 0.1; done
mkdir -p .config/opencode work
cat > .config/opencode/opencode.json <<EOF
{"provider":{"fake":{"npm":"@ai-sdk/openai-compatible","name":"fake","options":{"baseURL":"http://127.0.0.1:$(cat port)/v1","apiKey":"none"},"models":{"m":{"name":"m","tool_call":true}}}},
 "model":"fake/m","small_model":"fake/m","autoupdate":false,"mcp":{"s":{"type":"local","command":["node","$dir/server.mjs"],"enabled":true}}}
EOF
(cd work && HOME=$dir timeout 120 ../node_modules/opencode-linux-x64/bin/opencode run -m fake/m 'look' > said 2>&1 </dev/null) || { cat work/said; exit 1; }
cat seen
id=$(sed -n 's/^tools.call //p' seen)
grep -q "^notifications/cancelled of $id " seen || { echo 'CHANGED: an answered call is not cancelled'; exit 1; }
