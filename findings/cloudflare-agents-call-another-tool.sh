#!/usr/bin/env bash
# Guess:   a tool that was listed is called by the name that it was listed under. A dot is
#          valid in it (Tools, Tool Names), and a prefix like "github." is common.
# Instead: Cloudflare's Agents take the first "ID." out of the name at a call, ID being what
#          the server is called in addMcpServer. "github.list_issues" of the server "github" is
#          called as "list_issues", which is another tool or none, and "my.github.search" as
#          "my.search". Of a failed call the first block alone is told, and if that is no text,
#          "Tool call failed".
# Where:   npm agents 0.32.0, ai 7.0.173, @modelcontextprotocol/client 2.4.0 in miniflare
#          4.20260426.0 (workerd 1.20260426.1)
# Output:  tool_github_github.list_issues: "called list_issues"
#          tool_github_list_issues: "called list_issues"
#          tool_github_my.github.search: "called my.search"
#          tool_github_plot: Tool call failed
# Matters: a gateway must not join server and tool with a dot, as a client may take the first
#          half away again: the call is then judged, and run, as one that nobody asked for. In
#          a result with isError the words have to be the first block.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps agents@0.32.0 ai@7.0.173 zod@4.6.7 @modelcontextprotocol/client@2.4.0 \
  @modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/server@2.4.0 miniflare@4.20260426.0 esbuild@0.28.2
cat > worker.js <<'EOF'
import { Agent, getAgentByName } from 'agents';
export class Host extends Agent {
  async check(url) {
    await this.addMcpServer('github', url, { id: 'github', transport: { type: 'streamable-http' } });
    const seen = {};
    for (const [name, tool] of Object.entries(this.mcp.getAITools())) seen[name] = await tool.execute({}).then(result => JSON.stringify(result.content[0].text), error => error.message);
    return seen;
  }
}
export default {
  async fetch(request, env) {
    const host = await getAgentByName(env.Host, 'a');
    return Response.json(await host.check(new URL(request.url).searchParams.get('url')));
  },
};
EOF
npx esbuild worker.js --bundle --format=esm --outfile=bundle.js --platform=neutral --main-fields=module,main --conditions=workerd,worker,browser \
  --external:cloudflare:* --external:node:* --alias:path=node:path --log-level=error
cat > check.mjs <<'EOF'
import { createServer } from 'node:http';
import { Miniflare } from 'miniflare';
const web = createServer(async (req, res) => {
  let body = '';
  for await (const chunk of req) body += chunk;
  if (req.method !== 'POST') return res.writeHead(405).end();
  const { id, method, params } = JSON.parse(body);
  if (id === undefined) return res.writeHead(202).end();
  const image = { type: 'image', data: 'aGk=', mimeType: 'image/png' }, text = text => ({ type: 'text', text });
  const result = {
    initialize: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } },
    'tools/list': { tools: ['github.list_issues', 'list_issues', 'my.github.search', 'plot'].map(name => ({ name, inputSchema: { type: 'object', properties: {} } })) },
    'tools/call': params?.name === 'plot' ? { content: [image, text('no such table')], isError: true } : { content: [text('called ' + params?.name)] },
  }[method];
  const answer = result ? { result } : { error: { code: -32601, message: 'Method not found' } };
  res.writeHead(result ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify({ jsonrpc: '2.0', id, ...answer }));
});
await new Promise(listening => web.listen(0, '127.0.0.1', listening));
const workers = new Miniflare({
  modules: true, scriptPath: 'bundle.js', compatibilityDate: '2026-04-01', compatibilityFlags: ['nodejs_compat'],
  durableObjects: { Host: { className: 'Host', useSQLite: true } }, host: '127.0.0.1', port: 0, cf: false,
});
const url = new URL('/?url=' + encodeURIComponent(`http://127.0.0.1:${web.address().port}/`), await workers.ready);
const seen = await (await fetch(url)).json();
await workers.dispose();
const want = {
  'tool_github_github.list_issues': '"called list_issues"', tool_github_list_issues: '"called list_issues"',
  'tool_github_my.github.search': '"called my.search"', tool_github_plot: 'Tool call failed',
};
let failed = false;
for (const name in want) {
  console.log(`${name}: ${seen[name]}`);
  if (seen[name] !== want[name]) (failed = true), console.log('CHANGED: expected ' + want[name]);
}
process.exit(failed ? 1 : 0);
EOF
node check.mjs
