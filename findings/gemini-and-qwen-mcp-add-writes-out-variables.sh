#!/usr/bin/env bash
# Guess:   "mcp add" of Gemini CLI and Qwen Code adds an entry. Those that are there stay as they
#          were typed, also "$WORKSPACE" and "${WORKSPACE}", which both replace when they read.
# Instead: both write the file from what they have read, so that the variables of all other
#          servers are replaced by what they hold in this shell. Only in a shell without them they
#          stay. Neither says so.
# Where:   npm @google/gemini-cli 0.61.0, @qwen-code/qwen-code 0.24.4
# Output:  gemini: ["--host","https://dev.example","--home","$NOT_IN_THIS_SHELL"] {"HOST":"https://dev.example"}
#          qwen: ["--host","https://dev.example","--home","$NOT_IN_THIS_SHELL"] {"HOST":"https://dev.example"}
# Matters: an entry that followed the shell (workspace of this project, token of today) stays at
#          what it was when somebody added another server. After the next rotation or in another
#          project it calls with the old value. A bridge reads such values from its own
#          configuration, and an installer edits the text of the file.
set -euo pipefail
dir=$(mktemp -d); cd "$dir"
trap 'rm -rf "$dir"' EXIT
npm install --silent --no-audit --no-fund --ignore-scripts @google/gemini-cli@0.61.0 @qwen-code/qwen-code@0.24.4
for client in gemini qwen; do
  mkdir -p $client/.$client
  cat > $client/.$client/settings.json <<'EOF'
{
  "mcpServers": {
    "old": { "command": "old", "args": ["--host", "$WORKSPACE", "--home", "$NOT_IN_THIS_SHELL"], "env": { "HOST": "${WORKSPACE}" } }
  }
}
EOF
  (cd $client && HOME=$PWD WORKSPACE=https://dev.example timeout 120 unshare -rn "$dir/node_modules/.bin/$client" mcp add -s user new other-server > said 2>&1 </dev/null) || { cat $client/said; exit 1; }
  CLIENT=$client node -e '
const { old, new: added } = JSON.parse(require("fs").readFileSync(`${process.env.CLIENT}/.${process.env.CLIENT}/settings.json`)).mcpServers;
if (added?.command !== "other-server") throw new Error("the new server is missing");
console.log(`${process.env.CLIENT}: ${JSON.stringify(old.args)} ${JSON.stringify(old.env)}`);'
done | tee seen
[ "$(cat seen)" = 'gemini: ["--host","https://dev.example","--home","$NOT_IN_THIS_SHELL"] {"HOST":"https://dev.example"}
qwen: ["--host","https://dev.example","--home","$NOT_IN_THIS_SHELL"] {"HOST":"https://dev.example"}' ] || { echo 'CHANGED: other entries are written otherwise'; exit 1; }
