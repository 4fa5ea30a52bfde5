#!/usr/bin/env bash
# Guess:   what stands between an MCP App and a server, the AppBridge of a host, passes an app's call
#          on with a progress token of its own, and hands the progress to the app that asked for it.
# Instead: it sends the app's token as it is, on the host's own connection, where tokens are the
#          numbers of the host's requests, and never gives progress to an app. An app counts from
#          zero as the host does, so that its token is often the one of a call of the host's: that
#          call is then told the progress of the app's.
# Where:   npm @modelcontextprotocol/ext-apps 2.0.4, client 2.4.0, server 2.4.0
# Output:  the app hears of its search: nothing
#          the host hears of its export: 10 of 10 rows of the export, 1 of 3 pages of the search, 2 of 3 pages of the search, 3 of 3 pages of the search
# Matters: the user sees an export at 10 of 10 fall back to 1 of 3, and a host that waits longer
#          while there is progress waits for the wrong call. An app's author shows no bar; a host
#          sets oncalltool itself and takes _meta.progressToken out.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @modelcontextprotocol/ext-apps@2.0.4 @modelcontextprotocol/client@2.4.0 @modelcontextprotocol/server@2.4.0
cat > check.mjs <<'EOF'
import { App } from '@modelcontextprotocol/ext-apps';
import { AppBridge } from '@modelcontextprotocol/ext-apps/app-bridge';
import { Client, InMemoryTransport } from '@modelcontextprotocol/client';
import { McpServer } from '@modelcontextprotocol/server';
const mcp = new McpServer({ name: 's', version: '1' });
let began, searched;
const begun = new Promise(resolve => { began = resolve; });
const over = new Promise(resolve => { searched = resolve; });
const tell = ({ mcpReq: { _meta, notify } }, progress, total, message) => notify({ method: 'notifications/progress', params: { progressToken: _meta.progressToken, progress, total, message } });
mcp.registerTool('look', {}, async () => ({ content: [] }));
mcp.registerTool('export', {}, async ctx => {
  await tell(ctx, 10, 10, 'rows of the export');
  began();
  await over; // it writes its last bytes
  return { content: [] };
});
mcp.registerTool('search', {}, async ctx => {
  for (const page of [1, 2, 3]) await tell(ctx, page, 3, 'pages of the search');
  return { content: [] };
});
const [server, hostSide] = InMemoryTransport.createLinkedPair();
await mcp.connect(server);
const client = new Client({ name: 'host', version: '1' });
await client.connect(hostSide);
const [frame, appSide] = InMemoryTransport.createLinkedPair();
const bridge = new AppBridge(client, { name: 'host', version: '1' }, { serverTools: {} });
await bridge.connect(frame);
const app = new App({ name: 'a', version: '1' }, {}, { autoResize: false });
await app.connect(appSide);
const host = [], inApp = [];
const into = list => ({ onprogress: ({ progress, total, message }) => { list.push(`${progress} of ${total} ${message}`); } });
await app.callServerTool({ name: 'look', arguments: {} });
const exported = client.callTool({ name: 'export' }, into(host));
await begun;
await app.callServerTool({ name: 'search', arguments: {} }, into(inApp));
await new Promise(resolve => setTimeout(resolve, 200));
searched();
await exported;
const got = `the app hears of its search: ${inApp.join(', ') || 'nothing'}
the host hears of its export: ${host.join(', ')}`;
console.log(got);
if (got !== `the app hears of its search: nothing
the host hears of its export: 10 of 10 rows of the export, 1 of 3 pages of the search, 2 of 3 pages of the search, 3 of 3 pages of the search`) {
  console.log('CHANGED: progress goes elsewhere');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
