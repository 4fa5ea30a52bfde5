#!/usr/bin/env bash
# Guess:   of a server's tools, one whose name a model's API does not take is renamed or left out,
#          and the others are offered.
# Instead: Effect's McpClient.toolkit fails as a whole: one tool with a dot in its name, which MCP
#          allows and recommends for groups, or one of more than 64 characters (MCP allows 128),
#          and the program has no tools at all. There is an option for a prefix, which makes names
#          longer, and none to rename or to leave out.
# Where:   npm effect 4.1.0, asking a server of @modelcontextprotocol/sdk 1.32.2
# Output:  list_issues, get_issue: offers list_issues, get_issue
#          list_issues, issues.get: no toolkit: Invalid or duplicate MCP model tool name: issues.get
#          list_issues, a name of 70: no toolkit: Invalid or duplicate MCP model tool name
# Matters: the day a server adds such a tool, each agent on this client stops at its start. A bridge
#          or gateway in front that takes the tool out of the list brings the others back.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts effect@4.1.0 @modelcontextprotocol/sdk@1.32.2
cat > check.mjs <<'EOF'
import http from 'node:http';
import { Effect } from 'effect';
import { McpClient, McpProtocol } from 'effect/ai';
import { FetchHttpClient } from 'effect/http';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
let names;
const web = http.createServer(async (req, res) => {
  const server = new Server({ name: 's', version: '1' }, { capabilities: { tools: {} } });
  server.setRequestHandler(ListToolsRequestSchema, async () => ({ tools: names.map(name => ({ name, inputSchema: { type: 'object' } })) }));
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
  await server.connect(transport);
  await transport.handleRequest(req, res);
});
await new Promise(resolve => web.listen(0, '127.0.0.1', resolve));
const toolkit = Effect.gen(function* () {
  const transport = yield* McpClient.http({ url: `http://127.0.0.1:${web.address().port}/`, protocol: McpProtocol.v2025_11_25 });
  const client = yield* McpClient.make({ name: 'c', version: '1' }).pipe(Effect.provideService(McpClient.Transport, transport));
  return yield* McpClient.toolkit(client);
}).pipe(Effect.scoped, Effect.provide(FetchHttpClient.layer));
const rows = [];
const long = 'n'.repeat(70);
for (names of [['list_issues', 'get_issue'], ['list_issues', 'issues.get'], ['list_issues', long]]) {
  const said = await Effect.runPromise(toolkit).then(kit => `offers ${Object.keys(kit.tools).join(', ')}`, error => `no toolkit: ${error.message}`);
  rows.push(`${names.join(', ').replace(long, 'a name of 70')}: ${said.replace(`: ${long}`, '')}`);
}
web.close();
console.log(rows.join('\n'));
if (rows.join('\n') !== `list_issues, get_issue: offers list_issues, get_issue
list_issues, issues.get: no toolkit: Invalid or duplicate MCP model tool name: issues.get
list_issues, a name of 70: no toolkit: Invalid or duplicate MCP model tool name`) {
  console.log('CHANGED: other tools are offered');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
