#!/usr/bin/env bash
# Guess:   calls that find the access token expired at the same time share one refresh, since
#          a refresh token that is rotated can be used once only.
# Instead: each call of a TypeScript client, 1.x and 2.x, sends the same refresh token by
#          itself. The first gets new tokens. The others are told invalid_grant, delete the tokens
#          that the first has just stored, and send the user to the sign-in page, once each.
#          The AI SDK's client refreshes once, and all its calls succeed.
# Where:   npm @modelcontextprotocol/sdk 1.32.2, @modelcontextprotocol/client 2.4.0, @ai-sdk/mcp 2.0.99
# Output:  ts-1: refreshes 3, calls answered 1 of 3, tokens deleted 2, sign-in pages 2
#          ts-2: refreshes 3, calls answered 1 of 3, tokens deleted 2, sign-in pages 2
#          ai-sdk: refreshes 1, calls answered 3 of 3, tokens deleted 0, sign-in pages 0
# Matters: an agent that calls tools in parallel asks its user to sign in every hour, although
#          the refresh token is good; a server that takes reuse for theft ends the whole grant.
#          A bridge keeps a token fresh before it expires, and refreshes behind one lock.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/client@2.4.0 @ai-sdk/mcp@2.0.99 zod@4.6.7
cat > check.mjs <<'EOF'
import http from 'node:http';
import * as one from '@modelcontextprotocol/sdk/client/index.js';
import * as http1 from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import * as auth1 from '@modelcontextprotocol/sdk/client/auth.js';
import * as two from '@modelcontextprotocol/client';
import * as ai from '@ai-sdk/mcp';
console.warn = () => {};

// gate opens when count have come, or after a second.
const gate = count => {
  let open, come = 0;
  const opened = new Promise(resolve => { open = resolve; });
  return () => { if (++come === count) open(); if (come === 1) setTimeout(open, 1000); return opened; };
};
// site is an MCP server with its authorization server, which rotates refresh tokens.
async function site() {
  const seen = { refreshes: 0, deleted: 0, pages: 0 }, valid = new Set(), spent = new Set();
  let count = 0, expired, asked;
  const server = http.createServer(async (req, res) => {
    let body = '';
    for await (const piece of req) body += piece;
    const base = `http://127.0.0.1:${server.address().port}`, path = new URL(req.url, base).pathname;
    const json = (status, value) => res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    if (path === '/.well-known/oauth-protected-resource/mcp') return json(200, { resource: base + '/mcp', authorization_servers: [base] });
    if (path === '/.well-known/oauth-authorization-server') return json(200, { issuer: base, authorization_endpoint: base + '/authorize', token_endpoint: base + '/token', registration_endpoint: base + '/register', response_types_supported: ['code'], grant_types_supported: ['authorization_code', 'refresh_token'], code_challenge_methods_supported: ['S256'], token_endpoint_auth_methods_supported: ['none'] });
    if (path === '/register') return json(201, { ...JSON.parse(body), client_id: 'c' });
    if (path === '/token') {
      const refresh = new URLSearchParams(body).get('refresh_token');
      if (refresh) {
        seen.refreshes++;
        await asked();
        if (spent.has(refresh)) return json(400, { error: 'invalid_grant' });
        spent.add(refresh);
      }
      valid.add(`t${++count}`);
      return json(200, { access_token: `t${count}`, token_type: 'Bearer', expires_in: 3600, refresh_token: `r${count}` });
    }
    if (path !== '/mcp' || req.method !== 'POST') return res.writeHead(path === '/mcp' ? 405 : 404).end();
    if (!valid.has((req.headers.authorization ?? '').slice(7))) {
      await expired?.();
      return res.writeHead(401, { 'www-authenticate': `Bearer resource_metadata="${base}/.well-known/oauth-protected-resource/mcp"` }).end();
    }
    const { id, method, params } = JSON.parse(body);
    if (id === undefined) return res.writeHead(202).end();
    const results = {
      initialize: { protocolVersion: params?.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } },
      'tools/list': { tools: [{ name: 't', inputSchema: { type: 'object' } }] },
      'tools/call': { content: [{ type: 'text', text: 'ok' }] },
    };
    json(200, { jsonrpc: '2.0', id, ...(results[method] ? { result: results[method] } : { error: { code: -32601, message: 'Method not found' } }) });
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  return { seen, server, url: `http://127.0.0.1:${server.address().port}/mcp`, expire() { valid.clear(); expired = gate(3); asked = gate(3); } };
}
function storage(seen) {
  let client, tokens, verifier;
  return {
    redirectUrl: 'http://localhost/callback', clientMetadata: { client_name: 'c', redirect_uris: ['http://localhost/callback'] },
    clientInformation: () => client, saveClientInformation: value => { client = value; },
    tokens: () => tokens, saveTokens: value => { tokens = value; },
    codeVerifier: () => verifier, saveCodeVerifier: value => { verifier = value; },
    redirectToAuthorization: () => { seen.pages++; },
    invalidateCredentials: kind => { if (kind === 'tokens' || kind === 'all') { seen.deleted++; tokens = undefined; } },
  };
}
const sdk = (Client, Transport) => async (url, authProvider) => {
  const client = new Client({ name: 'c', version: '1' });
  await client.connect(new Transport(new URL(url), { authProvider }));
  return () => client.callTool({ name: 't', arguments: {} });
};
const clients = {
  'ts-1': [auth1.auth, sdk(one.Client, http1.StreamableHTTPClientTransport)],
  'ts-2': [two.auth, sdk(two.Client, two.StreamableHTTPClientTransport)],
  'ai-sdk': [ai.auth, async (url, authProvider) => {
    const tools = await (await ai.createMCPClient({ transport: { type: 'http', url, authProvider } })).tools();
    return () => tools.t.execute({}, { messages: [], toolCallId: '1' });
  }],
};
const rows = [];
for (const [name, [auth, connect]] of Object.entries(clients)) {
  const { seen, server, url, expire } = await site(), provider = storage(seen);
  await auth(provider, { serverUrl: url });
  await auth(provider, { serverUrl: url, authorizationCode: 'code' });
  const call = await connect(url, provider);
  await call();
  seen.pages = 0;
  expire();
  const calls = await Promise.allSettled([call(), call(), call()]);
  rows.push(`${name}: refreshes ${seen.refreshes}, calls answered ${calls.filter(c => c.status === 'fulfilled').length} of 3, tokens deleted ${seen.deleted}, sign-in pages ${seen.pages}`);
  server.close();
}
console.log(rows.join('\n'));
if (rows.join('\n') !== `ts-1: refreshes 3, calls answered 1 of 3, tokens deleted 2, sign-in pages 2
ts-2: refreshes 3, calls answered 1 of 3, tokens deleted 2, sign-in pages 2
ai-sdk: refreshes 1, calls answered 3 of 3, tokens deleted 0, sign-in pages 0`) {
  console.log('CHANGED: tokens are refreshed otherwise');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
