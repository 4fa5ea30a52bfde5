#!/usr/bin/env bash
# Guess:   a stdio client that can speak both eras asks server/discover on the process it
#          has started and goes on with that same process.
# Instead: in mode "auto" the TypeScript SDK 2.x starts the command, asks server/discover,
#          closes that process' stdin, and starts the command once more for the session;
#          even where the first process has answered for 2026-07-28. In that case the
#          second process is asked nothing at all first: its first line is a tools/call.
#          The stderr of the first process is thrown away.
# Where:   npm @modelcontextprotocol/client 2.4.0
# Output:  old server: process 1: server/discover; process 2: initialize, notifications/initialized, tools/call
#          new server: process 1: server/discover; process 2: tools/call
# Matters: a stdio bridge is run twice a connect: it must be quick to start and to end, must
#          not sign in or open a session before it has to, must not fear a twin beside it,
#          and what it says on stderr at its first start reaches nobody.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @modelcontextprotocol/client@2.4.0
cat > server.mjs <<'EOF'
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
createInterface({ input: process.stdin }).on('line', line => {
  const { id, method } = JSON.parse(line);
  appendFileSync('seen', `${process.pid} ${method}\n`);
  const answers = {
    'server/discover': process.env.ERA === 'new'
      ? { result: { resultType: 'complete', supportedVersions: ['2026-07-28'], capabilities: { tools: {} }, ttlMs: 0, cacheScope: 'private' } }
      : { error: { code: -32601, message: 'Method not found' } },
    initialize: { result: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } } },
    'tools/call': { result: { resultType: 'complete', content: [] } },
  };
  if (id !== undefined) process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, ...answers[method] }) + '\n');
}).on('close', () => process.exit(0));
EOF
cat > check.mjs <<'EOF'
import { readFileSync, writeFileSync } from 'node:fs';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
const seen = [];
for (const ERA of ['old', 'new']) {
  writeFileSync('seen', '');
  const client = new Client({ name: 'c', version: '1' }, { versionNegotiation: { mode: 'auto' } });
  await client.connect(new StdioClientTransport({ command: process.execPath, args: ['server.mjs'], env: { ERA } }));
  await client.callTool({ name: 't', arguments: {} });
  await client.close();
  const processes = new Map();
  for (const line of readFileSync('seen', 'utf8').trim().split('\n')) {
    const [pid, method] = line.split(' ');
    processes.set(pid, [...(processes.get(pid) ?? []), method]);
  }
  seen.push(`${ERA} server: ` + [...processes.values()].map((methods, i) => `process ${i + 1}: ${methods.join(', ')}`).join('; '));
}
console.log(seen.join('\n'));
const want = ['old server: process 1: server/discover; process 2: initialize, notifications/initialized, tools/call', 'new server: process 1: server/discover; process 2: tools/call'];
if (seen.join() !== want.join()) {
  console.log('CHANGED: expected\n' + want.join('\n'));
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
