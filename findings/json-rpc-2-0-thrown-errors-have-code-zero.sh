#!/usr/bin/env bash
# npm json-rpc-2.0 1.8.1: an error with a code of its own, thrown by a method
#
# Guess: the code and data of a thrown error are those of the answer, or the code
#   is -32603, the internal error.
# Behaviour: the answer has the code 0, which is none of JSON-RPC's, and no data.
#   Only the package's own JSONRPCErrorException keeps code and data.
# Seen: throw Object.assign(new Error("sign in"), {code: -32042, data: {url}}) ->
#   {"error":{"code":0,"message":"sign in"}}.
# Why it matters: errors caught from an upstream MCP client and thrown on, the
#   usual thing in a proxy, lose the code by which clients know a session that is
#   gone or a sign-in that is needed, and the address to go to.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true, "type": "module"}' > package.json
pinned="json-rpc-2.0@1.8.1"
npm install --silent --no-audit --no-fund --ignore-scripts $pinned >npm.log 2>&1 || { cat npm.log; exit 1; }
for p in $pinned; do
  [ "$(node -p "require('./node_modules/${p%@*}/package.json').version")" = "${p##*@}" ] || { echo "CHANGED: another version of ${p%@*} was installed"; exit 1; }
done
cat > probe.mjs <<'EOF'
import assert from "node:assert/strict";
import { createRequire } from "node:module";
const { JSONRPCServer, JSONRPCErrorException } = createRequire(import.meta.url)("json-rpc-2.0");
const server = new JSONRPCServer({ errorListener: () => {} });
const data = { url: "https://w.test/login" };
server.addMethod("plain", () => { throw Object.assign(new Error("sign in"), { code: -32042, data }); });
server.addMethod("own", () => { throw new JSONRPCErrorException("sign in", -32042, data); });
for (const [method, error] of [
  ["plain", { code: 0, message: "sign in" }],
  ["own", { code: -32042, message: "sign in", data }],
]) {
  const answer = await server.receive({ jsonrpc: "2.0", id: 1, method });
  console.log(method, "->", JSON.stringify(answer.error));
  assert.deepEqual(answer.error, error);
}
EOF
node probe.mjs || { echo "CHANGED: see the difference above"; exit 1; }
echo "as stated"
