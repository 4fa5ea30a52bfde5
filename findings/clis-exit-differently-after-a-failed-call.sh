#!/usr/bin/env bash
# Guess:   a command that calls a tool exits with 0 only if the tool has succeeded, so that a shell
#          script or a CI job can go by it.
# Instead: after a result with isError @wong2/mcp-cli exits with 0, mcporter with 1 and the
#          Inspector's CLI with 5. A JSON-RPC error is not 0 in all three.
# Where:   npm @wong2/mcp-cli 2.0.0, mcporter 0.12.3, @modelcontextprotocol/inspector 2.12.0
# Output:  mcp-cli: good 0, isError 0, JSON-RPC error 1
#          mcporter: good 0, isError 1, JSON-RPC error 1
#          inspector: good 0, isError 5, JSON-RPC error 1
# Matters: a smoke test of a server behind a gateway is green in one tool while each call fails. Look
#          for isError in the output, and break the call once on purpose.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @wong2/mcp-cli@2.0.0 mcporter@0.12.3 @modelcontextprotocol/inspector@2.12.0
export HOME=$dir MCPORTER_DAEMON_DIR=$dir/daemon
cat > server.mjs <<'EOF'
import { createInterface } from 'node:readline';
createInterface({ input: process.stdin }).on('line', line => {
  const { id, method, params } = JSON.parse(line);
  const answers = {
    initialize: { result: { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } } },
    'tools/list': { result: { tools: ['good', 'failed', 'refused'].map(name => ({ name, inputSchema: { type: 'object' } })) } },
    good: { result: { content: [{ type: 'text', text: 'fine' }] } },
    failed: { result: { isError: true, content: [{ type: 'text', text: 'no such table' }] } },
    refused: { error: { code: -32010, message: 'quota used up' } },
  };
  if (id !== undefined) process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, ...(answers[params?.name] ?? answers[method] ?? { error: { code: -32601, message: 'Method not found' } }) }) + '\n');
}).on('close', () => process.exit(0));
EOF
echo "{\"mcpServers\":{\"s\":{\"command\":\"node\",\"args\":[\"$dir/server.mjs\"]}}}" > servers.json
code() { local status=0; timeout 120 "$@" >> said 2>&1 </dev/null || status=$?; echo $status; }
bin=node_modules/.bin
{
  echo "mcp-cli: good $(code $bin/mcp-cli --config servers.json call-tool s:good), isError $(code $bin/mcp-cli --config servers.json call-tool s:failed), JSON-RPC error $(code $bin/mcp-cli --config servers.json call-tool s:refused)"
  echo "mcporter: good $(code $bin/mcporter --config servers.json call s.good), isError $(code $bin/mcporter --config servers.json call s.failed), JSON-RPC error $(code $bin/mcporter --config servers.json call s.refused)"
  inspector() { code $bin/mcp-inspector --cli node server.mjs --method tools/call --tool-name "$1"; }
  echo "inspector: good $(inspector good), isError $(inspector failed), JSON-RPC error $(inspector refused)"
} | tee seen
[ "$(cat seen)" = 'mcp-cli: good 0, isError 0, JSON-RPC error 1
mcporter: good 0, isError 1, JSON-RPC error 1
inspector: good 0, isError 5, JSON-RPC error 1' ] || { cat said; echo 'CHANGED: other exit codes'; exit 1; }
