#!/usr/bin/env bash
# Guess:   a server with the tools "issues.list" and "issues_list", both good names by the
#          specification, has two tools in every client; where a client must respell a
#          name for its model, it keeps the two apart.
# Instead: Claude Code and OpenCode write "_" for the dot and offer one tool in the place
#          of two, without a word. The model cannot call the other, and of the one that
#          it does call, the server is told a name that depends on the client.
# Where:   npm @anthropic-ai/claude-code 2.1.332, opencode-linux-x64 1.18.33
# Output:  claude-code: 1 of 2 tools offered, issues.list runs
#          opencode: 1 of 2 tools offered, issues_list runs
# Matters: a server, gateway or bridge that joins several servers, or puts a prefix and a
#          dot before names, has to keep names apart without the dot as well.
set -euo pipefail
dir=$(mktemp -d); cd "$dir"
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$dir"' EXIT
npm install --silent --no-audit --no-fund --ignore-scripts @anthropic-ai/claude-code-linux-x64@2.1.332 opencode-linux-x64@1.18.33
cat > server.mjs <<'EOF'
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
const tool = name => ({ name, description: `Lists: ${name}`, inputSchema: { type: 'object', properties: {} } });
createInterface({ input: process.stdin }).on('line', line => {
  const { id, method, params } = JSON.parse(line);
  if (method === 'tools/call') appendFileSync(process.env.HOME + '/ran', params.name + '\n');
  const answers = {
    initialize: { result: { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } } },
    'tools/list': { result: { tools: [tool('issues.list'), tool('issues_list')] } },
    'tools/call': { result: { content: [{ type: 'text', text: 'ran' }] } },
  };
  if (id !== undefined) process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, ...(answers[method] ?? { error: { code: -32601, message: 'Method not found' } }) }) + '\n');
}).on('close', () => process.exit(0));
EOF
# A model that calls the tool that it is offered once, as Anthropic's or OpenAI's.
cat > model.mjs <<'EOF'
import { createServer } from 'node:http';
import { appendFileSync } from 'node:fs';
let called = false;
createServer(async (request, response) => {
  let body = '';
  for await (const piece of request) body += piece;
  const names = [...body.matchAll(/"name":"([a-z_]*issues[._]list)"/g)].map(m => m[1]);
  const call = !called && names.length > 0 ? names[0] : undefined;
  if (call) { called = true; appendFileSync('offered', names.length + '\n'); }
  const events = [];
  if (request.url.includes('/messages')) {
    events.push({ type: 'message_start', message: { id: 'm', type: 'message', role: 'assistant', model: 'm', content: [], stop_reason: null, usage: { input_tokens: 1, output_tokens: 1 } } },
      { type: 'content_block_start', index: 0, content_block: call ? { type: 'tool_use', id: 'toolu_1', name: call, input: {} } : { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: call ? { type: 'input_json_delta', partial_json: '{}' } : { type: 'text_delta', text: 'done' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: call ? 'tool_use' : 'end_turn' }, usage: { output_tokens: 1 } }, { type: 'message_stop' });
  } else if (request.url.includes('/chat/completions')) {
    const delta = call ? { role: 'assistant', content: null, tool_calls: [{ index: 0, id: 'c1', type: 'function', function: { name: call, arguments: '{}' } }] } : { role: 'assistant', content: 'done' };
    const chunk = choice => ({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, ...choice }] });
    events.push(chunk({ delta, finish_reason: null }), chunk({ delta: {}, finish_reason: call ? 'tool_calls' : 'stop' }));
  } else return response.end('{"data":[],"input_tokens":1}');
  response.setHeader('content-type', 'text/event-stream');
  for (const event of events) response.write((event.type ? `event: ${event.type}\n` : '') + `data: ${JSON.stringify(event)}\n\n`);
  response.end(request.url.includes('/messages') ? '' : 'data: [DONE]\n\n');
}).listen(0, '127.0.0.1', function () { appendFileSync('port', String(this.address().port)); });
EOF
see() { # name, program and its arguments
  local name=$1; shift
  (cd "$dir/$name" && HOME=$dir/$name timeout 120 "$@" > said 2>&1 </dev/null) || { cat "$dir/$name/said"; return 1; }
  echo "$name: $(cat "$dir/$name/offered") of 2 tools offered, $(cat "$dir/$name/ran") runs"
}
for name in claude-code opencode; do
  mkdir -p $name; (cd $name && exec node ../model.mjs) &
  until [ -s $name/port ]; do sleep 0.1; done
done
echo "{\"mcpServers\":{\"s\":{\"command\":\"node\",\"args\":[\"$dir/server.mjs\"]}}}" > claude-code/.claude.json
mkdir -p opencode/.config/opencode
cat > opencode/.config/opencode/opencode.json <<EOF
{"provider":{"fake":{"npm":"@ai-sdk/openai-compatible","name":"fake","options":{"baseURL":"http://127.0.0.1:$(cat opencode/port)/v1","apiKey":"none"},"models":{"m":{"name":"m","tool_call":true}}}},
 "model":"fake/m","small_model":"fake/m","autoupdate":false,"mcp":{"s":{"type":"local","command":["node","$dir/server.mjs"],"enabled":true}}}
EOF
{
  ANTHROPIC_BASE_URL=http://127.0.0.1:$(cat claude-code/port) ANTHROPIC_API_KEY=none CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1 ENABLE_TOOL_SEARCH=false CLAUDE_CODE_MCP_STARTUP_WAIT_MS=60000 \
    see claude-code "$dir/node_modules/@anthropic-ai/claude-code-linux-x64/claude" -p 'list the issues' --allowedTools mcp__s
  see opencode "$dir/node_modules/opencode-linux-x64/bin/opencode" run -m fake/m 'list the issues'
} | tee seen
[ "$(cat seen)" = "claude-code: 1 of 2 tools offered, issues.list runs
opencode: 1 of 2 tools offered, issues_list runs" ] || { echo 'CHANGED: other tools are offered'; exit 1; }
