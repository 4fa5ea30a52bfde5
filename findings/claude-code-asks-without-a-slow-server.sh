#!/usr/bin/env bash
# Guess:   a client that is given a prompt waits for its servers before it asks the model, for as
#          long as it lets a server take to start, which is 30 s in both. A server that answers
#          initialize after 8 s has its tool in the first request to the model.
# Instead: Claude Code with -p asks without the server after some seconds, and says nothing. What
#          the model answers then is the end: the tool comes too late. OpenCode waits.
# Where:   npm @anthropic-ai/claude-code-linux-x64 2.1.332, opencode-linux-x64 1.18.33
# Output:  claude, server ready after 1000 ms: tool offered yes
#          claude, server ready after 8000 ms: tool offered no
#          claude, server ready after 8000 ms, CLAUDE_CODE_MCP_STARTUP_WAIT_MS=60000: tool offered yes
#          opencode, server ready after 8000 ms: tool offered yes
# Matters: a bridge that signs in or shakes hands over a slow line before it answers initialize is
#          not there in scripts, and nobody sees why. It answers from what it remembers, or at once.
set -euo pipefail
dir=$(mktemp -d); cd "$dir"
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$dir"' EXIT
npm install --silent --no-audit --no-fund --ignore-scripts @anthropic-ai/claude-code-linux-x64@2.1.332 opencode-linux-x64@1.18.33
cat > server.mjs <<'EOS'
import { createInterface } from 'node:readline';
const tool = { name: 'list_issues', description: 'Lists', inputSchema: { type: 'object', properties: {} } };
createInterface({ input: process.stdin }).on('line', line => {
  const { id, method, params } = JSON.parse(line);
  const answers = {
    initialize: { result: { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } } },
    'tools/list': { result: { tools: [tool] } },
  };
  const answer = () => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, ...(answers[method] ?? { error: { code: -32601, message: 'Method not found' } }) }) + '\n');
  if (id !== undefined) setTimeout(answer, method === 'initialize' ? Number(process.env.SLOW) : 0);
}).on('close', () => process.exit(0));
EOS
cat > model.mjs <<'EOS'
import { createServer } from 'node:http';
import { appendFileSync } from 'node:fs';
createServer(async (request, response) => {
  let body = '';
  for await (const piece of request) body += piece;
  const events = [];
  if (!body.includes('list the issues')) return response.end('{"data":[],"input_tokens":1}');
  if (JSON.parse(body).tools?.length) appendFileSync('offered', (body.includes('list_issues"') ? 'yes' : 'no') + '\n');
  if (request.url.includes('/messages')) {
    events.push({ type: 'message_start', message: { id: 'm', type: 'message', role: 'assistant', model: 'm', content: [], stop_reason: null, usage: { input_tokens: 1, output_tokens: 1 } } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'done' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 1 } }, { type: 'message_stop' });
  } else if (request.url.includes('/chat/completions')) {
    const chunk = choice => ({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, ...choice }] });
    events.push(chunk({ delta: { role: 'assistant', content: 'done' }, finish_reason: null }), chunk({ delta: {}, finish_reason: 'stop' }));
  } else return response.end('{"data":[],"input_tokens":1}');
  response.setHeader('content-type', 'text/event-stream');
  for (const event of events) response.write((event.type ? `event: ${event.type}\n` : '') + `data: ${JSON.stringify(event)}\n\n`);
  response.end(request.url.includes('/messages') ? '' : 'data: [DONE]\n\n');
}).listen(0, '127.0.0.1', function () { appendFileSync('port', String(this.address().port)); });
EOS
for name in quick slow patient opencode; do
  mkdir -p "$name/.config/opencode"; (cd "$name" && exec node ../model.mjs) &
  until [ -s "$name/port" ]; do sleep 0.1; done
done
see() { # folder, what it is, milliseconds until the server answers, program and its arguments
  local name=$1 what=$2 slow=$3; shift 3
  local at; at=http://127.0.0.1:$(cat "$name/port")
  echo "{\"mcpServers\":{\"s\":{\"command\":\"node\",\"args\":[\"$dir/server.mjs\"]}}}" > "$name/.claude.json"
  echo "{\"provider\":{\"fake\":{\"npm\":\"@ai-sdk/openai-compatible\",\"name\":\"fake\",\"options\":{\"baseURL\":\"$at/v1\",\"apiKey\":\"none\"},\"models\":{\"m\":{\"name\":\"m\",\"tool_call\":true}}}},
    \"model\":\"fake/m\",\"small_model\":\"fake/m\",\"autoupdate\":false,\"mcp\":{\"s\":{\"type\":\"local\",\"command\":[\"node\",\"$dir/server.mjs\"],\"enabled\":true}}}" > "$name/.config/opencode/opencode.json"
  (cd "$name" && HOME=$PWD SLOW=$slow ANTHROPIC_BASE_URL=$at ANTHROPIC_API_KEY=none CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1 ENABLE_TOOL_SEARCH=false \
    timeout 120 "$@" > said 2>&1 </dev/null) || { cat "$name/said"; return 1; }
  echo "${what/,/, server ready after $slow ms}: tool offered $(cat "$name/offered")"
}
claude=$dir/node_modules/@anthropic-ai/claude-code-linux-x64/claude
{
  see quick claude, 1000 "$claude" -p 'list the issues' --allowedTools mcp__s
  see slow claude, 8000 "$claude" -p 'list the issues' --allowedTools mcp__s
  see patient 'claude,, CLAUDE_CODE_MCP_STARTUP_WAIT_MS=60000' 8000 env CLAUDE_CODE_MCP_STARTUP_WAIT_MS=60000 "$claude" -p 'list the issues' --allowedTools mcp__s
  see opencode opencode, 8000 "$dir/node_modules/opencode-linux-x64/bin/opencode" run -m fake/m 'list the issues'
} | tee seen
[ "$(cat seen)" = 'claude, server ready after 1000 ms: tool offered yes
claude, server ready after 8000 ms: tool offered no
claude, server ready after 8000 ms, CLAUDE_CODE_MCP_STARTUP_WAIT_MS=60000: tool offered yes
opencode, server ready after 8000 ms: tool offered yes' ] || { echo 'CHANGED: servers are waited for otherwise'; exit 1; }
