#!/usr/bin/env bash
# Guess:   the text blocks of a result reach the model apart, or with a line break between
#          them: each block is a text of its own.
# Instead: Genkit joins them with nothing in between, in errors too. "rows: 1" and
#          "2 warnings" are read as twelve warnings; two JSON objects become a text that is
#          no JSON any more.
# Where:   npm genkit 1.42.0, @genkit-ai/mcp 1.42.0
# Output:  result: "rows: 12 warnings"
#          error: {"error":"failed at line 12 rows left"}
#          objects: "{\"a\":1}{\"b\":2}"
# Matters: whatever adds a block to a result (a gateway's notice, a hint, a warning that
#          rows were cut) has to begin it with a line break, or it changes the last word of
#          the server's own text.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts genkit@1.42.0 @genkit-ai/mcp@1.42.0
cat > server.mjs <<'EOF'
import { createInterface } from 'node:readline';
const content = (...texts) => texts.map(text => ({ type: 'text', text }));
const results = {
  result: { content: content('rows: 1', '2 warnings') },
  error: { content: content('failed at line 1', '2 rows left'), isError: true },
  objects: { content: content('{"a":1}', '{"b":2}') },
};
createInterface({ input: process.stdin }).on('line', line => {
  const { id, method, params } = JSON.parse(line);
  const answers = {
    initialize: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } },
    'tools/list': { tools: Object.keys(results).map(name => ({ name, description: 'd', inputSchema: { type: 'object', properties: {} } })) },
    'tools/call': results[params?.name],
  };
  if (id !== undefined) process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result: answers[method] ?? {} }) + '\n');
}).on('close', () => process.exit(0));
EOF
cat > check.mjs <<'EOF'
import { genkit } from 'genkit';
import { createMcpHost } from '@genkit-ai/mcp';
const ai = genkit({});
const host = createMcpHost({ name: 'h', mcpServers: { s: { command: process.execPath, args: ['server.mjs'] } } });
const seen = {};
// A model that calls every tool and keeps what it is told.
const model = ai.defineModel({ name: 'fake', supports: { tools: true, multiturn: true } }, async ({ tools, messages }) => {
  const answers = messages.at(-1).content.filter(part => part.toolResponse);
  for (const { toolResponse: { name, output } } of answers) seen[name] = JSON.stringify(output);
  const content = answers.length ? [{ text: 'done' }] : tools.map(({ name }) => ({ toolRequest: { name, ref: name, input: {} } }));
  return { message: { role: 'model', content }, finishReason: 'stop' };
});
await ai.generate({ model, prompt: 'go', tools: await host.getActiveTools(ai) });
await host.close();
const want = { result: '"rows: 12 warnings"', error: '{"error":"failed at line 12 rows left"}', objects: String.raw`"{\"a\":1}{\"b\":2}"` };
let failed = false;
for (const [name, text] of Object.entries(want)) {
  console.log(`${name}: ${seen[name]}`);
  if (seen[name] !== text) (failed = true), console.log('CHANGED: expected ' + text);
}
process.exit(failed ? 1 : 0);
EOF
node check.mjs
