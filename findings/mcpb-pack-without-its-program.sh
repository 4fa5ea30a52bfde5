#!/usr/bin/env bash
# @anthropic-ai/mcpb 2.1.2: mcpb pack of a bundle whose program is not there
#
# Guess: pack refuses a manifest whose entry_point names no file, as it refuses
#   one whose icon names no file.
# Behaviour: entry_point is not looked at, by validate or by pack, and neither
#   is a placeholder of a setting that the manifest does not have, nor an empty
#   version. The bundle is written, exit status 0. A missing icon is an error.
# Seen: bundle with entry_point "server/bridge" and no such file: packed with one
#   entry, manifest.json. The same with "icon": "icon.png" and no such file:
#   "Icon file not found", exit status 1.
# Why it matters: a release build that forgets to copy the bridge's binary ships
#   an empty bundle with a green build. Check the entry yourself.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true, "type": "module"}' > package.json
pinned="@anthropic-ai/mcpb@2.1.2"
npm install --silent --no-audit --no-fund --ignore-scripts $pinned >npm.log 2>&1 || { cat npm.log; exit 1; }
for p in $pinned; do
  [ "$(node -p "require('./node_modules/${p%@*}/package.json').version")" = "${p##*@}" ] || { echo "CHANGED: another version of ${p%@*} was installed"; exit 1; }
done
mkdir -p bundle/server
cat > bundle/manifest.json <<'EOF'
{"manifest_version": "0.3", "name": "bridge", "version": "1.0.0", "description": "d", "author": {"name": "a"},
 "server": {"type": "binary", "entry_point": "server/bridge",
  "mcp_config": {"command": "${__dirname}/server/bridge", "args": ["${user_config.nowhere}"]}}}
EOF
mcpb="node node_modules/@anthropic-ai/mcpb/dist/cli/cli.js"
$mcpb validate bundle/manifest.json >out.txt 2>&1 || { echo "CHANGED: validate refuses"; cat out.txt; exit 1; }
sed -i 's/"version": "1.0.0"/"version": ""/' bundle/manifest.json
$mcpb pack bundle bridge.mcpb >out.txt 2>&1 || { echo "CHANGED: pack refuses"; cat out.txt; exit 1; }
grep 'total files' out.txt
grep -q 'total files: 1$' out.txt || { echo "CHANGED: expected one file in the bundle"; cat out.txt; exit 1; }
sed -i 's/"server": {/"icon": "icon.png", &/' bundle/manifest.json
if $mcpb pack bundle bridge.mcpb >out.txt 2>&1; then echo "CHANGED: a missing icon is packed too"; exit 1; fi
grep -q 'Icon file not found' out.txt || { echo "CHANGED: other words for a missing icon"; cat out.txt; exit 1; }
echo "a missing icon: refused"
echo "as stated"
