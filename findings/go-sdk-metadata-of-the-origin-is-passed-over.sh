#!/usr/bin/env bash
# Guess:   metadata of a resource that names the server's origin (https://host) for an endpoint
#          below it (https://host/mcp) is taken, or refused with an error that says why.
# Instead: the Go SDK reads it, finds that it does not name the very address, passes over it
#          without a word, and sends the user to /authorize on the MCP server's own host,
#          as revision 2025-03-26 had it. The TypeScript SDK 1.x and 2.x take it and
#          send the user to the authorization server that it names.
# Where:   github.com/modelcontextprotocol/go-sdk v1.8.0; npm @modelcontextprotocol/sdk 1.32.2,
#          @modelcontextprotocol/client 2.4.0
# Output:  resource is the endpoint: go-sdk /tenant/authorize; ts-1 /tenant/authorize; ts-2 /tenant/authorize
#          resource is the origin: go-sdk /authorize; ts-1 /tenant/authorize; ts-2 /tenant/authorize
# Matters: the user sees a page "not found" of the MCP server and no cause. A gateway names the
#          endpoint's full address as the resource, once for each endpoint that it serves.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/client@2.4.0
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
	"fmt"
	"net/url"
	"os"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/modelcontextprotocol/go-sdk/oauthex"
)

// main prints the path of the page that the user is sent to.
func main() {
	ctx := context.Background()
	handler, err := auth.NewAuthorizationCodeHandler(&auth.AuthorizationCodeHandlerConfig{
		PreregisteredClient: &oauthex.ClientCredentials{ClientID: "c"},
		RedirectURL:         "http://localhost/callback",
		AuthorizationCodeFetcher: func(_ context.Context, args *auth.AuthorizationArgs) (*auth.AuthorizationResult, error) {
			u, err := url.Parse(args.URL)
			if err == nil {
				fmt.Println(u.Path)
			}
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
console.warn = () => {};
const sdk = (Client, Transport) => async url => {
  let page;
  const authProvider = {
    redirectUrl: 'http://localhost/callback', clientMetadata: { redirect_uris: ['http://localhost/callback'] }, clientInformation: () => ({ client_id: 'c' }), saveClientInformation() {},
    tokens: () => undefined, saveTokens() {}, codeVerifier: () => 'v', saveCodeVerifier() {}, redirectToAuthorization: to => { page = to.pathname; },
  };
  await new Client({ name: 'c', version: '1' }).connect(new Transport(new URL(url), { authProvider })).catch(() => {});
  return page;
};
const clients = {
  'go-sdk': async url => (await promisify(execFile)('./client', [url])).stdout.split('\n')[0],
  'ts-1': sdk(one.Client, http1.StreamableHTTPClientTransport), 'ts-2': sdk(two.Client, two.StreamableHTTPClientTransport),
};
const rows = [];
for (const [what, path] of [['the endpoint', '/mcp'], ['the origin', '']]) {
  const server = http.createServer((req, res) => {
    const base = `http://127.0.0.1:${server.address().port}`;
    const found = {
      '/.well-known/oauth-protected-resource/mcp': { resource: base + path, authorization_servers: [base + '/tenant'] },
      '/.well-known/oauth-authorization-server/tenant': { issuer: base + '/tenant', authorization_endpoint: base + '/tenant/authorize', token_endpoint: base + '/tenant/token', response_types_supported: ['code'], code_challenge_methods_supported: ['S256'] },
    }[req.url];
    if (req.url === '/mcp') return res.writeHead(401, { 'www-authenticate': `Bearer resource_metadata="${base}/.well-known/oauth-protected-resource/mcp"` }).end();
    res.writeHead(found ? 200 : 404, { 'content-type': 'application/json' }).end(found && JSON.stringify(found));
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  const row = [];
  for (const [name, page] of Object.entries(clients)) row.push(`${name} ${await page(`http://127.0.0.1:${server.address().port}/mcp`) || 'nowhere'}`);
  rows.push(`resource is ${what}: ${row.join('; ')}`);
  server.close();
}
console.log(rows.join('\n'));
if (rows.join('\n') !== `resource is the endpoint: go-sdk /tenant/authorize; ts-1 /tenant/authorize; ts-2 /tenant/authorize
resource is the origin: go-sdk /authorize; ts-1 /tenant/authorize; ts-2 /tenant/authorize`) {
  console.log('CHANGED: users are sent elsewhere');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
