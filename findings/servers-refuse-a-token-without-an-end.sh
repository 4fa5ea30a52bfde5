#!/usr/bin/env bash
# npm @modelcontextprotocol/sdk 1.32.2 and Go github.com/modelcontextprotocol/go-sdk v1.8.0:
# the middleware that asks for a Bearer token
#
# Guess: a token that the server's own verifier has taken is taken, also one without an
#   end. AuthInfo.expiresAt is optional in TypeScript, and RFC 7662 section 2.2 says that
#   "exp" of an introspection is OPTIONAL.
# Behaviour: both answer 401. TypeScript says invalid_token, "Token has no expiration time",
#   Go gives the reason in the body as plain text alone, and no error in the challenge.
# Seen: verifier without an end: 401 and 401; with an end in a minute: 200 and 200.
# Why it matters: personal access tokens without a lifetime and opaque tokens have no end.
#   The client takes the 401 for its token's end, signs in again, and comes back with the
#   like. A verifier has to make an end up, a short one, so that the token is asked about
#   again.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true, "type": "module"}' > package.json
pinned="@modelcontextprotocol/sdk@1.32.2"
npm install --silent --no-audit --no-fund --ignore-scripts $pinned >npm.log 2>&1 || { cat npm.log; exit 1; }
for p in $pinned; do
  [ "$(node -p "JSON.parse(require('fs').readFileSync('./node_modules/${p%@*}/package.json')).version")" = "${p##*@}" ] || { echo "CHANGED: another version of ${p%@*} was installed"; exit 1; }
done
cat > probe.mjs <<'EOF'
import assert from "node:assert/strict";
import express from "express";
import { requireBearerAuth } from "@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js";
let more;
const app = express();
app.post("/mcp", requireBearerAuth({ verifier: { verifyAccessToken: async (token) => ({ token, clientId: "c", scopes: [], ...more }) } }), (_, res) => res.end());
const server = app.listen(0, "127.0.0.1");
await new Promise((done) => server.on("listening", done));
const seen = [];
for (more of [{}, { expiresAt: Math.floor(Date.now() / 1000) + 60 }]) {
  const answer = await fetch(`http://127.0.0.1:${server.address().port}/mcp`, { method: "POST", headers: { authorization: "Bearer t" } });
  seen.push(`${answer.status} ${answer.headers.get("www-authenticate") ?? ""}`.trim());
}
server.close();
console.log("TypeScript, without and with an end:", seen);
assert.deepEqual(seen, ['401 Bearer error="invalid_token", error_description="Token has no expiration time"', "200"]);
EOF
node probe.mjs || { echo "CHANGED: see the difference above"; exit 1; }
export GOFLAGS=-mod=mod GOWORK=off
cat > go.mod <<'EOF'
module probe
go 1.26
require github.com/modelcontextprotocol/go-sdk v1.8.0
EOF
cat > main.go <<'EOF'
package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"github.com/modelcontextprotocol/go-sdk/auth"
)

func main() {
	var end time.Time
	verify := func(context.Context, string, *http.Request) (*auth.TokenInfo, error) {
		return &auth.TokenInfo{UserID: "u", Expiration: end}, nil
	}
	handler := auth.RequireBearerToken(verify, &auth.RequireBearerTokenOptions{ResourceMetadataURL: "https://mcp.example/metadata"})(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server := httptest.NewServer(handler)
	defer server.Close()
	var seen []string
	for _, end = range []time.Time{{}, time.Now().Add(time.Minute)} {
		req, _ := http.NewRequest("POST", server.URL+"/mcp", nil)
		req.Header.Set("Authorization", "Bearer t")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			panic(err)
		}
		resp.Body.Close()
		seen = append(seen, strings.TrimSpace(fmt.Sprint(resp.StatusCode, " ", resp.Header.Get("WWW-Authenticate"))))
	}
	fmt.Printf("Go, without and with an end: %q\n", seen)
	if seen[0] != `401 Bearer resource_metadata="https://mcp.example/metadata"` || seen[1] != "200" {
		fmt.Println("CHANGED: expected 401 without an error in the challenge, and 200")
		os.Exit(1)
	}
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
[ "$(go list -m -f '{{.Version}}' github.com/modelcontextprotocol/go-sdk)" = v1.8.0 ] || { echo "CHANGED: another version of the Go SDK was chosen"; exit 1; }
go run . 2>log.txt || { cat log.txt; exit 1; }
echo "as stated"
