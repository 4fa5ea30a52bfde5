// Signs in to an MCP server with a client of the TypeScript SDK that knows the server's
// address alone, and prints what a tool said.
//
//   node oauth.mjs v1|v2 URL BROWSER
//
// BROWSER is the program that is started with the address where the user signs in.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';

const [generation, url, browser] = process.argv.slice(2);
const { Client, StreamableHTTPClientTransport, UnauthorizedError } =
  generation === 'v2'
    ? await import('@modelcontextprotocol/client')
    : {
        ...(await import('@modelcontextprotocol/sdk/client/index.js')),
        ...(await import('@modelcontextprotocol/sdk/client/streamableHttp.js')),
        ...(await import('@modelcontextprotocol/sdk/client/auth.js')),
      };

let granted;
const code = new Promise((resolve) => (granted = resolve));
const back = createServer((request, response) => {
  const query = new URL(request.url, 'http://127.0.0.1').searchParams;
  response.end('Signed in.');
  if (query.has('code')) granted(query);
});
back.listen(0, '127.0.0.1');
await once(back, 'listening');

const kept = {};
const provider = {
  redirectUrl: `http://127.0.0.1:${back.address().port}/callback`,
  get clientMetadata() {
    return { client_name: 'e2e', redirect_uris: [this.redirectUrl], grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'], token_endpoint_auth_method: 'none' };
  },
  clientInformation: () => kept.client,
  saveClientInformation: (client) => void (kept.client = client),
  tokens: () => kept.tokens,
  saveTokens: (tokens) => void (kept.tokens = tokens),
  saveCodeVerifier: (verifier) => void (kept.verifier = verifier),
  codeVerifier: () => kept.verifier,
  redirectToAuthorization: (address) => void spawn(browser, [address.href]),
};

const connect = async () => {
  const client = new Client({ name: 'e2e', version: '1' });
  const transport = new StreamableHTTPClientTransport(new URL(url), { authProvider: provider });
  try {
    await client.connect(transport);
    const { content } = await client.callTool({ name: 'echo', arguments: { text: 'hello' } });
    console.log(JSON.stringify(content));
    await client.close();
  } catch (error) {
    if (!(error instanceof UnauthorizedError) || kept.tokens) throw error;
    return transport;
  }
};

try {
  const transport = await connect();
  const query = await code;
  await transport.finishAuth(generation === 'v2' ? query : query.get('code'));
  await connect();
} catch (error) {
  console.log(String(error), JSON.stringify(error.data ?? null));
}
back.closeAllConnections();
back.close();
