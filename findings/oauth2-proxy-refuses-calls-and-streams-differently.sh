#!/usr/bin/env bash
# Go github.com/oauth2-proxy/oauth2-proxy/v7 v7.15.6, with --skip-jwt-bearer-tokens: a
# request of an MCP client whose token is missing or over
#
# Guess: all are answered 401 with "WWW-Authenticate: Bearer", as RFC 9110 section 15.5.2
#   (MUST) and RFC 6750 section 3 say, and as the mode takes Bearer tokens.
# Behaviour: what is answered depends on Accept. Where it names application/json, as in a
#   POST of MCP: 401 with {}, without any WWW-Authenticate. The GET that opens a stream
#   accepts text/event-stream alone: 403 with the HTML page to sign in at, also with a
#   Bearer token that is refused. The same for the metadata of RFC 9728 in front of it.
# Seen: POST without and with a bad token 401 {}; GET for the stream 403 text/html twice;
#   no header WWW-Authenticate in any of the four.
# Why it matters: a client learns nothing of where to sign in, and of a stream whose token
#   is over it hears "forbidden", for which a new token is no cure. Give such a proxy
#   --skip-auth-route for the metadata, and take 403 with HTML from it for a 401.
set -euo pipefail
dir=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$dir"' EXIT
cd "$dir"
export GOFLAGS='-mod=mod -trimpath -ldflags=-w -vet=off' GOWORK=off
cat > go.mod <<'EOF'
module probe
go 1.26
require github.com/oauth2-proxy/oauth2-proxy/v7 v7.15.6
EOF
cat > tools.go <<'EOF'
//go:build tools

package main

import _ "github.com/oauth2-proxy/oauth2-proxy/v7"
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
[ "$(go list -m -f '{{.Version}}' github.com/oauth2-proxy/oauth2-proxy/v7)" = v7.15.6 ] || { echo "CHANGED: another version of oauth2-proxy was chosen"; exit 1; }
go build -o oauth2-proxy github.com/oauth2-proxy/oauth2-proxy/v7 >log.txt 2>&1 || { cat log.txt; exit 1; }
cat > probe.mjs <<'EOF'
import assert from "node:assert/strict";
import http from "node:http";
import { spawn } from "node:child_process";

let base;
const issuer = http.createServer((req, res) => {
  res.setHeader("content-type", "application/json");
  if (req.url === "/keys") return res.end('{"keys":[]}');
  res.end(JSON.stringify({ issuer: base, authorization_endpoint: `${base}/authorize`, token_endpoint: `${base}/token`, jwks_uri: `${base}/keys`, id_token_signing_alg_values_supported: ["RS256"] }));
});
await new Promise((done) => issuer.listen(0, "127.0.0.1", done));
base = `http://127.0.0.1:${issuer.address().port}`;
const socketPath = `${process.cwd()}/socket`;
const proxy = spawn("./oauth2-proxy", [`--http-address=unix://${socketPath}`, "--provider=oidc", `--oidc-issuer-url=${base}`, "--client-id=gateway", "--client-secret=s", "--cookie-secret=0123456789abcdef0123456789abcdef", "--email-domain=*", `--upstream=${base}/`, "--skip-jwt-bearer-tokens=true"], { stdio: ["ignore", "pipe", "pipe"] });
let log = "", ended = false;
for (const stream of [proxy.stdout, proxy.stderr]) stream.on("data", (piece) => { log += piece; });
proxy.on("exit", () => { ended = true; });
const ask = (method, headers, body) => new Promise((done, fail) => http.request({ socketPath, path: "/mcp", method, headers: { host: "mcp.example", ...headers } }, (res) => {
  res.resume();
  res.on("end", () => done(res));
}).on("error", fail).end(body));
for (;;) {
  if (ended) throw new Error(log);
  if (await ask("GET", {}).then(() => true, () => false)) break;
  await new Promise((done) => setTimeout(done, 50));
}
const seen = {};
for (const [name, method, accept, token] of [
  ["POST", "POST", "application/json, text/event-stream"],
  ["POST, bad token", "POST", "application/json, text/event-stream", "eyJhbGciOiJSUzI1NiJ9.e30.AA"],
  ["GET", "GET", "text/event-stream"],
  ["GET, bad token", "GET", "text/event-stream", "eyJhbGciOiJSUzI1NiJ9.e30.AA"],
]) {
  const answer = await ask(method, { accept, ...(token && { authorization: `Bearer ${token}` }) }, method === "POST" ? '{"jsonrpc":"2.0","id":1,"method":"ping"}' : undefined);
  seen[name] = `${answer.statusCode} ${answer.headers["content-type"]}, challenge ${answer.headers["www-authenticate"] ?? "none"}`;
}
proxy.kill();
issuer.close();
issuer.closeAllConnections();
for (const [name, answer] of Object.entries(seen)) console.log(`${name}: ${answer}`);
const json = "401 application/json, challenge none", html = "403 text/html; charset=utf-8, challenge none";
assert.deepEqual(seen, { "POST": json, "POST, bad token": json, "GET": html, "GET, bad token": html });
EOF
node probe.mjs || { echo "CHANGED: see the difference above"; exit 1; }
echo "as stated"
