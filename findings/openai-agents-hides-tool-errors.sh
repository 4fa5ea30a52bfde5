#!/usr/bin/env bash
# Guess:   a tool result with isError: true is told from a success by the agents SDK: the
#          model or the program around it sees that the tool failed.
# Instead: only content is taken from a result. isError, structuredContent and _meta are
#          dropped; a failed call looks exactly as a successful one with the same words,
#          to the model, to callTool() and to whatever watches tool errors.
# Where:   npm @openai/agents 0.20.0
# Output:  success: {"type":"text","text":"no rows"}
#          isError: {"type":"text","text":"no rows"}
#          callTool(): [{"type":"text","text":"no rows"}]
# Matters: the words of a refusal must say that it is one ("refused: ..."): the flag that
#          a bridge or a policy sets does not reach this model.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @openai/agents@0.20.0
cat > server.mjs <<'EOF'
import { createInterface } from 'node:readline';
const content = [{ type: 'text', text: 'no rows' }];
createInterface({ input: process.stdin }).on('line', line => {
  const { id, method, params } = JSON.parse(line);
  const answers = {
    initialize: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } },
    'tools/list': { tools: ['success', 'isError'].map(name => ({ name, inputSchema: { type: 'object', properties: {} } })) },
    'tools/call': params?.name === 'isError' ? { content, isError: true, structuredContent: { code: 7 } } : { content },
  };
  if (id !== undefined) process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result: answers[method] ?? {} }) + '\n');
}).on('close', () => process.exit(0));
EOF
cat > check.mjs <<'EOF'
import { MCPServerStdio, RunContext, getAllMcpTools } from '@openai/agents';
const server = new MCPServerStdio({ name: 's', command: process.execPath, args: ['server.mjs'] });
await server.connect();
const seen = {};
for (const tool of await getAllMcpTools({ mcpServers: [server] })) seen[tool.name] = JSON.stringify(await tool.invoke(new RunContext({}), '{}'));
seen['callTool()'] = JSON.stringify(await server.callTool('isError', {}));
await server.close();
for (const [name, what] of Object.entries(seen)) console.log(`${name}: ${what}`);
const text = '{"type":"text","text":"no rows"}';
if (seen.success !== text || seen.isError !== text || seen['callTool()'] !== `[${text}]`) {
  console.log('CHANGED: a failed call is told from a success');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
