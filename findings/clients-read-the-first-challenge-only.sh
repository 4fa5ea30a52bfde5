#!/usr/bin/env bash
# Guess:   a client finds the Bearer challenge of a 401 wherever it stands: HTTP allows several
#          challenges, in one WWW-Authenticate or in several (RFC 9110, 11.6.1).
# Instead: the TypeScript SDK 1.x and 2.x and the AI SDK look at the first word of the header
#          alone. Behind Negotiate or Basic, as servers in a company's network offer them
#          too, resource_metadata is not seen, and the client goes on with addresses it makes up on
#          the MCP server's own host. The Go SDK finds all of them.
# Where:   npm @modelcontextprotocol/sdk 1.32.2, @modelcontextprotocol/client 2.4.0, @ai-sdk/mcp
#          2.0.99; github.com/modelcontextprotocol/go-sdk v1.8.0
# Output:  Bearer alone: found by ts-1 ts-2 ai-sdk go-sdk
#          Negotiate in a line before it: found by go-sdk
#          Basic in the same line before it: found by go-sdk
#          Basic in the same line behind it: found by ts-1 ts-2 ai-sdk go-sdk
# Matters: a gateway that adds its challenge to that of the server behind it decides by the
#          order whether people can sign in. Put Bearer first, alone in its line, and serve the
#          metadata at the well-known address as well.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/client@2.4.0 @ai-sdk/mcp@2.0.99 zod@4.6.7
cat > go.mod <<'EOF'
module check
go 1.26
require github.com/modelcontextprotocol/go-sdk v1.8.0
EOF
cat > main.go <<'EOF'
package main

import (
	"context"
	"errors"
	"os"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/modelcontextprotocol/go-sdk/oauthex"
)

// main connects to the address given, up to the moment where a user would sign in.
func main() {
	ctx := context.Background()
	handler, err := auth.NewAuthorizationCodeHandler(&auth.AuthorizationCodeHandlerConfig{
		PreregisteredClient: &oauthex.ClientCredentials{ClientID: "c"},
		RedirectURL:         "http://localhost/callback",
		AuthorizationCodeFetcher: func(context.Context, *auth.AuthorizationArgs) (*auth.AuthorizationResult, error) {
			return nil, errors.New("no user")
		},
	})
	if err != nil {
		panic(err)
	}
	client := mcp.NewClient(&mcp.Implementation{Name: "c", Version: "1"}, nil)
	client.Connect(ctx, &mcp.StreamableClientTransport{Endpoint: os.Args[1], OAuthHandler: handler}, nil)
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
go build -o client .
cat > check.mjs <<'EOF'
import http from 'node:http';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import * as one from '@modelcontextprotocol/sdk/client/index.js';
import * as http1 from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import * as two from '@modelcontextprotocol/client';
import * as ai from '@ai-sdk/mcp';
console.warn = () => {};
const provider = () => ({
  redirectUrl: 'http://localhost/callback', clientMetadata: { redirect_uris: ['http://localhost/callback'] }, clientInformation: () => ({ client_id: 'c' }),
  tokens: () => undefined, saveTokens() {}, codeVerifier: () => 'v', saveCodeVerifier() {}, redirectToAuthorization() {}, saveClientInformation() {},
});
const sdk = (Client, Transport) => url => new Client({ name: 'c', version: '1' }).connect(new Transport(new URL(url), { authProvider: provider() }));
const clients = {
  'ts-1': sdk(one.Client, http1.StreamableHTTPClientTransport), 'ts-2': sdk(two.Client, two.StreamableHTTPClientTransport),
  'ai-sdk': url => ai.createMCPClient({ transport: { type: 'http', url, authProvider: provider() } }),
  'go-sdk': url => promisify(execFile)('./client', [url]),
};
const challenges = {
  'Bearer alone': url => [`Bearer resource_metadata="${url}"`],
  'Negotiate in a line before it': url => ['Negotiate', `Bearer resource_metadata="${url}"`],
  'Basic in the same line before it': url => [`Basic realm="r", Bearer resource_metadata="${url}"`],
  'Basic in the same line behind it': url => [`Bearer resource_metadata="${url}", Basic realm="r"`],
};
const rows = [];
for (const [what, challenge] of Object.entries(challenges)) {
  const found = [];
  for (const [name, connect] of Object.entries(clients)) {
    let asked = false;
    const server = http.createServer((req, res) => {
      const base = `http://127.0.0.1:${server.address().port}`;
      if (req.url === '/mcp') return res.writeHead(401, { 'www-authenticate': challenge(base + '/metadata') }).end();
      if (req.url !== '/metadata') return res.writeHead(404).end();
      asked = true;
      res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ resource: base + '/mcp', authorization_servers: [base] }));
    });
    await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
    await connect(`http://127.0.0.1:${server.address().port}/mcp`).catch(() => {});
    if (asked) found.push(name);
    server.close();
  }
  rows.push(`${what}: found by ${found.join(' ')}`);
}
console.log(rows.join('\n'));
if (rows.join('\n') !== `Bearer alone: found by ts-1 ts-2 ai-sdk go-sdk
Negotiate in a line before it: found by go-sdk
Basic in the same line before it: found by go-sdk
Basic in the same line behind it: found by ts-1 ts-2 ai-sdk go-sdk`) {
  console.log('CHANGED: challenges are read otherwise');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
