#!/usr/bin/env bash
# Guess:   "codex mcp add NAME" adds a table to config.toml. The other servers' tables stay byte for
#          byte, with their notes and with keys that this version does not know.
# Instead: it writes every server anew. Notes in front of and within the other tables go, and so do
#          keys that it does not know; 5 becomes 5.0. Outside of the servers notes stay. "codex mcp
#          remove" does the same, so that adding and removing is no way back.
# Where:   npm @openai/codex 0.171.0
# Output:  # ours
#          model = "m" # the model
#          [mcp_servers.old]
#          command = "old"
#          tool_timeout_sec = 5.0
# Matters: why a server has its limit, and a server's line that is switched off by "#", are lost when
#          another is added; and an older Codex deletes settings of a newer one that shares the file.
set -euo pipefail
dir=$(mktemp -d); cd "$dir"
trap 'rm -rf "$dir"' EXIT
npm install --silent --no-audit --no-fund --ignore-scripts @openai/codex@0.171.0
codex=$(find "$dir/node_modules" -path '*/vendor/*' -name codex -type f)
mkdir -p home/.codex
cat > home/.codex/config.toml <<'EOF'
# ours
model = "m" # the model

# why this one
[mcp_servers.old]
command = "old" # the old one
# args = ["--verbose"]
# it is slow
tool_timeout_sec = 5
key_of_a_newer_version = true
EOF
for order in "add new -- other-server" "remove new"; do
  HOME=$dir/home timeout 60 unshare -rn "$codex" mcp $order > said 2>&1 </dev/null || { cat said; exit 1; }
done
cat home/.codex/config.toml
[ "$(sed -e '/^$/d' home/.codex/config.toml)" = '# ours
model = "m" # the model
[mcp_servers.old]
command = "old"
tool_timeout_sec = 5.0' ] || { echo 'CHANGED: the file is written otherwise'; exit 1; }
