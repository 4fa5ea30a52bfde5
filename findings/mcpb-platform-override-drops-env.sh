#!/usr/bin/env bash
# @anthropic-ai/mcpb 2.1.2: env of a bundle's platform_overrides
#
# Guess: platform_overrides.linux.env adds its variables to mcp_config.env, so
#   that a bundle states once what holds everywhere.
# Behaviour: the whole env of the override stands in for the whole env above it;
#   every variable that is not repeated is gone. "args" are replaced as a whole
#   too, and an empty list of args counts, while an empty "command" does not.
# Seen: env {HOST, PROFILE} with an override {PROXY}: the program gets {PROXY}.
# Why it matters: one variable for one system makes a bridge start without the
#   workspace's address on that system only, where its author may not test.
#   Repeat all variables in each override.
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

const override = (it) => configFor({
  command: "bridge", args: ["stdio"], env: { HOST: "https://w.test", PROFILE: "work" },
  platform_overrides: { [process.platform]: it },
}, {}, {});
const env = (await override({ env: { PROXY: "http://p.test" } })).env;
console.log("override of env  ->", JSON.stringify(env));
assert.deepEqual(env, { PROXY: "http://p.test" });
const { command, args } = await override({ command: "", args: [] });
console.log("empty override   ->", JSON.stringify({ command, args }));
assert.deepEqual({ command, args }, { command: "bridge", args: [] });
EOF
node probe.mjs || { echo "CHANGED: see the difference above"; exit 1; }
echo "as stated"
