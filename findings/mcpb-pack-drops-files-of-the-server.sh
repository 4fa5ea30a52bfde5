#!/usr/bin/env bash
# @anthropic-ai/mcpb 2.1.2: what mcpb pack leaves out on its own
#
# Guess: without a .mcpbignore the bundle holds all files of the folder but
#   version control and the like; dependencies in node_modules are complete.
# Behaviour: every *.d.ts, *.map, *.log, .env*, package-lock.json, yarn.lock and
#   tsconfig.json is left out at any depth, in node_modules and among the
#   server's data too. The exit status is 0, and the only trace is a count of
#   ".mcpbignore" files where no such file is. A line "!*.d.ts" in .mcpbignore
#   brings them back.
# Seen: node_modules/typescript/lib/lib.d.ts, server/templates/tsconfig.json,
#   server/templates/.env.example: in the folder, not in the bundle.
# Why it matters: a server that runs the TypeScript compiler, serves templates or
#   reads a recorded *.log works from its folder and fails as an installed bundle.
#   Test the bundle, not the folder.
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
mkdir -p bundle/node_modules/typescript/lib bundle/server/templates
touch bundle/server/bridge bundle/node_modules/typescript/lib/{lib.d.ts,typescript.js} \
  bundle/server/templates/{tsconfig.json,.env.example,session.log,page.html}
mcpb="node node_modules/@anthropic-ai/mcpb/dist/cli/cli.js"
packed() {
  $mcpb pack bundle bridge.mcpb >out.txt 2>&1 || { cat out.txt; exit 1; }
  rm -rf unpacked
  $mcpb unpack bridge.mcpb unpacked >/dev/null 2>&1
  (cd unpacked && find . -type f | LC_ALL=C sort | cut -c3-)
}
packed >got.txt
grep 'ignored' out.txt
printf '%s\n' manifest.json node_modules/typescript/lib/typescript.js server/bridge server/templates/page.html >want.txt
cat got.txt
diff want.txt got.txt || { echo "CHANGED: another set of files was packed"; exit 1; }
grep -q 'ignored (.mcpbignore) files: 4' out.txt || { echo "CHANGED: other words"; cat out.txt; exit 1; }
printf '!*.d.ts\n' >bundle/.mcpbignore
packed | grep -q '^node_modules/typescript/lib/lib.d.ts$' || { echo "CHANGED: .mcpbignore does not bring lib.d.ts back"; exit 1; }
echo "with !*.d.ts in .mcpbignore: lib.d.ts is packed"
echo "as stated"
