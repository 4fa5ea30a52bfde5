// Takes the steps of a journey to an MCP server with a client of the TypeScript SDK
// and no bridge, and says when each is done.
//
//   node direct.mjs URL
//
// DATABRICKS_TOKEN names the caller. It stays until its input ends.

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

console.log('ready');
const headers = { Authorization: `Bearer ${process.env.DATABRICKS_TOKEN}` };
const client = new Client({ name: 'bench', version: '1.0.0' });
await client.connect(new StreamableHTTPClientTransport(new URL(process.argv[2]), { requestInit: { headers } }));
console.log('initialize');
await client.listTools();
console.log('tools/list');
await client.callTool({ name: 'echo', arguments: { text: 'hello' } });
console.log('call');
process.stdin.on('end', () => process.exit(0)).resume();
