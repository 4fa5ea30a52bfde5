#!/usr/bin/env bash
# @anthropic-ai/mcpb 2.1.2: dollar signs in what a user typed into a bundle's form
#
# Guess: getMcpConfigForManifest puts a value of user_config where its
#   placeholder stands, letter by letter.
# Behaviour: in env, and in an argument with more text around the placeholder,
#   the value is the replacement text of JavaScript's String.replace: "$$"
#   becomes "$", and "$&" becomes the placeholder itself. An argument that is
#   nothing but the placeholder gets the value untouched, so one value arrives
#   in two spellings.
# Seen: secret "pa$$word" -> env "pa$word", "--secret=pa$word", lone argument
#   "pa$$word"; secret "a$&b" -> env "a${user_config.secret}b".
# Why it matters: a secret or a path with a dollar sign reaches the server
#   altered, and the sign-in fails without a reason. A host of bundles that
#   replaces with a function, and a server that takes values as lone arguments,
#   are safe.
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

const place = "${user_config.secret}";
const shown = (secret) => configFor(
  { command: "bridge", args: [place, `--secret=${place}`], env: { SECRET: place } },
  { secret: { type: "string", title: "Secret", description: "d", sensitive: true } },
  { secret },
).then(({ args, env }) => [args[0], args[1], env.SECRET]);
for (const [secret, want] of [
  ["plain", ["plain", "--secret=plain", "plain"]],
  ["pa$$word", ["pa$$word", "--secret=pa$word", "pa$word"]],
  ["a$&b", ["a$&b", `--secret=a${place}b`, `a${place}b`]],
]) {
  const got = await shown(secret);
  console.log(JSON.stringify(secret), "->", JSON.stringify(got));
  assert.deepEqual(got, want);
}
EOF
node probe.mjs || { echo "CHANGED: see the difference above"; exit 1; }
echo "as stated"
