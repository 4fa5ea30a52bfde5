#!/usr/bin/env bash
# Guess:   a tool that returns nothing, as one that deletes something does, is answered with a
#          result without content, or with a text that says so.
# Instead: it runs, and is answered with the JSON-RPC error -32602, "invalid params": in mcp-framework
#          (SDK 1.x) and mcp-nest (2.x), whose types let a tool return anything, and which make a
#          text without text of nothing; and in the TypeScript SDK 1.x itself, whose types do not.
#          The SDK holds a result against its schema, and calls what does not match a wrong request.
# Where:   npm mcp-framework 0.2.22, @rekog/mcp-nest 2.0.5, @modelcontextprotocol/sdk 1.32.2,
#          server 2.4.0
# Output:  mcp-framework: error -32602, ran 1 time
#          mcp-nest: error -32602, ran 1 time
#          SDK: error -32602, ran 1 time
# Matters: -32602 says that the arguments were wrong and nothing ran; a model corrects them and
#          calls again, and what it does is done twice. A client or a policy that counts this
#          code as "has not run" is wrong about these servers.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
mkdir framework; cd framework
echo '{"name":"s","version":"1.0.0","type":"module","main":"dist/index.js"}' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts mcp-framework@0.2.22 zod@3.25.76
mkdir -p dist/tools
echo "import { MCPServer } from 'mcp-framework'; await new MCPServer().start();" > dist/index.js
cat > dist/tools/drop.js <<'EOF'
import { appendFileSync } from 'node:fs';
import { MCPTool } from 'mcp-framework';
import { z } from 'zod';
export default class Drop extends MCPTool {
  name = 'drop';
  description = 'drops';
  schema = z.object({ table: z.string().describe('table') });
  async execute() { appendFileSync('ran', '.'); }
}
EOF
cd ..; mkdir nest; cd nest
npm install --silent --no-audit --no-fund --ignore-scripts @rekog/mcp-nest@2.0.5 @nestjs/common@11.2.10 @nestjs/core@11.2.10 @nestjs/microservices@11.2.6 \
  @modelcontextprotocol/core@2.4.0 @modelcontextprotocol/node@2.1.2 @modelcontextprotocol/server@2.4.0 express@5.3.0 reflect-metadata@0.2.2 rxjs@7.8.2 zod@4.6.7 @modelcontextprotocol/sdk@1.32.2
cat > nest.cjs <<'EOF'
require('reflect-metadata');
const { appendFileSync } = require('node:fs');
const { Module } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');
const { Payload } = require('@nestjs/microservices');
const { McpController, McpStrategy, StdioTransport, Tool } = require('@rekog/mcp-nest');
const { z } = require('zod');
class Tools {
  async drop() { appendFileSync('ran', '.'); }
}
Payload()(Tools.prototype, 'drop', 0);
Tool({ name: 'drop', description: 'drops', parameters: z.object({ table: z.string() }) })(Tools.prototype, 'drop', Object.getOwnPropertyDescriptor(Tools.prototype, 'drop'));
McpController()(Tools);
class App {}
Module({ controllers: [Tools] })(App);
const strategy = new McpStrategy({ name: 's', version: '1', transports: [new StdioTransport()] });
NestFactory.createMicroservice(App, { strategy, logger: false }).then(app => app.listen());
EOF
cat > sdk.mjs <<'EOF'
import { appendFileSync } from 'node:fs';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { z } from 'zod';
const mcp = new McpServer({ name: 's', version: '1' });
mcp.registerTool('drop', { inputSchema: { table: z.string() } }, async () => { appendFileSync('ran', '.'); });
await mcp.connect(new StdioServerTransport());
EOF
cd ..
cat > check.mjs <<'EOF'
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
const rows = [];
for (const [name, cwd, file] of [['mcp-framework', 'framework', 'dist/index.js'], ['mcp-nest', 'nest', 'nest.cjs'], ['SDK', 'nest', 'sdk.mjs']]) {
  rmSync(`${cwd}/ran`, { force: true });
  const server = spawn(process.execPath, [file], { cwd, stdio: ['pipe', 'pipe', 'ignore'] });
  const waiting = new Map();
  createInterface({ input: server.stdout }).on('line', line => {
    const message = JSON.parse(line);
    waiting.get(message.id)?.(message);
  });
  const send = message => server.stdin.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\n');
  const request = (id, method, params) => new Promise(resolve => (waiting.set(id, resolve), send({ id, method, params })));
  await request(1, 'initialize', { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'c', version: '1' } });
  send({ method: 'notifications/initialized' });
  const { error, result } = await request(2, 'tools/call', { name: 'drop', arguments: { table: 'old' } });
  server.kill();
  const times = readFileSync(`${cwd}/ran`, 'utf8').length;
  rows.push(`${name}: ${error ? `error ${error.code}` : `content ${JSON.stringify(result.content)}`}, ran ${times} time${times === 1 ? '' : 's'}`);
}
console.log(rows.join('\n'));
if (rows.join('\n') !== `mcp-framework: error -32602, ran 1 time
mcp-nest: error -32602, ran 1 time
SDK: error -32602, ran 1 time`) {
  console.log('CHANGED: a tool that returns nothing is answered otherwise');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
