#!/usr/bin/env bash
# @anthropic-ai/mcpb 2.1.2: mcpb verify on a bundle that mcpb has just signed
#
# Guess: after "mcpb sign --self-signed" the commands verify and info tell of a
#   signature, made by a certificate that nobody vouches for.
# Behaviour: both tell of no signature at all. verify: "Extension is not
#   signed", exit status 1; info: "WARNING: Not signed". An untrusted signature
#   and none look alike, while unsign finds and removes the one that is there.
# Seen: sign: "Successfully signed", the file grows by two kilobytes; verify:
#   "Extension is not signed".
# Why it matters: a build that signs a bridge's bundle and then verifies it
#   cannot tell "not signed" from "signed by our own certificate", and the
#   message sends one looking for a failed signing step.
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
printf '#!/bin/sh\n' > bundle/server/bridge
mcpb="node node_modules/@anthropic-ai/mcpb/dist/cli/cli.js"
$mcpb pack bundle bridge.mcpb >out.txt 2>&1 || { cat out.txt; exit 1; }
before=$(stat -c %s bridge.mcpb)
$mcpb sign --self-signed bridge.mcpb >sign.txt 2>&1 || { cat sign.txt; exit 1; }
grep 'Successfully signed' sign.txt || { echo "CHANGED: sign says something else"; cat sign.txt; exit 1; }
grew=$(($(stat -c %s bridge.mcpb) - before))
[ "$grew" -gt 1000 ] || { echo "CHANGED: the bundle grew by $grew bytes only"; exit 1; }
if $mcpb verify bridge.mcpb >verify.txt 2>&1; then echo "CHANGED: verify is content"; exit 1; fi
grep 'Extension is not signed' verify.txt || { echo "CHANGED: verify says something else"; cat verify.txt; exit 1; }
$mcpb info bridge.mcpb >info.txt 2>&1 || true
grep 'WARNING: Not signed' info.txt || { echo "CHANGED: info says something else"; cat info.txt; exit 1; }
$mcpb unsign bridge.mcpb >unsign.txt 2>&1 || { cat unsign.txt; exit 1; }
[ "$(stat -c %s bridge.mcpb)" = "$before" ] || { echo "CHANGED: unsign did not remove the signature"; exit 1; }
echo "unsign removed the $grew bytes of the signature"
echo "as stated"
