#!/usr/bin/env bash
# npm oidc-provider 9.13.3: dynamic registration of a client on the user's machine
#
# Guess: a client that registers "http://localhost:33418/callback" may come back at another
#   port: RFC 8252 section 7.3 says that the server MUST allow any port for loopback
#   redirects at the time of the request. A scheme of the client's own ("cursor://...") is
#   taken, too.
# Behaviour: both hold only for clients that say application_type "native". A registration
#   without the member, which RFC 7591 does not know, is one of a website (OpenID Connect's
#   default): the port is part of the address, and other schemes are refused.
# Seen: without it: same port 303 to the sign-in, another port 400 "redirect_uri did not
#   match", own scheme 400 "must only contain web uris"; with "native" all three are taken.
# Why it matters: a client that takes a free port at each sign-in works once, and fails with
#   the id that it has kept. The TypeScript SDK 1.32.2 sends the member only if the program
#   does. A client says "native"; a gateway that registers for others adds it.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true, "type": "module"}' > package.json
pinned="oidc-provider@9.13.3 @modelcontextprotocol/sdk@1.32.2"
npm install --silent --no-audit --no-fund --ignore-scripts $pinned >npm.log 2>&1 || { cat npm.log; exit 1; }
for p in $pinned; do
  [ "$(node -p "JSON.parse(require('fs').readFileSync('./node_modules/${p%@*}/package.json')).version")" = "${p##*@}" ] || { echo "CHANGED: another version of ${p%@*} was installed"; exit 1; }
done
cat > probe.mjs <<'EOF'
import assert from "node:assert/strict";
import http from "node:http";
import { Provider } from "oidc-provider";
import { registerClient } from "@modelcontextprotocol/sdk/client/auth.js";

let answer;
const server = http.createServer((req, res) => answer(req, res));
await new Promise((done) => server.listen(0, "127.0.0.1", done));
const base = `http://127.0.0.1:${server.address().port}`;
answer = new Provider(base, { features: { registration: { enabled: true } } }).callback();

const register = async (redirect_uri, more) => {
  const clientMetadata = { client_name: "an MCP client", redirect_uris: [redirect_uri], grant_types: ["authorization_code"], response_types: ["code"], token_endpoint_auth_method: "none", ...more };
  return registerClient(base, { metadata: await (await fetch(`${base}/.well-known/oauth-authorization-server`)).json(), clientMetadata });
};
const signIn = async (client_id, redirect_uri) => {
  const query = new URLSearchParams({ client_id, redirect_uri, response_type: "code", state: "s", code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", code_challenge_method: "S256" });
  return (await fetch(`${base}/auth?${query}`, { redirect: "manual" })).status;
};
const seen = {};
for (const [name, more] of [["without application_type", {}], ["native", { application_type: "native" }]]) {
  const { client_id } = await register("http://localhost:33418/callback", more);
  seen[name] = [
    await signIn(client_id, "http://localhost:33418/callback"),
    await signIn(client_id, "http://localhost:33419/callback"),
    await register("com.example.editor://oauth/callback", more).then(() => 201, (e) => /invalid_redirect_uri|must only contain web uris/.exec(e.message)?.[0] ?? e.message),
  ];
  console.log(`${name}: same port ${seen[name][0]}, another ${seen[name][1]}, own scheme ${seen[name][2]}`);
}
server.close();
server.closeAllConnections();
assert.deepEqual(seen, { "without application_type": [303, 400, "must only contain web uris"], native: [303, 303, 201] });
EOF
node probe.mjs >out.txt 2>log.txt && grep -v "^oidc-provider" out.txt || { cat out.txt; false; } || { cat log.txt; echo "CHANGED: see the difference above"; exit 1; }
echo "as stated"
