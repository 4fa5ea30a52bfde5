#!/usr/bin/env bash
# Guess:   a tool call that a server refuses with a JSON-RPC error is sent once, and one that
#          takes too long is cancelled before it is tried again, if at all: tools are not
#          idempotent unless they say so (idempotentHint, false by default).
# Instead: NeuroLink's executeTool sends a call three times more after any JSON-RPC error, be
#          it a refusal or bad arguments, and after its own timeout, without a
#          notifications/cancelled, so that four of them run at once. A result with isError
#          is not sent again.
# Where:   npm @juspay/neurolink 9.37.0, react 19.3.1 (it does not start without)
# Output:  refused with -32000: sent 4 times
#          bad arguments, -32602: sent 4 times
#          slower than the timeout: sent 4 times, cancelled 0 times
#          isError: sent once
# Matters: "exactly once" on a bridge's side does not help against such a client; what must not
#          run twice has to be refused in a result with isError, and not by a JSON-RPC error,
#          and a limit of calls per minute counts one refusal as four.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps @juspay/neurolink@9.37.0 react@19.3.1
cat > server.mjs <<'EOF'
import { createInterface } from 'node:readline';
import { appendFileSync } from 'node:fs';
const answers = {
  refused: { error: { code: -32000, message: 'no grant on the table' } },
  arguments: { error: { code: -32602, message: 'unknown column' } },
  failed: { result: { content: [{ type: 'text', text: 'no such table' }], isError: true } },
  slow: { result: { content: [] } },
};
createInterface({ input: process.stdin }).on('line', line => {
  const { id, method, params } = JSON.parse(line);
  const say = message => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, ...message }) + '\n');
  if (method === 'tools/call') appendFileSync('log', params.name + '\n');
  if (method === 'notifications/cancelled') appendFileSync('log', 'cancelled\n');
  if (method === 'initialize') say({ result: { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } } });
  else if (method === 'tools/list') say({ result: { tools: Object.keys(answers).map(name => ({ name, description: 'd', inputSchema: { type: 'object', properties: {} } })) } });
  else if (params?.name === 'slow') setTimeout(say, 60000, answers.slow); // longer than the client waits, all in all
  else if (id !== undefined) say(answers[params?.name] ?? { result: {} });
}).on('close', () => process.exit(0));
EOF
cat > check.mjs <<'EOF'
import { readFileSync, writeFileSync } from 'node:fs';
import { NeuroLink } from '@juspay/neurolink';
writeFileSync('log', '');
const link = new NeuroLink();
await link.addExternalMCPServer('s', { id: 's', name: 's', transport: 'stdio', command: process.execPath, args: ['server.mjs'], env: {}, status: 'initializing', tools: [] });
for (const name of ['refused', 'arguments', 'failed']) await link.executeTool(name, {}).catch(() => {});
await link.executeTool('slow', {}, { timeout: 500 }).catch(() => {});
const count = word => readFileSync('log', 'utf8').split('\n').filter(line => line === word).length;
const times = word => (count(word) === 1 ? 'once' : `${count(word)} times`);
const lines = [
  'refused with -32000: sent ' + times('refused'),
  'bad arguments, -32602: sent ' + times('arguments'),
  `slower than the timeout: sent ${times('slow')}, cancelled ${times('cancelled')}`,
  'isError: sent ' + times('failed'),
];
const want = ['refused with -32000: sent 4 times', 'bad arguments, -32602: sent 4 times', 'slower than the timeout: sent 4 times, cancelled 0 times', 'isError: sent once'];
const changed = lines.join() !== want.join();
process.stdout.write(lines.join('\n') + '\n' + (changed ? 'CHANGED: expected\n' + want.join('\n') + '\n' : ''));
process.exit(changed ? 1 : 0);
EOF
node check.mjs 2>stderr || { tail -5 stderr >&2; exit 1; }
