#!/usr/bin/env bash
# Guess:   MCP clients look for OAuth metadata in the same places: that of the resource at the
#          endpoint's path and then at the root, that of an issuer without its last slash.
# Instead: mcp-go never asks for the resource's metadata at the root. It goes on with /token
#          on the MCP server's own host, and reports no error. The Go SDK leaves the slash of
#          an issuer "https://host/tenant/" in the address and finds nothing. The TypeScript
#          SDK finds both.
# Where:   github.com/mark3labs/mcp-go v1.2.1, github.com/modelcontextprotocol/go-sdk v1.8.0,
#          npm @modelcontextprotocol/sdk 1.32.2
# Output:  resource metadata at the root: mcp-go /token (made up); TypeScript /tenant/token
#          issuer with a slash: go-sdk nothing; mcp-go /tenant/token; TypeScript /tenant/token
# Matters: a server that one client signs in to cannot be used by the next. A gateway serves
#          the resource's metadata at the path and at the root, names it in resource_metadata
#          of each 401, and has an issuer without a slash at its end.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @modelcontextprotocol/sdk@1.32.2
cat > go.mod <<'EOF'
module check
go 1.26
require (
	github.com/mark3labs/mcp-go v1.2.1
	github.com/modelcontextprotocol/go-sdk v1.8.0
)
EOF
cat > main.go <<'EOF'
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/modelcontextprotocol/go-sdk/auth"
)

// main prints the token endpoint that a client finds: for the Go SDK from an issuer, for
// mcp-go from an MCP endpoint.
func main() {
	ctx, url := context.Background(), os.Args[2]
	if os.Args[1] == "go-sdk" {
		metadata, err := auth.GetAuthServerMetadata(ctx, url, nil)
		if err != nil {
			panic(err)
		}
		if metadata == nil {
			fmt.Println("nothing")
			return
		}
		fmt.Println(metadata.TokenEndpoint)
		return
	}
	handler := transport.NewOAuthHandler(transport.OAuthConfig{ClientID: "c", RedirectURI: "http://localhost/callback"})
	handler.SetBaseURL(url)
	metadata, err := handler.GetServerMetadata(ctx)
	if err != nil {
		panic(err)
	}
	fmt.Println(metadata.TokenEndpoint)
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
go build -o client .
cat > check.mjs <<'EOF'
import { execFile } from 'node:child_process';
import http from 'node:http';
import { promisify } from 'node:util';
import { discoverAuthorizationServerMetadata, discoverOAuthServerInfo } from '@modelcontextprotocol/sdk/client/auth.js';
const documents = {};
const server = http.createServer((req, res) => {
  const found = documents[req.url];
  res.writeHead(found ? 200 : 404, { 'content-type': 'application/json' }).end(found && JSON.stringify(found));
});
await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
const host = `http://127.0.0.1:${server.address().port}`;
// Metadata of an issuer is where RFC 8414 has it: its path without the slash at the end.
const issuer = (path, name) => (documents['/.well-known/oauth-authorization-server' + path] = {
  issuer: host + name, authorization_endpoint: `${host}${path}/authorize`, token_endpoint: `${host}${path}/token`,
  response_types_supported: ['code'], code_challenge_methods_supported: ['S256'],
});
const resource = (at, name) => (documents['/.well-known/oauth-protected-resource' + at] = { resource: `${host}/mcp`, authorization_servers: [host + name] });
const go = async (...args) => (await promisify(execFile)('./client', args)).stdout.trim();
const short = text => (text ?? 'nothing').replace(host, '');

issuer('/tenant', '/tenant');
resource('', '/tenant');
const own = short(await go('mcp-go', host + '/mcp'));
const root = `mcp-go ${own}${own === '/token' ? ' (made up)' : ''}; TypeScript ${short((await discoverOAuthServerInfo(new URL(host + '/mcp'))).authorizationServerMetadata?.token_endpoint)}`;

issuer('/tenant', '/tenant/');
resource('/mcp', '/tenant/');
const slash = `go-sdk ${short(await go('go-sdk', host + '/tenant/'))}; mcp-go ${short(await go('mcp-go', host + '/mcp'))}; TypeScript ${short((await discoverAuthorizationServerMetadata(new URL(host + '/tenant/')))?.token_endpoint)}`;
console.log(`resource metadata at the root: ${root}\nissuer with a slash: ${slash}`);
if (root !== 'mcp-go /token (made up); TypeScript /tenant/token' || slash !== 'go-sdk nothing; mcp-go /tenant/token; TypeScript /tenant/token') {
  console.log('CHANGED: other places are looked at');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
