#!/usr/bin/env bash
# Guess:   a client reads a list of tools to its end: nextCursor says that there is more,
#          and every SDK of MCP has a way to follow it.
# Instead: Gemini CLI and Cline ask once and offer their models the first page alone. The
#          tools of the others do not exist there, and nothing says that some are missing.
# Where:   npm @google/gemini-cli 0.61.0, @cline/cli-linux-x64 3.0.65
# Output:  gemini-cli: asked 1 time, offers one
#          cline: asked 1 time, offers one
# Matters: go-sdk, mcp-go and gateways put lists into pages on their own. A server that
#          wants its tools seen sends them in one page.
set -euo pipefail
dir=$(mktemp -d); cd "$dir"
trap 'kill $(jobs -p) 2>/dev/null || true; for p in $(grep -lsz "^HOME=$dir" /proc/[0-9]*/environ | cut -d/ -f3); do [ "$p" = $$ ] || kill -9 "$p" 2>/dev/null || true; done; rm -rf "$dir"' EXIT
npm install --silent --no-audit --no-fund --ignore-scripts @google/gemini-cli@0.61.0 @cline/cli-linux-x64@3.0.65
cat > server.mjs <<'EOF'
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
const tool = name => ({ name, description: `Does ${name}.`, inputSchema: { type: 'object', properties: {} } });
createInterface({ input: process.stdin }).on('line', line => {
  const { id, method, params } = JSON.parse(line);
  if (method === 'tools/list') appendFileSync(process.env.HOME + '/asked', '.');
  const answers = {
    initialize: { result: { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } } },
    'tools/list': { result: params?.cursor ? { tools: [tool('page_two')] } : { tools: [tool('page_one')], nextCursor: '2' } },
  };
  if (id !== undefined) process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, ...(answers[method] ?? { error: { code: -32601, message: 'Method not found' } }) }) + '\n');
}).on('close', () => process.exit(0));
EOF
# A model that says "done", as Google's or OpenAI's, and notes the tools it is offered.
cat > model.mjs <<'EOF'
import { createServer } from 'node:http';
import { appendFileSync } from 'node:fs';
createServer(async (request, response) => {
  let body = '';
  for await (const piece of request) body += piece;
  const pages = new Set([...body.matchAll(/"name":"[a-z_]*page_(one|two)"/g)].map(m => m[1]));
  if (pages.size > 0) appendFileSync('offered', [...pages].join(' and ') + '\n');
  const google = { candidates: [{ index: 0, content: { role: 'model', parts: [{ text: 'done' }] }, finishReason: 'STOP' }], usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 } };
  const chunk = choice => `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, ...choice }] })}\n\n`;
  const stream = !/:generateContent/.test(request.url);
  response.setHeader('content-type', stream ? 'text/event-stream' : 'application/json');
  if (!stream) return response.end(JSON.stringify(google));
  response.end(/Content/.test(request.url) ? `data: ${JSON.stringify(google)}\n\n`
    : chunk({ delta: { role: 'assistant', content: 'done' }, finish_reason: null }) + chunk({ delta: {}, finish_reason: 'stop' }) + 'data: [DONE]\n\n');
}).listen(0, '127.0.0.1', function () { appendFileSync('port', String(this.address().port)); });
EOF
see() { # name, program and its arguments
  local name=$1; shift
  (cd "$dir/$name" && HOME=$dir/$name timeout 120 "$@" > said 2>&1 </dev/null) || { cat "$dir/$name/said"; return 1; }
  echo "$name: asked $(wc -c < "$dir/$name/asked") time, offers $(head -1 "$dir/$name/offered")"
}
for name in gemini-cli cline; do
  mkdir -p $name; (cd $name && exec node ../model.mjs) &
  until [ -s $name/port ]; do sleep 0.1; done
done
mkdir -p gemini-cli/.gemini cline/.cline/data/settings
echo "{\"security\":{\"auth\":{\"selectedType\":\"gemini-api-key\"}},\"mcpServers\":{\"s\":{\"command\":\"node\",\"args\":[\"$dir/server.mjs\"]}}}" > gemini-cli/.gemini/settings.json
echo "{\"mcpServers\":{\"s\":{\"command\":\"node\",\"args\":[\"$dir/server.mjs\"],\"timeout\":60}}}" > cline/.cline/data/settings/cline_mcp_settings.json
echo "{\"version\":1,\"lastUsedProvider\":\"openai-compatible\",\"modes\":{},\"providers\":{\"openai-compatible\":{\"settings\":{\"provider\":\"openai-compatible\",\"apiKey\":\"none\",\"model\":\"m\",\"baseUrl\":\"http://127.0.0.1:$(cat cline/port)/v1\"},\"updatedAt\":\"2026-11-28T00:00:00.000Z\",\"tokenSource\":\"manual\"}}}" > cline/.cline/data/settings/providers.json
{
  GEMINI_API_KEY=none GOOGLE_GEMINI_BASE_URL=http://127.0.0.1:$(cat gemini-cli/port) GEMINI_CLI_TRUST_WORKSPACE=true GEMINI_TELEMETRY_ENABLED=false \
    see gemini-cli "$dir/node_modules/.bin/gemini" -p 'what can you do' --yolo -m gemini-2.5-pro
  see cline "$dir/node_modules/@cline/cli-linux-x64/bin/cline" 'what can you do'
} | tee seen
[ "$(cat seen)" = "gemini-cli: asked 1 time, offers one
cline: asked 1 time, offers one" ] || { echo 'CHANGED: more pages are read'; exit 1; }
