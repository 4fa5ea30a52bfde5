#!/usr/bin/env bash
# npm openid-client 6.9.0: how the secret goes to the token endpoint
#
# Guess: the client follows the server. Without token_endpoint_auth_methods_supported the
#   method is client_secret_basic (RFC 8414 section 2, RFC 7591 section 2); a server that
#   names one method gets that one; and after a registration the method is the one that
#   the answer names, as RFC 7591 section 3.2.1 lets the server choose.
# Behaviour: none of the three is looked at. A secret goes into the body
#   (client_secret_post) unless the program passes a method of its own.
# Seen: body for a server that names nothing, one that names only client_secret_basic, and
#   for a client that was registered with token_endpoint_auth_method client_secret_basic.
# Why it matters: a server that takes Basic only, the default of both documents, answers
#   invalid_client to a right secret. Choose the method from the metadata yourself, and
#   pass it as the fourth argument of discovery().
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true, "type": "module"}' > package.json
pinned="openid-client@6.9.0"
npm install --silent --no-audit --no-fund --ignore-scripts $pinned >npm.log 2>&1 || { cat npm.log; exit 1; }
for p in $pinned; do
  [ "$(node -p "require('./node_modules/${p%@*}/package.json').version")" = "${p##*@}" ] || { echo "CHANGED: another version of ${p%@*} was installed"; exit 1; }
done
cat > probe.mjs <<'EOF'
import assert from "node:assert/strict";
import http from "node:http";
import * as client from "openid-client";

let methods, base, where;
const registered = { client_id: "registered", client_secret: "secret", client_secret_expires_at: 0, token_endpoint_auth_method: "client_secret_basic" };
const server = http.createServer(async (req, res) => {
  let body = "";
  for await (const piece of req) body += piece;
  const answer = (status, value) => { res.writeHead(status, { "content-type": "application/json" }); res.end(JSON.stringify(value)); };
  if (req.url.startsWith("/.well-known/")) return answer(200, {
    issuer: base, authorization_endpoint: `${base}/authorize`, token_endpoint: `${base}/token`, registration_endpoint: `${base}/register`,
    response_types_supported: ["code"], token_endpoint_auth_methods_supported: methods,
  });
  if (req.url === "/register") return answer(201, { ...registered, ...JSON.parse(body) });
  where = req.headers.authorization?.startsWith("Basic ") ? "Basic" : new URLSearchParams(body).has("client_secret") ? "body" : "nowhere";
  answer(200, { access_token: "A", token_type: "Bearer", expires_in: 60 });
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
base = `http://127.0.0.1:${server.address().port}`;
const options = { algorithm: "oauth2", execute: [client.allowInsecureRequests] };

const seen = {};
for (const [name, supported] of [["names nothing", undefined], ["names Basic", ["client_secret_basic"]]]) {
  methods = supported;
  await client.clientCredentialsGrant(await client.discovery(new URL(base), "id", "secret", undefined, options));
  seen[name] = where;
}
const own = await client.dynamicClientRegistration(new URL(base), { grant_types: ["client_credentials"], token_endpoint_auth_method: "client_secret_basic" }, undefined, options);
assert.equal(own.clientMetadata().token_endpoint_auth_method, "client_secret_basic");
await client.clientCredentialsGrant(own);
seen["registered for Basic"] = where;
await client.clientCredentialsGrant(await client.discovery(new URL(base), "id", undefined, client.ClientSecretBasic("secret"), options));
seen["told by the program"] = where;
server.close();
for (const [name, place] of Object.entries(seen)) console.log(`${name}: ${place}`);
assert.deepEqual(seen, { "names nothing": "body", "names Basic": "body", "registered for Basic": "body", "told by the program": "Basic" });
EOF
node probe.mjs || { echo "CHANGED: see the difference above"; exit 1; }
echo "as stated"
