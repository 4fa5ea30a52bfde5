#!/usr/bin/env bash
# Guess:   notifications/cancelled stops a running call whatever its id is: MCP allows
#          any string or integer.
# Instead: a server on the TypeScript SDK 1.x ignores the cancellation of id 0 and of
#          id "", which it takes for "no id given". The call runs on and is answered.
#          Any other id is cancelled, and not answered. 2.x cancels all of them.
# Where:   npm @modelcontextprotocol/sdk 1.32.2, @modelcontextprotocol/server 2.4.0
# Output:  1.32.2: id 0: runs on, id "": runs on, id 7: cancelled, id "7": cancelled
#          2.4.0:  id 0: cancelled, id "": cancelled, id 7: cancelled, id "7": cancelled
# Matters: whoever numbers requests from 0 upstream (a bridge that maps ids, a pool of
#          sessions) cannot cancel the first one. Start at 1.
# "Not answered" is judged one second after the tool has returned.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts \
  @modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/server@2.4.0 zod@4.6.7
cat > check.mjs <<'EOF'
import { z } from 'zod';
import { McpServer as Server1 } from '@modelcontextprotocol/sdk/server/mcp.js';
import { InMemoryTransport as Memory1 } from '@modelcontextprotocol/sdk/inMemory.js';
import { McpServer as Server2, InMemoryTransport as Memory2 } from '@modelcontextprotocol/server';
async function run(Server, Memory, signalOf) {
  const seen = [];
  for (const id of [0, '', 7, '7']) {
    const [a, wire] = Memory.createLinkedPair();
    const server = new Server({ name: 's', version: '1' });
    let aborted = false, started, finish;
    const running = new Promise(resolve => (started = resolve));
    server.registerTool('wait', { inputSchema: z.object({}) }, async (_, extra) => {
      signalOf(extra).addEventListener('abort', () => (aborted = true));
      started();
      await new Promise(resolve => (finish = resolve));
      return { content: [] };
    });
    await server.connect(a);
    const answers = new Map();
    wire.onmessage = m => answers.get(m.id)?.(m);
    const ask = m => new Promise(resolve => (answers.set(m.id, resolve), wire.send({ jsonrpc: '2.0', ...m })));
    await wire.start();
    await ask({ id: 'init', method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } } });
    await wire.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
    let answered = false;
    ask({ id, method: 'tools/call', params: { name: 'wait', arguments: {} } }).then(() => (answered = true));
    await running;
    await wire.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: id } });
    await ask({ id: 'after', method: 'ping' }); // the cancellation has been read by now
    finish();
    for (const end = Date.now() + 1000; !answered && Date.now() < end; ) await new Promise(r => setTimeout(r, 10));
    seen.push(`id ${JSON.stringify(id)}: ${aborted && !answered ? 'cancelled' : !aborted && answered ? 'runs on' : 'neither'}`);
    await server.close();
  }
  return seen.join(', ');
}
const old = await run(Server1, Memory1, extra => extra.signal);
const now = await run(Server2, Memory2, extra => extra.mcpReq.signal);
console.log(`1.32.2: ${old}\n2.4.0: ${now}`);
if (old !== 'id 0: runs on, id "": runs on, id 7: cancelled, id "7": cancelled' || /runs on|neither/.test(now)) {
  console.log('CHANGED: other ids can be cancelled');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
