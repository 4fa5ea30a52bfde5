#!/usr/bin/env bash
# @anthropic-ai/mcpb 2.1.2: a setting of a bundle that is required and has a default
#
# Guess: "required": true with a "default" is satisfied by the default: the form
#   shows it, the user need not touch it.
# Behaviour: only what the user entered counts as present.
#   getMcpConfigForManifest returns undefined, that is, no server at all, and
#   hasRequiredConfigMissing is true, until the default has been entered by hand.
#   With "required" left out, the same default is used.
# Seen: {required: true, default: "DEFAULT"} and no entry: undefined.
#   {default: "DEFAULT"}: args ["DEFAULT"].
# Why it matters: a bridge's bundle whose settings are all filled in does not
#   start and shows no tools. Use "required" only where there is no default.
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

import { hasRequiredConfigMissing } from "@anthropic-ai/mcpb";
const profile = { type: "string", title: "Profile", description: "d", default: "DEFAULT" };
const server = { command: "bridge", args: ["${user_config.profile}"] };
const optional = await configFor(server, { profile }, {});
console.log("default only          ->", JSON.stringify(optional.args));
assert.deepEqual(optional.args, ["DEFAULT"]);
const required = { profile: { ...profile, required: true } };
const none = await configFor(server, required, {});
console.log("default and required  ->", none);
assert.equal(none, undefined);
assert.equal(hasRequiredConfigMissing({ manifest: { user_config: required }, userConfig: {} }), true);
const entered = await configFor(server, required, { profile: "DEFAULT" });
console.log("entered by hand       ->", JSON.stringify(entered.args));
assert.deepEqual(entered.args, ["DEFAULT"]);
EOF
node probe.mjs || { echo "CHANGED: see the difference above"; exit 1; }
echo "as stated"
