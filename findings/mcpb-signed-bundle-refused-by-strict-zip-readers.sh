#!/usr/bin/env bash
# @anthropic-ai/mcpb 2.1.2 and yauzl 3.4.0: a signed bundle as a zip file
#
# Guess: a signed .mcpb is still a zip file that any zip library opens, as its
#   description has it.
# Behaviour: mcpb sign appends the signature after the end of the archive and
#   does not enter its length as the archive's comment. Libraries that insist on
#   the end record being at the end, such as yauzl, refuse the file. Signing
#   twice appends a second signature.
# Seen: yauzl opens the unsigned bundle; the signed one: "Invalid comment
#   length". unsign gives the old bytes back. (unzip, JSZip, fflate and adm-zip
#   are lenient.)
# Why it matters: a tool that reads manifest.json from bundles (an installer, a
#   registry, a scanner) works until the first signed one comes. Cut the
#   signature off first, or test with a signed bundle.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true, "type": "module"}' > package.json
pinned="@anthropic-ai/mcpb@2.1.2 yauzl@3.4.0"
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
printf '#!/bin/sh\n' > bundle/server/bridge
mcpb="node node_modules/@anthropic-ai/mcpb/dist/cli/cli.js"
$mcpb pack bundle plain.mcpb >out.txt 2>&1 || { cat out.txt; exit 1; }
cp plain.mcpb signed.mcpb
$mcpb sign --self-signed signed.mcpb >out.txt 2>&1 || { cat out.txt; exit 1; }
cp signed.mcpb twice.mcpb
$mcpb sign --self-signed twice.mcpb >out.txt 2>&1 || { cat out.txt; exit 1; }
cp signed.mcpb back.mcpb
$mcpb unsign back.mcpb >out.txt 2>&1 || { cat out.txt; exit 1; }
cmp plain.mcpb back.mcpb || { echo "CHANGED: unsign does not give the old bytes back"; exit 1; }
cat > open.mjs <<'EOF'
import yauzl from "yauzl";
yauzl.open(process.argv[2], (err, zip) => console.log(err ? `refused: ${err.message.split(".")[0]}` : `opened, ${zip.entryCount} entries`));
EOF
plain=$(node open.mjs plain.mcpb); signed=$(node open.mjs signed.mcpb)
echo "unsigned: $plain"; echo "signed:   $signed"
[ "$plain" = "opened, 2 entries" ] || { echo "CHANGED: the unsigned bundle was to be opened"; exit 1; }
[ "$signed" = "refused: Invalid comment length" ] || { echo "CHANGED: the signed bundle was to be refused"; exit 1; }
[ "$(stat -c %s twice.mcpb)" -gt "$(stat -c %s signed.mcpb)" ] || { echo "CHANGED: the second signature takes the first one's place"; exit 1; }
echo "as stated"
