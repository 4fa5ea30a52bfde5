#!/usr/bin/env bash
# npm @databricks/langchainjs 0.1.0: a workspace's address with a port, and
# "sseReadTimeout"
#
# Guess: DatabricksMCPServer goes to the host that it was given, with its scheme and port.
#   The options of its type do what their comments say.
# Behaviour: scheme and port are dropped without a word: everything goes to https and port
#   443. That is the JavaScript SDK of an older version (0.15), which the package holds
#   beside it; SDK 0.17.0 keeps both. "sseReadTimeout" is stored and handed to nobody.
# Seen: host https://workspace.example:8443 -> https://workspace.example/api/2.0/mcp/sql;
#   host http://127.0.0.1:8123 -> https://127.0.0.1/api/2.0/mcp/sql; of timeout 5 and
#   sseReadTimeout 7 the connection has defaultToolTimeout 5000 alone.
# Why it matters: a gateway, a recording proxy or "databricks apps run-local" at a port
#   cannot stand for the workspace: the token goes to another server of that host. Give
#   the gateway to MCPServer by its whole URL.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true, "type": "module"}' > package.json
pinned="@databricks/langchainjs@0.1.0 new@npm:@databricks/sdk-experimental@0.17.0"
npm install --silent --no-audit --no-fund --ignore-scripts $pinned >npm.log 2>&1 || { cat npm.log; exit 1; }
for p in @databricks/langchainjs=0.1.0 new=0.17.0; do
  [ "$(node -p "JSON.parse(require('fs').readFileSync('./node_modules/${p%=*}/package.json')).version")" = "${p##*=}" ] || { echo "CHANGED: another version of ${p%=*} was installed"; exit 1; }
done
cat > probe.mjs <<'EOF'
import assert from "node:assert/strict";
import { DatabricksMCPServer } from "@databricks/langchainjs";
import { Config } from "new";
for (const [host, old, now] of [
  ["https://workspace.example", "https://workspace.example/", "https://workspace.example/"],
  ["https://workspace.example:8443", "https://workspace.example/", "https://workspace.example:8443/"],
  ["http://127.0.0.1:8123", "https://127.0.0.1/", "http://127.0.0.1:8123/"],
]) {
  const auth = () => ({ host, token: "t", authType: "pat", env: {}, configFile: "none.cfg" });
  const { url, ...rest } = await new DatabricksMCPServer({ name: "sql", path: "/api/2.0/mcp/sql", timeout: 5, sseReadTimeout: 7, auth: auth() }).toConnectionConfig();
  delete rest.authProvider;
  const sdk = String(await new Config(auth()).getHost());
  console.log(`${host} -> ${url}, SDK 0.17.0 ${sdk}, beside it ${JSON.stringify(rest)}`);
  assert.equal(url, `${old}api/2.0/mcp/sql`);
  assert.equal(sdk, now);
  assert.deepEqual(rest, { transport: "http", defaultToolTimeout: 5000 });
}
EOF
node probe.mjs || { echo "CHANGED: see the difference above"; exit 1; }
echo "as stated"
