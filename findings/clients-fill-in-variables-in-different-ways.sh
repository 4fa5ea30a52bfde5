#!/usr/bin/env bash
# Guess:   the mcpServers entry that all these clients share is read alike: "${NAME}" is filled in from
#          the environment, one that is not set is empty or an error, and "$" without braces is text.
# Instead: each has rules of its own. "$NAME" is text for Claude Code, and filled in by Gemini CLI, Qwen
#          Code and GitHub Copilot CLI; "${NAME:-default}" is known to all of these but Qwen Code. Codex fills
#          in nothing. A variable that is not set is handed over as the text "${NAME}" by every one
#          of them; Claude Code alone warns of it, in "mcp list".
# Where:   npm @anthropic-ai/claude-code-linux-x64 2.1.332, @google/gemini-cli 0.61.0,
#          @qwen-code/qwen-code 0.24.4, @github/copilot 1.0.102, @openai/codex 0.171.0; WORD=w
# Output:  of "$WORD", "${WORD}", "${NOT_SET}", "${NOT_SET:-d}"
#          claude: $WORD w ${NOT_SET} d
#          gemini: w w ${NOT_SET} d
#          qwen: w w ${NOT_SET} ${NOT_SET:-d}
#          copilot: w w ${NOT_SET} d
#          codex: $WORD ${WORD} ${NOT_SET} ${NOT_SET:-d}
# Matters: a password with "$" in it arrives altered in some clients; a team's file works in one client and
#          gives the server "${TOKEN}" for a token in the next, which then is refused for no reason that
#          anybody sees. A server or bridge that gets "${...}" for a value says that it was not filled in.
set -euo pipefail
dir=$(mktemp -d); cd "$dir"
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$dir"' EXIT
npm install --silent --no-audit --no-fund --ignore-scripts @anthropic-ai/claude-code-linux-x64@2.1.332 @google/gemini-cli@0.61.0 @qwen-code/qwen-code@0.24.4 @github/copilot@1.0.102 @openai/codex@0.171.0
cat > server.mjs <<'EOF'
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
const [file, ...values] = process.argv.slice(2);
writeFileSync(file, values.join(' ') + '\n');
createInterface({ input: process.stdin }).on('line', line => {
  const { id, method, params } = JSON.parse(line);
  const result = { initialize: { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } }, 'tools/list': { tools: [] } }[method];
  if (id !== undefined) process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, ...(result ? { result } : { error: { code: -32601, message: 'Method not found' } }) }) + '\n');
}).on('close', () => process.exit(0));
EOF
# A model that says "done" to whatever it is asked, as OpenAI does.
cat > model.mjs <<'EOF'
import { createServer } from 'node:http';
import { writeFileSync } from 'node:fs';
createServer(async (request, response) => {
  request.resume();
  const chunk = choice => `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, ...choice }] })}\n\n`;
  response.setHeader('content-type', 'text/event-stream');
  if (request.url.includes('responses')) {
    const events = [{ type: 'response.created', response: { id: 'r' } }, { type: 'response.output_item.done', item: { type: 'message', role: 'assistant', id: 'm', content: [{ type: 'output_text', text: 'done' }] } }, { type: 'response.completed', response: { id: 'r', usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 } } }];
    return response.end(events.map(event => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join(''));
  }
  response.end(chunk({ delta: { role: 'assistant', content: 'done' }, finish_reason: null }) + chunk({ delta: {}, finish_reason: 'stop' }) + 'data: [DONE]\n\n');
}).listen(0, '127.0.0.1', function () { writeFileSync('port', String(this.address().port)); });
EOF
node model.mjs &
until [ -s port ]; do sleep 0.1; done
modules=$dir/node_modules values='"$WORD", "${WORD}", "${NOT_SET}", "${NOT_SET:-d}"'
see() { # client, command; its configuration is made
  local client=$1; shift
  (cd "$client" && HOME=$PWD WORD=w timeout 120 "$@" > said 2>&1 </dev/null) || { cat "$client/said"; return 1; }
  echo "$client: $(cat "$client/seen")"
}
entry() { echo "\"command\":\"$(command -v node)\",\"args\":[\"$dir/server.mjs\",\"$dir/$1/seen\",$values]"; }
mkdir -p claude gemini/.gemini qwen/.qwen copilot/.copilot codex/.codex
echo "{\"mcpServers\":{\"s\":{$(entry claude)}}}" > claude/.claude.json
echo "{\"mcpServers\":{\"s\":{$(entry gemini)}}}" > gemini/.gemini/settings.json
echo "{\"mcpServers\":{\"s\":{$(entry qwen)}}}" > qwen/.qwen/settings.json
echo "{\"mcpServers\":{\"s\":{\"type\":\"local\",\"tools\":[\"*\"],$(entry copilot)}}}" > copilot/.copilot/mcp-config.json
cat > codex/.codex/config.toml <<EOF
model = "m"
model_provider = "fake"
[model_providers.fake]
name = "fake"
base_url = "http://127.0.0.1:$(cat port)/v1"
wire_api = "responses"
env_key = "NO_KEY"
[mcp_servers.s]
command = "$(command -v node)"
args = ["$dir/server.mjs", "$dir/codex/seen", $values]
required = true
EOF
{
  see claude unshare -rn "$modules/@anthropic-ai/claude-code-linux-x64/claude" mcp list
  see gemini unshare -rn env GEMINI_CLI_TRUST_WORKSPACE=true "$modules/.bin/gemini" mcp list
  see qwen unshare -rn "$modules/.bin/qwen" mcp list
  see copilot env COPILOT_OFFLINE=true COPILOT_PROVIDER_TYPE=openai COPILOT_PROVIDER_BASE_URL="http://127.0.0.1:$(cat port)/v1" COPILOT_PROVIDER_API_KEY=none COPILOT_MODEL=gpt-4.1 "$(find "$modules" -path '*copilot-linux*' -name copilot -type f)" -p 'say done' --allow-all-tools
  see codex env NO_KEY=none "$(find "$modules" -path '*/vendor/*' -name codex -type f)" exec --skip-git-repo-check go
} | tee seen
[ "$(cat seen)" = 'claude: $WORD w ${NOT_SET} d
gemini: w w ${NOT_SET} d
qwen: w w ${NOT_SET} ${NOT_SET:-d}
copilot: w w ${NOT_SET} d
codex: $WORD ${WORD} ${NOT_SET} ${NOT_SET:-d}' ] || { echo 'CHANGED: variables are filled in otherwise'; exit 1; }
