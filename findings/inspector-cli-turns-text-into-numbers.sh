#!/usr/bin/env bash
# Guess:   "mcp-inspector --cli ... --tool-arg id=123" sends what the tool's inputSchema asks
#          for: "123" where id is a string, a number where it is a number.
# Instead: the schema is not looked at; a value that is JSON is sent as JSON. A string id of
#          digits goes out as a number, and an id beyond 2^53 as another number, without a
#          word. Values in --tool-args-json keep their quotes and so their type.
# Where:   npm @modelcontextprotocol/inspector 2.12.0
# Output:  schema: every argument is a string
#          sent: {"id":123,"job":9007199254740992,"flag":true,"name":"abc"}
# Matters: "the server refuses my call" in a test by hand is often this; and job, run and
#          workspace ids of Databricks are such long numbers. A bridge must not "correct" it.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @modelcontextprotocol/inspector@2.12.0
cat > server.mjs <<'EOF'
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
const string = { type: 'string' };
createInterface({ input: process.stdin }).on('line', line => {
  const { id, method, params } = JSON.parse(line);
  const results = {
    initialize: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } },
    'tools/list': { tools: [{ name: 't', inputSchema: { type: 'object', properties: { id: string, job: string, flag: string, name: string } } }] },
    'tools/call': { content: [{ type: 'text', text: 'ok' }] },
  };
  if (method === 'tools/call') appendFileSync(process.argv[2], JSON.stringify(params.arguments) + '\n');
  if (id !== undefined) process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, ...(results[method] ? { result: results[method] } : { error: { code: -32601, message: 'Method not found' } }) }) + '\n');
}).on('close', () => process.exit(0));
EOF
inspect() { HOME=$dir node_modules/.bin/mcp-inspector --cli node "$dir/server.mjs" "$dir/sent" --method tools/call --tool-name t "$@" >/dev/null; }
inspect --tool-arg id=123 --tool-arg job=9007199254740993 --tool-arg flag=true --tool-arg name=abc
inspect --tool-args-json '{"id":"123","job":"9007199254740993","flag":"true","name":"abc"}'
echo "schema: every argument is a string"
echo "sent by --tool-arg:       $(sed -n 1p sent)"
echo "sent by --tool-args-json: $(sed -n 2p sent)"
if [ "$(cat sent)" != '{"id":123,"job":9007199254740992,"flag":true,"name":"abc"}
{"id":"123","job":"9007199254740993","flag":"true","name":"abc"}' ]; then
  echo "CHANGED: the arguments are sent otherwise"
  exit 1
fi
