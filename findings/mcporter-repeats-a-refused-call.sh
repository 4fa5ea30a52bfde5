#!/usr/bin/env bash
# Guess:   a tools/call that the server answers with a JSON-RPC error is passed back as
#          that error; the server has answered, so there is nothing to repeat.
# Instead: for a server with "lifecycle": "keep-alive", mcporter takes any JSON-RPC
#          error of a call for a broken server: it ends the server's process, starts a
#          new one, and sends the call a second time. What the tool did before it
#          failed is done twice, and all state of the session is gone. A result with
#          isError is left alone.
# Where:   npm mcporter 0.12.3
# Output:  JSON-RPC error -32010: 2 calls in 2 processes
#          JSON-RPC error -32602: 2 calls in 2 processes
#          result with isError: 1 call in 1 process
# Matters: whoever answers a refused or failed call with an error (a policy, a gateway, a
#          bridge that lost the answer of a call that may have run) will see it again
#          from such a client. A tool result with isError is the safer form of a refusal.
set -euo pipefail
dir=$(mktemp -d); cd "$dir"
export HOME=$dir MCPORTER_DAEMON_DIR=$dir/daemon
mcporter() { node_modules/.bin/mcporter --config "$dir/mcporter.json" "$@"; }
trap 'mcporter daemon stop >/dev/null 2>&1 || true; rm -rf "$dir"' EXIT
npm install --silent --no-audit --no-fund --ignore-scripts mcporter@0.12.3
cat > server.mjs <<'EOF'
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
const error = (code, message) => ({ error: { code, message } });
const answers = {
  initialize: { result: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } } },
  'tools/list': { result: { tools: ['own_code', 'invalid', 'tool_error'].map(name => ({ name, inputSchema: { type: 'object' } })) } },
  own_code: error(-32010, 'quota used up'),
  invalid: error(-32602, 'no such table'),
  tool_error: { result: { content: [{ type: 'text', text: 'failed' }], isError: true } },
};
createInterface({ input: process.stdin }).on('line', line => {
  const { id, method, params } = JSON.parse(line);
  if (method === 'tools/call') appendFileSync(process.env.CALLS, `${params.name} ${process.pid}\n`);
  if (id !== undefined) process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, ...(answers[params?.name] ?? answers[method] ?? error(-32601, 'Method not found')) }) + '\n');
}).on('close', () => process.exit(0));
EOF
cat > mcporter.json <<EOF
{"mcpServers":{"s":{"command":"node","args":["$dir/server.mjs"],"env":{"CALLS":"$dir/calls"},"lifecycle":"keep-alive"}}}
EOF
changed=
while read -r tool calls processes words; do
  : > calls
  timeout 60 node_modules/.bin/mcporter --config "$dir/mcporter.json" call "s.$tool" >/dev/null 2>&1 </dev/null || true
  seen="$(grep -c "^$tool " calls || true) $(sort -u calls | wc -l)"
  echo "$words: ${seen% *} call(s) in ${seen#* } process(es)"
  [ "$seen" = "$calls $processes" ] || { echo "CHANGED: expected $calls call(s) in $processes process(es)"; changed=yes; }
done <<'EOF'
own_code 2 2 JSON-RPC error -32010
invalid 2 2 JSON-RPC error -32602
tool_error 1 1 result with isError
EOF
[ -z "$changed" ]
