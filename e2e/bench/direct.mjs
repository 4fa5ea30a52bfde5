// Takes the steps of a journey to an MCP server with a client of the TypeScript SDK
// and no bridge, and says when each is done.
//
//   node direct.mjs URL MODERN
//
// MODERN is "true" for revision 2026-07-28 and a client of version 2 of the SDK.
// DATABRICKS_TOKEN names the caller. It stays until its input ends.

const [url, modern] = process.argv.slice(2);
const { Client, StreamableHTTPClientTransport } = modern === 'true'
  ? await import('@modelcontextprotocol/client')
  : { ...(await import('@modelcontextprotocol/sdk/client/index.js')), ...(await import('@modelcontextprotocol/sdk/client/streamableHttp.js')) };

console.log('ready');
const headers = { Authorization: `Bearer ${process.env.DATABRICKS_TOKEN}` };
const client = new Client({ name: 'bench', version: '1.0.0' }, modern === 'true' ? { versionNegotiation: { mode: 'auto' } } : {});
await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
console.log('initialize');
await client.listTools();
console.log('tools/list');
await client.callTool({ name: 'echo', arguments: { text: 'hello' } });
console.log('call');
process.stdin.on('end', () => process.exit(0)).resume();
