#!/usr/bin/env bash
# Guess:   a resource_link, a sound or a file of a result reaches the model in some form, if only
#          as a line that says that it is there.
# Instead: OpenCode, Kilo and GitHub Copilot CLI drop all three without a word: a result that is a
#          link or a PDF is empty for the model, as if the tool had found nothing. Codex gives the
#          model the PDF as base64 within JSON text. Claude Code saves sound and file and tells
#          where, and tells the link.
# Where:   npm @anthropic-ai/claude-code-linux-x64 2.1.332, @openai/codex 0.171.0,
#          opencode-linux-x64 1.18.33, @kilocode/cli-linux-x64 7.7.9, @github/copilot-linux-x64 1.0.102
# Output:  claude-code: link: its address; sound: a line; file: a line
#          codex: link: its address; sound: a line; file: base64
#          opencode: link: nothing; sound: nothing; file: nothing
#          kilo: link: nothing; sound: nothing; file: nothing
#          copilot: link: nothing; sound: nothing; file: nothing
# Matters: a server puts what the model must know of a link or a file in a text beside it. A PDF
#          of 1 MB is 1.3 million characters in one client and none in another.
set -euo pipefail
dir=$(mktemp -d); cd "$dir"
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$dir"' EXIT
npm install --silent --no-audit --no-fund --ignore-scripts @anthropic-ai/claude-code-linux-x64@2.1.332 @openai/codex@0.171.0 opencode-linux-x64@1.18.33 \
  @kilocode/cli-linux-x64@7.7.9 @github/copilot-linux-x64@1.0.102
cat > server.mjs <<'EOF'
import { createInterface } from 'node:readline';
// An eighth of a second of silence, and a page without words.
const wav = Buffer.alloc(1044, 128);
wav.write('RIFF'), wav.writeUInt32LE(1036, 4), wav.write('WAVEfmt ', 8), wav.writeUInt32LE(16, 16), wav.writeUInt16LE(1, 20), wav.writeUInt16LE(1, 22);
wav.writeUInt32LE(8000, 24), wav.writeUInt32LE(8000, 28), wav.writeUInt16LE(1, 32), wav.writeUInt16LE(8, 34), wav.write('data', 36), wav.writeUInt32LE(1000, 40);
let pdf = '%PDF-1.4\n';
const objects = ['<</Type/Catalog/Pages 2 0 R>>', '<</Type/Pages/Kids[3 0 R]/Count 1>>', '<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]/Resources<<>>>>'];
const places = objects.map((object, i) => { const at = pdf.length; pdf += `${i + 1} 0 obj${object}endobj\n`; return `${String(at).padStart(10, '0')} 00000 n \n`; });
pdf += `xref\n0 4\n0000000000 65535 f \n${places.join('')}trailer<</Size 4/Root 1 0 R>>\nstartxref\n${pdf.length}\n%%EOF\n`;
const tools = {
  link: { result: { content: [{ type: 'resource_link', uri: 'file:///report.md', name: 'report' }] } },
  sound: { result: { content: [{ type: 'audio', mimeType: 'audio/wav', data: wav.toString('base64') }] } },
  file: { result: { content: [{ type: 'resource', resource: { uri: 'file:///a.pdf', mimeType: 'application/pdf', blob: Buffer.from(pdf).toString('base64') } }] } },
};
createInterface({ input: process.stdin }).on('line', line => {
  const { id, method, params } = JSON.parse(line);
  const say = answer => id !== undefined && process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, ...answer }) + '\n');
  const answers = {
    initialize: { result: { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } } },
    'tools/list': { result: { tools: Object.keys(tools).map(name => ({ name, description: `Does ${name}.`, inputSchema: { type: 'object', properties: {} } })) } },
  };
  if (method === 'tools/call') return say({ result: tools[params.name].result });
  say(answers[method] ?? { error: { code: -32601, message: 'Method not found' } });
}).on('close', () => process.exit(0));
EOF
# A model that calls all tools of the server in its first turn and keeps what it is then told,
# as Anthropic's (/messages), OpenAI's (/chat/completions) or OpenAI's newer one (/responses).
cat > model.mjs <<'EOF'
import { createServer } from 'node:http';
import { writeFileSync } from 'node:fs';
const tools = process.argv[2].split(',');
let called = false;
createServer(async (request, response) => {
  let body = '';
  for await (const piece of request) body += piece;
  const kind = request.url.match(/messages|chat|responses/)?.[0];
  if (!kind || request.method !== 'POST' || /count_tokens/.test(request.url)) return response.end('{"data":[],"input_tokens":1}');
  if (called && /"tool_result"|"function_call_output"|"role":"tool"/.test(body)) writeFileSync('told', body);
  const offered = [...body.matchAll(/"name":"([A-Za-z0-9_-]+)"/g)].map(m => m[1]);
  const names = tools.map(tool => offered.find(name => name === `mcp__s__${tool}` || name === `s_${tool}` || name === `s-${tool}` || name === tool));
  const call = !called && names.every(Boolean);
  called ||= call;
  const events = [];
  if (kind === 'messages') {
    const blocks = call ? names.map((name, i) => [{ type: 'tool_use', id: tools[i], name, input: {} }, { type: 'input_json_delta', partial_json: '{}' }]) : [[{ type: 'text', text: '' }, { type: 'text_delta', text: 'done' }]];
    events.push({ type: 'message_start', message: { id: 'm', type: 'message', role: 'assistant', model: 'm', content: [], stop_reason: null, usage: { input_tokens: 1, output_tokens: 1 } } });
    blocks.forEach(([content_block, delta], index) => events.push({ type: 'content_block_start', index, content_block }, { type: 'content_block_delta', index, delta }, { type: 'content_block_stop', index }));
    events.push({ type: 'message_delta', delta: { stop_reason: call ? 'tool_use' : 'end_turn' }, usage: { output_tokens: 1 } }, { type: 'message_stop' });
  } else if (kind === 'chat') {
    const delta = call ? { role: 'assistant', content: null, tool_calls: names.map((name, index) => ({ index, id: tools[index], type: 'function', function: { name, arguments: '{}' } })) } : { role: 'assistant', content: 'done' };
    const chunk = choice => ({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, ...choice }] });
    events.push(chunk({ delta, finish_reason: null }), chunk({ delta: {}, finish_reason: call ? 'tool_calls' : 'stop' }));
  } else {
    const items = call ? tools.map(name => ({ type: 'function_call', id: name, call_id: name, namespace: 'mcp__s', name, arguments: '{}' })) : [{ type: 'message', role: 'assistant', id: 'm', content: [{ type: 'output_text', text: 'done' }] }];
    events.push({ type: 'response.created', response: { id: 'r' } }, ...items.map(item => ({ type: 'response.output_item.done', item })), { type: 'response.completed', response: { id: 'r', usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 } } });
  }
  response.setHeader('content-type', 'text/event-stream');
  for (const event of events) response.write((event.type ? `event: ${event.type}\n` : '') + `data: ${JSON.stringify(event)}\n\n`);
  response.end(kind === 'chat' ? 'data: [DONE]\n\n' : '');
}).listen(0, '127.0.0.1', function () { writeFileSync('port', String(this.address().port)); });
EOF
# told.mjs writes for each tool what a client has told its model of the result.
cat > told.mjs <<'EOF'
import { readFileSync } from 'node:fs';
const { messages, input } = JSON.parse(readFileSync(process.argv[2] + '/told', 'utf8'));
const told = {};
for (const m of messages ?? input) {
  if (m.role === 'tool') told[m.tool_call_id] = m.content;
  if (m.type === 'function_call_output') told[m.call_id] = m.output;
  for (const part of Array.isArray(m.content) ? m.content : []) if (part.type === 'tool_result') told[part.tool_use_id] = part.content;
}
const words = JSON.parse(process.argv[3]);
console.log(Object.entries(words).map(([tool, marks]) => `${tool}: ${Object.entries(marks).filter(([, mark]) => JSON.stringify(told[tool]).includes(mark)).map(([what]) => what).join(' and ') || 'nothing'}`).join('; '));
EOF
model() { # client
  (cd "$1" && exec node ../model.mjs link,sound,file) &
  until [ -s "$1/port" ]; do sleep 0.1; done
}
run() { timeout 120 "$@" > said 2>&1 </dev/null || { cat said; return 1; }; }
mkdir claude-code
echo "{\"mcpServers\":{\"s\":{\"command\":\"node\",\"args\":[\"$dir/server.mjs\"]}}}" > claude-code/.claude.json
model claude-code
(cd claude-code && HOME=$PWD ANTHROPIC_BASE_URL=http://127.0.0.1:$(cat port) ANTHROPIC_API_KEY=none CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1 ENABLE_TOOL_SEARCH=false CLAUDE_CODE_MCP_STARTUP_WAIT_MS=60000 \
  run "$dir/node_modules/@anthropic-ai/claude-code-linux-x64/claude" -p go --allowedTools mcp__s)
mkdir -p codex/.codex
model codex
cat > codex/.codex/config.toml <<EOF
model = "m"
model_provider = "fake"
approval_policy = "never"
sandbox_mode = "danger-full-access"
[model_providers.fake]
name = "fake"
base_url = "http://127.0.0.1:$(cat codex/port)/v1"
wire_api = "responses"
env_key = "NO_KEY"
[mcp_servers.s]
command = "node"
args = ["$dir/server.mjs"]
required = true
EOF
(cd codex && HOME=$PWD NO_KEY=none run "$(find "$dir/node_modules" -path '*/vendor/*' -name codex -type f)" exec --skip-git-repo-check go)
for name in opencode kilo; do
  mkdir -p $name/.config/$name
  model $name
  cat > $name/.config/$name/$name.json <<EOF
{"provider":{"fake":{"npm":"@ai-sdk/openai-compatible","name":"fake","options":{"baseURL":"http://127.0.0.1:$(cat $name/port)/v1","apiKey":"none"},"models":{"m":{"name":"m","tool_call":true}}}},
 "model":"fake/m","small_model":"fake/m","autoupdate":false,"mcp":{"s":{"type":"local","command":["node","$dir/server.mjs"],"enabled":true}}}
EOF
done
(cd opencode && HOME=$PWD run "$dir/node_modules/opencode-linux-x64/bin/opencode" run -m fake/m go)
(cd kilo && HOME=$PWD run "$dir/node_modules/@kilocode/cli-linux-x64/bin/kilo" run --auto -m fake/m go)
mkdir -p copilot/.copilot
model copilot
echo "{\"mcpServers\":{\"s\":{\"type\":\"local\",\"command\":\"node\",\"args\":[\"$dir/server.mjs\"],\"tools\":[\"*\"]}}}" > copilot/.copilot/mcp-config.json
(cd copilot && HOME=$PWD COPILOT_OFFLINE=true COPILOT_PROVIDER_TYPE=openai COPILOT_PROVIDER_BASE_URL=http://127.0.0.1:$(cat port)/v1 COPILOT_PROVIDER_API_KEY=none COPILOT_MODEL=gpt-4.1 \
  run "$dir/node_modules/@github/copilot-linux-x64/copilot" -p go --allow-all-tools)
for client in claude-code codex opencode kilo copilot; do
  echo "$client: $(node told.mjs $client '{"link":{"its address":"file:///report.md"},"sound":{"a line":"udio","base64":"UklGRgwE"},"file":{"a line":"inary content","base64":"JVBERi0xL"}}')"
done | tee seen
[ "$(cat seen)" = 'claude-code: link: its address; sound: a line; file: a line
codex: link: its address; sound: a line; file: base64
opencode: link: nothing; sound: nothing; file: nothing
kilo: link: nothing; sound: nothing; file: nothing
copilot: link: nothing; sound: nothing; file: nothing' ] || { echo 'CHANGED: models are told otherwise'; exit 1; }
