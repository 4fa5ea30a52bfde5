#!/usr/bin/env bash
# npm vscode-jsonrpc 10.0.0: a request without params
#
# Guess: a handler registered as onRequest("tools/list", (params, token) => ...)
#   gets undefined as params when the request has none.
# Behaviour: the handler's arguments are those that the message has, and the
#   cancellation token follows: without params the token comes first, and params
#   is the token. With "params": null it is null, with a list its elements are
#   spread.
# Seen: {"method":"tools/list"} -> first argument a token object; {} -> {}.
# Why it matters: in MCP params are optional for lists, ping and notifications.
#   A server that looks for params.cursor or passes params on sends pieces of a
#   token upstream, and token.isCancellationRequested throws on undefined. Test
#   what the first argument is.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true, "type": "module"}' > package.json
pinned="vscode-jsonrpc@10.0.0"
npm install --silent --no-audit --no-fund --ignore-scripts $pinned >npm.log 2>&1 || { cat npm.log; exit 1; }
for p in $pinned; do
  [ "$(node -p "require('./node_modules/${p%@*}/package.json').version")" = "${p##*@}" ] || { echo "CHANGED: another version of ${p%@*} was installed"; exit 1; }
done
cat > probe.mjs <<'EOF'
import { PassThrough } from "node:stream";
import { createRequire } from "node:module";
const require = createRequire(import.meta.url);
const rpc = require("vscode-jsonrpc/node");

const toServer = new PassThrough(), toClient = new PassThrough();
const connection = rpc.createMessageConnection(new rpc.StreamMessageReader(toServer), new rpc.StreamMessageWriter(toClient));
connection.onRequest("tools/list", (params, token) => [params, token].map((arg) =>
  rpc.CancellationToken.is(arg) ? "token" : arg === undefined ? "undefined" : JSON.stringify(arg)));
connection.listen();

let text = "", tell;
toClient.on("data", (d) => {
  text += d;
  const body = text.split("\r\n\r\n")[1] ?? "";
  try { const answer = JSON.parse(body); text = ""; tell(answer.result.join(", ")); } catch {}
});
const ask = (params) => new Promise((done) => {
  tell = done;
  const message = `{"jsonrpc":"2.0","id":1,"method":"tools/list"${params}}`;
  toServer.write(`Content-Length: ${message.length}\r\n\r\n${message}`);
});
let failed = false;
for (const [params, want] of [
  [`,"params":{"cursor":"c"}`, `{"cursor":"c"}, token`],
  [`,"params":{}`, `{}, token`],
  [``, `token, undefined`],
  [`,"params":null`, `null, token`],
  [`,"params":[1,2]`, `1, 2`],
]) {
  const got = await ask(params);
  console.log(`${params || "no params"} -> handler's first two arguments: ${got}`);
  if (got !== want) { console.log("CHANGED: expected", want); failed = true; }
}
process.exit(failed ? 1 : 0);
EOF
timeout 60 node probe.mjs
echo "as stated"
