#!/usr/bin/env bash
# npm jsonc-parser 3.3.1: a settings file that has the same key twice
#
# Guess: modify() changes the value that parse() of the same package reads.
# Behaviour: parse() takes the last of two equal keys, as JSON.parse does, and
#   modify() edits the first. The edit is well formed, and nobody reads it.
# Seen: {"mcpServers": {"a"}, ..., "mcpServers": {"b"}} plus "databricks": it is
#   written under the first; parse() of the result has only "b".
# Why it matters: a file with a second, pasted "mcpServers" parses without an
#   error. An installer reports that it has added its server, and the client never
#   shows it. Read the result back before you say so.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true, "type": "module"}' > package.json
pinned="jsonc-parser@3.3.1"
npm install --silent --no-audit --no-fund --ignore-scripts $pinned >npm.log 2>&1 || { cat npm.log; exit 1; }
for p in $pinned; do
  [ "$(node -p "require('./node_modules/${p%@*}/package.json').version")" = "${p##*@}" ] || { echo "CHANGED: another version of ${p%@*} was installed"; exit 1; }
done
cat > probe.mjs <<'EOF'
import assert from "node:assert/strict";
import jsonc from "jsonc-parser";
const before = `{
  "mcpServers": { "a": { "command": "a" } },
  "theme": "dark",
  "mcpServers": { "b": { "command": "b" } }
}
`;
const edits = jsonc.modify(before, ["mcpServers", "databricks"], { command: "c" }, { formattingOptions: { insertSpaces: true, tabSize: 2 } });
const after = jsonc.applyEdits(before, edits);
const errors = [];
const read = jsonc.parse(after, errors);
console.log(after, "read back:", JSON.stringify(read));
assert.deepEqual(errors, []);
assert.ok(after.includes(`"databricks"`));
assert.deepEqual(Object.keys(read.mcpServers), ["b"]);
assert.deepEqual(Object.keys(JSON.parse(after).mcpServers), ["b"]);
EOF
node probe.mjs || { echo "CHANGED: see the difference above"; exit 1; }
echo "as stated"
