#!/usr/bin/env bash
# @anthropic-ai/mcpb 2.1.2: an optional setting of a bundle that the user left open
#
# Guess: the placeholder of an unset optional setting becomes the empty text, or
#   its variable and its argument are left out.
# Behaviour: the placeholder stays as it is written: the server is started with
#   the environment variable set to the text "${user_config.host}". A setting
#   that the user emptied again is empty in env, but as a lone argument it is
#   the placeholder once more. A list in env stays a placeholder in any case.
# Seen: unset: env HOST="${user_config.host}"; emptied: env HOST="", args
#   ["${user_config.host}"].
# Why it matters: a bridge asks the name service for a host called
#   "${user_config.host}", or signs in with that text as its token. A server
#   that ships as a bundle should take such a text for "not set".
set -euo pipefail
MCPB=2.1.2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true, "type": "module"}' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts "@anthropic-ai/mcpb@$MCPB" >npm.log 2>&1 || { cat npm.log; exit 1; }
[ "$(node -p 'require("./node_modules/@anthropic-ai/mcpb/package.json").version')" = "$MCPB" ] || { echo "CHANGED: another version of mcpb was installed"; exit 1; }
cat > probe.mjs <<'EOF'
import assert from "node:assert/strict";
import { getMcpConfigForManifest } from "@anthropic-ai/mcpb";

const configFor = (mcp_config, user_config, userConfig) => getMcpConfigForManifest({
  manifest: {
    manifest_version: "0.3", name: "bridge", version: "1.0.0", description: "d", author: { name: "a" },
    server: { type: "binary", entry_point: "server/bridge", mcp_config }, user_config,
  },
  extensionPath: "/ext", systemDirs: { HOME: "/home/u" }, userConfig, pathSeparator: "/",
});

const place = "${user_config.host}";
const shown = (setting, user) => configFor(
  { command: "bridge", args: [place], env: { HOST: place } },
  { host: { type: "string", title: "Host", description: "d", ...setting } }, user,
).then(({ args, env }) => ({ args, env: env.HOST }));
console.warn = () => {};
for (const [what, setting, user, want] of [
  ["unset", {}, {}, { args: [place], env: place }],
  ["emptied", {}, { host: "" }, { args: [place], env: "" }],
  ["a list", { multiple: true }, { host: ["a", "b"] }, { args: ["a", "b"], env: place }],
  ["an empty list", { multiple: true }, { host: [] }, { args: [], env: place }],
]) {
  const got = await shown(setting, user);
  console.log(what, "->", JSON.stringify(got));
  assert.deepEqual(got, want);
}
EOF
node probe.mjs || { echo "CHANGED: see the difference above"; exit 1; }
echo "as stated"
