#!/usr/bin/env bash
# npm @databricks/langchainjs 0.1.0 (with @langchain/mcp-adapters 1.1.4): the 401 of a
# connection to which a user has not signed in
#
# Guess: Databricks' words, which hold the address to sign in at, reach whoever called the
#   tool. Databricks' own credential was taken, so nothing else is asked for.
# Behaviour: DatabricksMCPServer takes any 401 for its own token's end. It looks for OAuth
#   metadata, asks the token endpoint that it finds there for a token, by client_credentials
#   with the client id "databricks-sdk-client" and no secret, throws the token away, sends
#   the call once more with the old one, and then says "Server returned 401 after
#   successful authentication". Databricks' words are dropped.
# Seen: one 401 to tools/call: the call is sent twice, three metadata addresses and the
#   token endpoint are asked, and the message has neither the address nor the connection.
# Why it matters: a per-user connection answers so until each user has signed in once. The
#   user is told that the sign-in went well. A bridge shows the body of a 401, and does not
#   send a call again with the credential that was refused.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true, "type": "module"}' > package.json
pinned="@databricks/langchainjs@0.1.0 @langchain/mcp-adapters@1.1.4 @modelcontextprotocol/sdk@1.32.2"
npm install --silent --no-audit --no-fund --ignore-scripts $pinned >npm.log 2>&1 || { cat npm.log; exit 1; }
for p in $pinned; do
  [ "$(node -p "JSON.parse(require('fs').readFileSync('./node_modules/${p%@*}/package.json')).version")" = "${p##*@}" ] || { echo "CHANGED: another version of ${p%@*} was installed"; exit 1; }
done
cat > probe.mjs <<'EOF'
import assert from "node:assert/strict";
import http from "node:http";
import { DatabricksMCPServer, buildMCPServerConfig } from "@databricks/langchainjs";
import { MultiServerMCPClient } from "@langchain/mcp-adapters";

const link = "https://workspace.example/explore/connections/issues";
const asked = [];
let base;
const server = http.createServer(async (req, res) => {
  let body = "";
  for await (const piece of req) body += piece;
  const answer = (status, value) => { res.writeHead(status, { "content-type": "application/json" }); res.end(JSON.stringify(value)); };
  const message = req.url === "/api/2.0/mcp/external/issues" && req.method === "POST" ? JSON.parse(body) : {};
  if (!message.method || message.method === "tools/call") asked.push(`${req.method} ${req.url} ${message.method ? `${message.method} ${req.headers.authorization}` : body}`.trim());
  if (req.url === "/.well-known/oauth-authorization-server") return answer(200, {
    issuer: base, authorization_endpoint: `${base}/oidc/v1/authorize`, token_endpoint: `${base}/oidc/v1/token`,
    response_types_supported: ["code"], code_challenge_methods_supported: ["S256"],
  });
  if (req.url === "/oidc/v1/token") return answer(200, { access_token: "new", token_type: "Bearer", expires_in: 3600 });
  if (!message.method) return answer(req.url.startsWith("/api/") ? 405 : 404, {});
  if (message.method === "tools/call") return answer(401, { error_code: "UNAUTHENTICATED", message: `Credential for user identity('1') is not found for the connection 'issues'. Please login first to the connection by visiting ${link}` });
  if (message.id === undefined) return res.writeHead(202).end();
  const results = {
    initialize: { protocolVersion: message.params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "s", version: "1" } },
    "tools/list": { tools: [{ name: "create_issue", inputSchema: { type: "object", properties: {} } }] },
  };
  answer(200, { jsonrpc: "2.0", id: message.id, result: results[message.method] });
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));
base = `http://127.0.0.1:${server.address().port}`;
// The package knows workspaces at https without a port only.
const direct = globalThis.fetch;
globalThis.fetch = (url, init) => direct(String(url).replace("https://127.0.0.1/", `${base}/`), init);

const mcpServers = await buildMCPServerConfig([new DatabricksMCPServer({ name: "issues", path: "/api/2.0/mcp/external/issues", auth: { host: base, token: "mine", authType: "pat", env: {}, configFile: "none.cfg" } })]);
const client = new MultiServerMCPClient({ mcpServers });
const [tool] = await client.getTools();
asked.length = 0;
const said = await tool.invoke({}).then(String, (e) => e.message);
await client.close();
server.close();
server.closeAllConnections();
for (const line of asked) console.log(line);
console.log("said:", said);
const own = asked.filter((line) => !line.includes(".well-known"));
assert.deepEqual(own, [
  "POST /api/2.0/mcp/external/issues tools/call Bearer mine",
  "POST /oidc/v1/token grant_type=client_credentials&client_id=databricks-sdk-client",
  "POST /api/2.0/mcp/external/issues tools/call Bearer mine",
]);
assert.match(said, /401 after successful authentication/);
assert.ok(!said.includes(link));
EOF
node probe.mjs || { echo "CHANGED: see the difference above"; exit 1; }
echo "as stated"
