#!/usr/bin/env bash
# Guess:   the client hands a server's log message over with its level, logger and data. data
#          is any JSON value (schema, LoggingMessageNotification), a text in most servers.
# Instead: mcp-client spreads data over the event. A text becomes one member per letter, a
#          number nothing at all, and an object with a member "level" replaces the level: an
#          error is told as "info". The logger's name is lost.
# Where:   npm mcp-client 1.13.1, @modelcontextprotocol/sdk 1.32.2
# Output:  "disk" -> {"0":"d","1":"i","2":"s","3":"k","level":"error"}
#          42 -> {"level":"error"}
#          {"level":"info","msg":"disk full"} -> {"level":"info","msg":"disk full"}
# Matters: a bridge that writes log messages of its own is understood by each client only with
#          an object as data, without a member "level" in it.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts mcp-client@1.13.1 @modelcontextprotocol/sdk@1.32.2
cat > server.mjs <<'EOF'
import { createInterface } from 'node:readline';
const say = message => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\n');
createInterface({ input: process.stdin }).on('line', line => {
  const { id, method } = JSON.parse(line);
  if (method === 'initialize') say({ id, result: { protocolVersion: '2025-06-18', capabilities: { logging: {} }, serverInfo: { name: 's', version: '1' } } });
  else if (method === 'logging/setLevel') {
    say({ id, result: {} });
    for (const data of ['disk', 42, { level: 'info', msg: 'disk full' }]) say({ method: 'notifications/message', params: { level: 'error', logger: 'storage', data } });
  }
}).on('close', () => process.exit(0));
EOF
cat > check.mjs <<'EOF'
import { MCPClient } from 'mcp-client';
const client = new MCPClient({ name: 'c', version: '1' });
const seen = [];
const all = new Promise(done => client.on('loggingMessage', event => seen.push(JSON.stringify(event)) === 3 && done()));
await client.connect({ type: 'stdio', command: process.execPath, args: ['server.mjs'] });
await client.setLoggingLevel('debug');
await all;
await client.close();
const want = { '"disk"': '{"0":"d","1":"i","2":"s","3":"k","level":"error"}', 42: '{"level":"error"}', '{"level":"info","msg":"disk full"}': '{"level":"info","msg":"disk full"}' };
let failed = false;
for (const data of ['"disk"', '42', '{"level":"info","msg":"disk full"}']) {
  const event = seen.shift();
  console.log(`${data} -> ${event}`);
  if (event !== want[data]) (failed = true), console.log('CHANGED: expected ' + want[data]);
}
process.exit(failed ? 1 : 0);
EOF
node check.mjs
