#!/usr/bin/env bash
# Guess:   where a client's configuration is a link to a file kept elsewhere (a repository of
#          settings), "mcp add" writes through the link.
# Instead: Claude Code, Codex and Gemini CLI do. GitHub Copilot CLI and Qwen Code put a file of their
#          own in the place of the link: what it led to stays as it was, and is read no more.
# Where:   npm @anthropic-ai/claude-code-linux-x64 2.1.332, @openai/codex 0.171.0,
#          @google/gemini-cli 0.61.0, @github/copilot 1.0.102, @qwen-code/qwen-code 0.24.4
# Output:  claude: link, added behind it
#          codex: link, added behind it
#          gemini: link, added behind it
#          copilot: file in its place
#          qwen: file in its place
# Matters: whoever rolls out settings by links changes nothing for these two from the first "mcp
#          add" on. An installer that goes back to a backup looks at what is there.
set -euo pipefail
dir=$(mktemp -d); cd "$dir"
trap 'rm -rf "$dir"' EXIT
npm install --silent --no-audit --no-fund --ignore-scripts @anthropic-ai/claude-code-linux-x64@2.1.332 @openai/codex@0.171.0 @google/gemini-cli@0.61.0 @github/copilot@1.0.102 @qwen-code/qwen-code@0.24.4
see() { # client, its configuration, what it holds, command
  local client=$1 file=$2; mkdir -p "$client/kept" "$(dirname "$client/$file")"
  printf '%s\n' "$3" > "$client/kept/settings"
  ln -s "$dir/$client/kept/settings" "$client/$file"
  shift 3
  (cd "$client" && HOME=$PWD timeout 120 unshare -rn "$@" > said 2>&1 </dev/null) || { cat "$client/said"; return 1; }
  grep -q other-server "$client/$file" || { echo "$client: not added"; return; }
  local how='file in its place'
  if [ -L "$client/$file" ]; then how='link, added behind it'; fi
  echo "$client: $how"
}
servers='{"mcpServers":{"old":{"command":"old","args":[]}}}'
modules=$dir/node_modules
{
  see claude .claude.json "$servers" "$modules/@anthropic-ai/claude-code-linux-x64/claude" mcp add -s user new -- other-server
  see codex .codex/config.toml 'mcp_servers.old.command = "old"' "$(find "$modules" -path '*/vendor/*' -name codex -type f)" mcp add new -- other-server
  see gemini .gemini/settings.json "$servers" "$modules/.bin/gemini" mcp add -s user new other-server
  see copilot .copilot/mcp-config.json "$servers" "$(find "$modules" -path '*copilot-linux*' -name copilot -type f)" mcp add new -- other-server
  see qwen .qwen/settings.json "$servers" "$modules/.bin/qwen" mcp add -s user new other-server
} | tee seen
[ "$(cat seen)" = 'claude: link, added behind it
codex: link, added behind it
gemini: link, added behind it
copilot: file in its place
qwen: file in its place' ] || { echo 'CHANGED: links are treated otherwise'; exit 1; }
