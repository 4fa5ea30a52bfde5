#!/usr/bin/env bash
# Guess:   the text of a tool result reaches the model as the server wrote it; at most
#          structuredContent, which is JSON anyway, goes through JavaScript's numbers.
# Instead: Genkit parses every text that begins with { or [ and writes it anew. An id above
#          2^53 is then another id, with a zero at its end; the same number within a
#          sentence stays as it is.
# Where:   npm genkit 1.42.0, @genkit-ai/mcp 1.42.0
# Output:  server says {"job_id":987654321098765432}
#          model sees {"job_id":987654321098765400}
#          server says job 987654321098765432
#          model sees job 987654321098765432
# Matters: Databricks' job, run and object ids have up to 19 digits, and most servers give
#          their JSON as text. The model's next call asks for a job that is not there, or is
#          somebody else's. Ids belong into JSON texts as strings.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts genkit@1.42.0 @genkit-ai/mcp@1.42.0
cat > server.mjs <<'EOF'
import { createInterface } from 'node:readline';
const texts = { json: '{"job_id":987654321098765432}', sentence: 'job 987654321098765432' };
createInterface({ input: process.stdin }).on('line', line => {
  const { id, method, params } = JSON.parse(line);
  const answers = {
    initialize: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } },
    'tools/list': { tools: Object.keys(texts).map(name => ({ name, description: 'd', inputSchema: { type: 'object', properties: {} } })) },
    'tools/call': { content: [{ type: 'text', text: texts[params?.name] }] },
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
  for (const { toolResponse: { name, output } } of answers) seen[name] = typeof output === 'string' ? output : JSON.stringify(output);
  const content = answers.length ? [{ text: 'done' }] : tools.map(({ name }) => ({ toolRequest: { name, ref: name, input: {} } }));
  return { message: { role: 'model', content }, finishReason: 'stop' };
});
await ai.generate({ model, prompt: 'go', tools: await host.getActiveTools(ai) });
await host.close();
console.log(`server says {"job_id":987654321098765432}\nmodel sees ${seen.json}`);
console.log(`server says job 987654321098765432\nmodel sees ${seen.sentence}`);
if (seen.json !== '{"job_id":987654321098765400}' || seen.sentence !== 'job 987654321098765432') {
  console.log('CHANGED: the texts reach the model in another way');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
