#!/usr/bin/env bash
# Guess:   a tool's argument of the type number is {"type":"number"} in its schema, as in each other
#          SDK; at least, what a server's schema allows the server takes.
# Instead: Effect publishes Schema.Number as a number or one of the texts "Infinity", "-Infinity"
#          and "NaN", for arguments and results. It refuses those texts when they come, and does not
#          send them: a tool that has run and gives such a number is answered with -32603.
# Where:   npm effect 4.1.0, @effect/platform-node 4.1.0, asked by @modelcontextprotocol/sdk 1.32.2
# Output:  schema of price: {"anyOf":[{"type":"number"},{"type":"string","enum":["Infinity","-Infinity","NaN"]}]}
#          price 5: {"each":1}
#          price 0: error -32603 "Internal error"
#          price "Infinity": Invalid parameters for tool 'split': Expected number
# Matters: a model that is asked for no limit takes the text that the schema offers it, and fails. A
#          gateway that checks arguments by the schema lets through what is then refused. Arguments
#          and results are a Schema.Finite, which is published as a number.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts effect@4.1.0 @effect/platform-node@4.1.0 @modelcontextprotocol/sdk@1.32.2
cat > server.mjs <<'EOF'
import { Effect, Layer, Logger, Schema } from 'effect';
import { McpProtocol, McpServer, Tool, Toolkit } from 'effect/ai';
import { NodeRuntime, NodeStdio } from '@effect/platform-node';
const tools = Toolkit.make(Tool.make('split', { parameters: Schema.Struct({ price: Schema.Number }), success: Schema.Struct({ each: Schema.Number }) }));
const registrations = McpServer.toolkit(tools).pipe(Layer.provide(tools.toLayer({ split: ({ price }) => Effect.succeed({ each: 5 / price }) })));
McpServer.layerStdio({ name: 's', version: '1', protocols: [McpProtocol.v2025_11_25], registrations }).pipe(
  Layer.launch, Effect.provide(NodeStdio.layer), Effect.provide(Logger.layer([])), NodeRuntime.runMain);
EOF
cat > check.mjs <<'EOF'
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
const client = new Client({ name: 'c', version: '1' });
await client.connect(new StdioClientTransport({ command: process.execPath, args: ['server.mjs'] }));
const { tools: [{ inputSchema }] } = await client.listTools();
const rows = [`schema of price: ${JSON.stringify(inputSchema.properties.price)}`];
for (const price of [5, 0, 'Infinity']) {
  const said = await client.callTool({ name: 'split', arguments: { price } }).then(
    ({ content: [{ text }], structuredContent, isError }) => isError ? text.split('\n')[0] : JSON.stringify(structuredContent),
    ({ code, message }) => `error ${code} "${message.replace(/^MCP error \S+ /, '')}"`);
  rows.push(`price ${JSON.stringify(price)}: ${said}`);
}
await client.close();
console.log(rows.join('\n'));
if (rows.join('\n') !== `schema of price: {"anyOf":[{"type":"number"},{"type":"string","enum":["Infinity","-Infinity","NaN"]}]}
price 5: {"each":1}
price 0: error -32603 "Internal error"
price "Infinity": Invalid parameters for tool 'split': Expected number`) {
  console.log('CHANGED: other prices are taken');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
