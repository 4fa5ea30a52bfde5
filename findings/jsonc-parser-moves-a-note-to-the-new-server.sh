#!/usr/bin/env bash
# npm jsonc-parser 3.3.1: a comment behind the last server of a settings file
#
# Guess: modify() keeps comments where they are, so a note behind an entry still
#   stands behind that entry when another is added after it.
# Behaviour: the new entry is put directly behind the last value, before the rest
#   of its line: the note ends up behind the new entry, and the entry that it was
#   about has none. That entry, on one line before, is also laid out anew.
# Seen: "github": {...} // work account, read only   plus "databricks": the line
#   of databricks ends in "// work account, read only", github has no note and
#   takes three lines.
# Why it matters: this is the package for settings that have comments, as those of
#   VS Code and Zed do. An installer that adds an MCP server hands the user's note
#   about one server to another; "// do not enable" is then on the wrong one.
#   Insert before the first entry, or after the end of the line.
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
  "servers": {
    "local": { "command": "a" }, // mine
    "github": { "command": "b" } // work account, read only
  }
}
`;
const edits = jsonc.modify(before, ["servers", "databricks"], "c", { formattingOptions: { insertSpaces: true, tabSize: 2 } });
const after = jsonc.applyEdits(before, edits);
console.log(after);
const line = (name) => after.split("\n").find((l) => l.includes(`"${name}"`)).trim();
assert.equal(line("local"), `"local": { "command": "a" }, // mine`);
assert.equal(line("databricks"), `"databricks": "c" // work account, read only`);
assert.equal(line("github"), `"github": {`);
assert.equal(after.split("\n").filter((l) => l.includes("work account")).length, 1);
EOF
node probe.mjs || { echo "CHANGED: see the difference above"; exit 1; }
echo "as stated"
