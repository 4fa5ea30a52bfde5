#!/usr/bin/env bash
# Guess:   a client answers a server's ping at once, with an empty result: "the receiver
#          MUST respond promptly". It is the one request that every peer knows.
# Instead: Cline CLI does not answer it: a ping in the midst of a call gets neither a
#          result nor an error.
# Where:   npm @cline/cli-linux-x64 3.0.65
# Output:  during a call: no answer to ping in 5 s
# Matters: a server that pings to see whether its client lives takes Cline for dead, and a
#          request of a server that waits without a time limit never ends.
set -euo pipefail
dir=$(mktemp -d); cd "$dir"
trap 'kill $(jobs -p) 2>/dev/null || true; for p in $(grep -lsz "^HOME=$dir" /proc/[0-9]*/environ | cut -d/ -f3); do [ "$p" = $$ ] || kill -9 "$p" 2>/dev/null || true; done; rm -rf "$dir"' EXIT
npm install --silent --no-audit --no-fund --ignore-scripts @cline/cli-linux-x64@3.0.65
cat > server.mjs <<'EOF'
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
const say = message => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\n');
let timer, open;
const end = words => { clearTimeout(timer); appendFileSync(process.env.HOME + '/seen', words + '\n'); say({ id: open, result: { content: [{ type: 'text', text: words }] } }); };
createInterface({ input: process.stdin }).on('line', line => {
  const { id, method, params } = JSON.parse(line);
  const answers = {
    initialize: { result: { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } } },
    'tools/list': { result: { tools: [{ name: 'look', description: 'Looks.', inputSchema: { type: 'object', properties: {} } }] } },
  };
  if (method === undefined && id === 'p1') return end('ping answered');
  if (method === 'tools/call') {
    open = id;
    say({ id: 'p1', method: 'ping' });
    timer = setTimeout(() => end('no answer to ping in 5 s'), 5000);
  } else if (id !== undefined) say({ id, ...(answers[method] ?? { error: { code: -32601, message: 'Method not found' } }) });
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
  const name = called ? undefined : body.match(/"name":"([a-z_]*look)"/)?.[1];
  called ||= name !== undefined;
  const delta = name ? { role: 'assistant', content: null, tool_calls: [{ index: 0, id: 'c1', type: 'function', function: { name, arguments: '{}' } }] } : { role: 'assistant', content: 'done' };
  const chunk = choice => `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, ...choice }] })}\n\n`;
  response.setHeader('content-type', 'text/event-stream');
  response.end(chunk({ delta, finish_reason: null }) + chunk({ delta: {}, finish_reason: name ? 'tool_calls' : 'stop' }) + 'data: [DONE]\n\n');
}).listen(0, '127.0.0.1', function () { appendFileSync('port', String(this.address().port)); });
EOF
node model.mjs &
until [ -s port ]; do sleep 0.1; done
mkdir -p .cline/data/settings work
echo "{\"mcpServers\":{\"s\":{\"command\":\"node\",\"args\":[\"$dir/server.mjs\"],\"timeout\":60}}}" > .cline/data/settings/cline_mcp_settings.json
echo "{\"version\":1,\"lastUsedProvider\":\"openai-compatible\",\"modes\":{},\"providers\":{\"openai-compatible\":{\"settings\":{\"provider\":\"openai-compatible\",\"apiKey\":\"none\",\"model\":\"m\",\"baseUrl\":\"http://127.0.0.1:$(cat port)/v1\"},\"updatedAt\":\"2026-11-28T00:00:00.000Z\",\"tokenSource\":\"manual\"}}}" > .cline/data/settings/providers.json
(cd work && HOME=$dir timeout 120 ../node_modules/@cline/cli-linux-x64/bin/cline 'look at it' > said 2>&1 </dev/null) || { cat work/said; exit 1; }
echo "during a call: $(cat seen)"
[ "$(cat seen)" = 'no answer to ping in 5 s' ] || { echo 'CHANGED: it answers'; exit 1; }
