#!/usr/bin/env bash
# npm openid-client 6.9.0 and @modelcontextprotocol/sdk 1.32.2, Go golang.org/x/oauth2
# v0.38.0: client id and secret in the header "Authorization: Basic"
#
# Guess: three clients send one client id and secret as the same Basic header; only
#   reserved characters (":", "/", "+") could make a difference, as RFC 6749 section
#   2.3.1 wants both encoded as in a form, and many servers want them as they are.
# Behaviour: openid-client (and oauth4webapi, on which it rests) writes every character
#   but letters and digits as %XX, also "-", "_" and ".", which no form encodes (URL
#   Standard: "*-._" stay). x/oauth2 encodes as a form does. The official SDK of MCP
#   encodes nothing.
# Seen: id 8c7e1a2b-0f3d-... -> openid-client 8c7e1a2b%2D0f3d%2D..., the others as it is;
#   secret "a_b/c+d" -> a%5Fb%2Fc%2Bd, a_b/c+d (MCP SDK), a_b%2Fc%2Bd (x/oauth2).
# Why it matters: client ids of Databricks and Entra ID are UUIDs. A server that does not
#   decode Basic works with all the usual clients, as nothing in a UUID needs it, and
#   refuses openid-client with invalid_client. A server or gateway that takes Basic decodes
#   both parts, and then tries them as they came.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true, "type": "module"}' > package.json
pinned="openid-client@6.9.0 @modelcontextprotocol/sdk@1.32.2"
npm install --silent --no-audit --no-fund --ignore-scripts $pinned >npm.log 2>&1 || { cat npm.log; exit 1; }
for p in $pinned; do
  [ "$(node -p "JSON.parse(require('fs').readFileSync('./node_modules/${p%@*}/package.json')).version")" = "${p##*@}" ] || { echo "CHANGED: another version of ${p%@*} was installed"; exit 1; }
done
export GOFLAGS=-mod=mod GOWORK=off
cat > go.mod <<'EOF'
module probe
go 1.24
require golang.org/x/oauth2 v0.38.0
EOF
cat > main.go <<'EOF'
package main

import (
	"context"
	"fmt"
	"os"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

func main() {
	cfg := clientcredentials.Config{TokenURL: os.Args[1], ClientID: os.Args[2], ClientSecret: os.Args[3], AuthStyle: oauth2.AuthStyleInHeader}
	if _, err := cfg.Token(context.Background()); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
[ "$(go list -m -f '{{.Version}}' golang.org/x/oauth2)" = v0.38.0 ] || { echo "CHANGED: another version of golang.org/x/oauth2 was chosen"; exit 1; }
go build -o gotoken . >log.txt 2>&1 || { cat log.txt; exit 1; }
cat > probe.mjs <<'EOF'
import assert from "node:assert/strict";
import http from "node:http";
import { execFile } from "node:child_process";
import * as client from "openid-client";
import { auth } from "@modelcontextprotocol/sdk/client/auth.js";
import { ClientCredentialsProvider } from "@modelcontextprotocol/sdk/client/auth-extensions.js";

const id = "8c7e1a2b-0f3d-4c5e-9a6b-1d2e3f405162", secret = "a_b/c+d";
let base, came;
const server = http.createServer(async (req, res) => {
  let body = "";
  for await (const piece of req) body += piece;
  const answer = (status, value) => { res.writeHead(status, { "content-type": "application/json" }); res.end(JSON.stringify(value)); };
  if (req.url === "/.well-known/oauth-authorization-server") return answer(200, {
    issuer: base, authorization_endpoint: `${base}/authorize`, token_endpoint: `${base}/token`,
    response_types_supported: ["code"], grant_types_supported: ["client_credentials"],
    token_endpoint_auth_methods_supported: ["client_secret_basic"], code_challenge_methods_supported: ["S256"],
  });
  if (req.url !== "/token") return answer(404, {});
  came = Buffer.from(req.headers.authorization.replace("Basic ", ""), "base64").toString();
  answer(200, { access_token: "A", token_type: "Bearer", expires_in: 60 });
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
base = `http://127.0.0.1:${server.address().port}`;

const seen = {};
await client.clientCredentialsGrant(await client.discovery(new URL(base), id, undefined, client.ClientSecretBasic(secret), { algorithm: "oauth2", execute: [client.allowInsecureRequests] }));
seen["openid-client"] = came;
await auth(new ClientCredentialsProvider({ clientId: id, clientSecret: secret }), { serverUrl: `${base}/mcp` });
seen["MCP SDK"] = came;
await new Promise((done, fail) => execFile("./gotoken", [`${base}/token`, id, secret], (e, out) => e ? fail(new Error(out)) : done()));
seen["x/oauth2"] = came;
server.close();
for (const [name, pair] of Object.entries(seen)) console.log(`${name}: ${pair}`);
assert.deepEqual(seen, {
  "openid-client": "8c7e1a2b%2D0f3d%2D4c5e%2D9a6b%2D1d2e3f405162:a%5Fb%2Fc%2Bd",
  "MCP SDK": `${id}:${secret}`,
  "x/oauth2": `${id}:a_b%2Fc%2Bd`,
});
EOF
node probe.mjs || { echo "CHANGED: see the difference above"; exit 1; }
echo "as stated"
