#!/usr/bin/env bash
# Guess:   as MCP asks: a tool that fails gives a result with isError, which the model
#          reads; an unknown tool is a JSON-RPC error, which the program gets.
# Instead: tmcp has it the wrong way round. A tool that throws is answered with JSON-RPC
#          error -32603, and an unknown tool with a result that has isError.
# Where:   npm tmcp 1.20.0, @tmcp/transport-stdio 0.5.0
# Output:  tool that throws: error -32603 "quota used up"
#          unknown tool: result, isError true, "Tool nope not found"
# Matters: many clients end the turn, or hide the words, at a JSON-RPC error, so the model
#          never learns why the call failed. A gateway that counts errors by their form
#          counts failing tools as faults of the connection, and misspelt names as failing
#          tools; one that repeats a call after -32603 runs it twice.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts tmcp@1.20.0 @tmcp/transport-stdio@0.5.0
cat > server.mjs <<'EOF'
import { McpServer } from 'tmcp';
import { StdioTransport } from '@tmcp/transport-stdio';
const server = new McpServer({ name: 's', version: '1' }, { adapter: undefined, capabilities: { tools: {} } });
server.tool({ name: 'fails', description: 'd' }, async () => { throw new Error('quota used up'); });
new StdioTransport(server).listen();
EOF
cat > check.mjs <<'EOF'
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
const child = spawn(process.execPath, ['server.mjs'], { stdio: ['pipe', 'pipe', 'ignore'] });
const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
const send = message => child.stdin.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\n');
const ask = async (id, method, params) => (send({ id, method, params }), JSON.parse((await lines.next()).value));
await ask(1, 'initialize', { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'c', version: '1' } });
send({ method: 'notifications/initialized' });
const show = ({ error, result }) => error ? `error ${error.code} ${JSON.stringify(error.message)}`
  : `result, isError ${result.isError ?? false}, ${JSON.stringify(result.content[0].text)}`;
const want = { fails: ['tool that throws', 'error -32603 "quota used up"'], nope: ['unknown tool', 'result, isError true, "Tool nope not found"'] };
let failed = false, id = 1;
for (const [name, [what, text]] of Object.entries(want)) {
  const seen = show(await ask(++id, 'tools/call', { name, arguments: {} }));
  console.log(`${what}: ${seen}`);
  if (seen !== text) (failed = true), console.log('CHANGED: expected ' + text);
}
child.stdin.end();
child.kill();
process.exit(failed ? 1 : 0);
EOF
node check.mjs
