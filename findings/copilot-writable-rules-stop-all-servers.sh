#!/usr/bin/env bash
# Guess:   a managed-settings.json of GitHub Copilot CLI that allows everything ({}) changes
#          nothing. Where the file is not as it should be, since its group may write it (the
#          mode that a umask of 002 gives) or since it does not parse, it is ignored, or an
#          error tells so.
# Instead: with such a file no MCP server is started, and the run ends well without a word
#          of it. "copilot mcp list" goes on to list them as before.
# Where:   npm @github/copilot 1.0.102, on Linux with user namespaces
# Output:  no file: t offered
#          mode 644: t offered
#          mode 664: nothing offered, exit 0
#          does not parse: nothing offered, exit 0
# Matters: an administrator who writes the file with another umask takes all tools from all
#          users of the machine, and nothing that they see says why.
set -euo pipefail
dir=$(mktemp -d); cd "$dir"
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$dir"' EXIT
npm install --silent --no-audit --no-fund --ignore-scripts @github/copilot@1.0.102
copilot=$(find "$dir/node_modules" -path '*copilot-linux*' -name copilot -type f)
cat > server.mjs <<'EOF'
import { createInterface } from 'node:readline';
createInterface({ input: process.stdin }).on('line', line => {
  const { id, method, params } = JSON.parse(line);
  const answers = {
    initialize: { result: { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } } },
    'tools/list': { result: { tools: [{ name: 't', description: 'A tool', inputSchema: { type: 'object', properties: {} } }] } },
  };
  if (id !== undefined) process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, ...(answers[method] ?? { error: { code: -32601, message: 'Method not found' } }) }) + '\n');
}).on('close', () => process.exit(0));
EOF
cat > model.mjs <<'EOF'
import { createServer } from 'node:http';
import { writeFileSync } from 'node:fs';
createServer(async (request, response) => {
  let body = '';
  for await (const piece of request) body += piece;
  if (body.includes('"tools"')) writeFileSync('offered', body.includes('"s-t"') ? 't' : 'nothing');
  const chunk = choice => `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, ...choice }] })}\n\n`;
  response.setHeader('content-type', 'text/event-stream');
  response.end(chunk({ delta: { role: 'assistant', content: 'done' }, finish_reason: null }) + chunk({ delta: {}, finish_reason: 'stop' }) + 'data: [DONE]\n\n');
}).listen(0, '127.0.0.1', function () { writeFileSync('port', String(this.address().port)); });
EOF
node model.mjs &
until [ -s port ]; do sleep 0.1; done
mkdir -p home/.copilot etc
for name in passwd group hosts nsswitch.conf ssl; do cp -r /etc/$name etc/ 2>/dev/null || true; done
echo "{\"mcpServers\":{\"s\":{\"type\":\"local\",\"command\":\"$(command -v node)\",\"args\":[\"$dir/server.mjs\"],\"tools\":[\"*\"]}}}" > home/.copilot/mcp-config.json
see() { # what it is
  rm -f offered
  local code=0
  HOME=$dir/home COPILOT_OFFLINE=true COPILOT_PROVIDER_TYPE=openai COPILOT_PROVIDER_BASE_URL=http://127.0.0.1:$(cat port)/v1 COPILOT_PROVIDER_API_KEY=none COPILOT_MODEL=gpt-4.1 \
    timeout 120 unshare -rm bash -c 'mount --bind "$0" /etc && exec "$1" -p "say done" --allow-all-tools' "$dir/etc" "$copilot" > said 2>&1 </dev/null || code=$?
  local offered; offered=$(cat offered)
  [ "$offered" = t ] && echo "$1: t offered" || echo "$1: $offered offered, exit $code"
}
{
  see 'no file'
  mkdir etc/github-copilot
  echo '{}' > etc/github-copilot/managed-settings.json
  chmod 644 etc/github-copilot/managed-settings.json; see 'mode 644'
  chmod 664 etc/github-copilot/managed-settings.json; see 'mode 664'
  echo '{' > etc/github-copilot/managed-settings.json
  chmod 644 etc/github-copilot/managed-settings.json; see 'does not parse'
} | tee seen
[ "$(cat seen)" = "no file: t offered
mode 644: t offered
mode 664: nothing offered, exit 0
does not parse: nothing offered, exit 0" ] || { echo 'CHANGED: such a file is taken otherwise'; exit 1; }
