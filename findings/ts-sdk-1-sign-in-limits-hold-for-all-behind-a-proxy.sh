#!/usr/bin/env bash
# npm @modelcontextprotocol/sdk 1.32.2: mcpAuthRouter behind a reverse proxy
#
# Guess: where limits of requests are set at all, they count for each client. Behind a
#   proxy that says X-Forwarded-For, Express tells clients apart, or the router complains.
# Behaviour: limits are on by default, and count for each address of a TCP peer. Behind a
#   proxy that is one address, so that everybody together has 20 registrations an hour, and
#   50 requests to the token endpoint in a quarter of one, refreshes among them. The
#   complaint is a line on the server's stderr, and only where the header is there. After
#   app.set("trust proxy", 1) each client has its own.
# Seen: requests of 60 clients, each with its own X-Forwarded-For: registrations 20 times
#   201, then 429; tokens 50 times 400 (no such grant), then 429; with trust proxy no 429.
# Why it matters: the 21st colleague who adds the server in an hour cannot, and on a Monday
#   the refreshes of the others fail with too_many_requests. A gateway in front of such a
#   server, which asks for tokens for all, is one address too.
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
import { mcpAuthRouter } from "@modelcontextprotocol/sdk/server/auth/router.js";
import { InvalidGrantError } from "@modelcontextprotocol/sdk/server/auth/errors.js";

const seen = {};
for (const trusted of [false, true]) {
  const clients = new Map();
  const provider = {
    clientsStore: {
      getClient: (id) => clients.get(id),
      registerClient: (client) => { clients.set(client.client_id, client); return client; },
    },
    challengeForAuthorizationCode: async () => { throw new InvalidGrantError("no such code"); },
    exchangeRefreshToken: async () => { throw new InvalidGrantError("no such refresh token"); },
  };
  const app = express();
  if (trusted) app.set("trust proxy", 1);
  app.use(mcpAuthRouter({ provider, issuerUrl: new URL("https://mcp.example") }));
  const server = app.listen(0, "127.0.0.1");
  await new Promise((done) => server.on("listening", done));
  // As the proxy would send it for the client of that number.
  const post = (path, number, type, body) => fetch(`http://127.0.0.1:${server.address().port}${path}`, {
    method: "POST", body, headers: { "content-type": type, "x-forwarded-for": `10.0.0.${number}` },
  });
  const count = async (ask) => {
    const statuses = {};
    for (let number = 1; number <= 60; number++) {
      const answer = await ask(number);
      await answer.text();
      statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
    }
    return statuses;
  };
  clients.set("known", { client_id: "known", token_endpoint_auth_method: "none", redirect_uris: ["http://127.0.0.1/callback"] });
  seen[trusted ? "with trust proxy" : "by default"] = {
    registrations: await count((number) => post("/register", number, "application/json", '{"redirect_uris":["http://127.0.0.1/callback"],"token_endpoint_auth_method":"none"}')),
    refreshes: await count((number) => post("/token", number, "application/x-www-form-urlencoded", "grant_type=refresh_token&client_id=known&refresh_token=r")),
  };
  server.close();
}
for (const [name, statuses] of Object.entries(seen)) console.log(`${name}: ${JSON.stringify(statuses)}`);
assert.deepEqual(seen, {
  "by default": { registrations: { 201: 20, 429: 40 }, refreshes: { 400: 50, 429: 10 } },
  "with trust proxy": { registrations: { 201: 60 }, refreshes: { 400: 60 } },
});
EOF
node probe.mjs 2>log.txt || { cat log.txt; echo "CHANGED: see the difference above"; exit 1; }
grep -q X-Forwarded-For log.txt || { echo "CHANGED: expected a complaint on stderr"; exit 1; }
echo "as stated"
