#!/usr/bin/env bash
# Guess:   Gemini CLI's system settings have the last say, as its documentation for the
#          enterprise tells: a server that an administrator puts there, on the
#          administrator's own list mcp.allowed, is there for every user.
# Instead: of all the lists "mcp.allowed" in the four settings files the common part counts.
#          A user, or a folder that was cloned, with a list of its own turns the
#          administrator's servers off; two lists with nothing in common turn all off.
#          Of mcp.excluded it is the union. The order of precedence has no part in either.
# Where:   npm @google/gemini-cli 0.61.0, on Linux with user namespaces
# Output:  no list of the user's: corp Connected, mine Blocked
#          the user allows mine: corp Blocked, mine Blocked
#          the user excludes corp: corp Blocked, mine Blocked
# Matters: "the tools that IT rolled out are gone" can come from a line in any user's or
#          folder's settings, and no setting of the system can bring them back.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @google/gemini-cli@0.61.0
cat > server.mjs <<'EOF'
import { createInterface } from 'node:readline';
createInterface({ input: process.stdin }).on('line', line => {
  const { id, method, params } = JSON.parse(line);
  const result = method === 'initialize' ? { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } } : { tools: [] };
  if (id !== undefined) console.log(JSON.stringify({ jsonrpc: '2.0', id, result }));
});
EOF
mkdir -p home/.gemini work etc/gemini-cli
server="{\"command\": \"node\", \"args\": [\"$dir/server.mjs\"]}"
echo "{\"mcp\": {\"allowed\": [\"corp\"]}, \"mcpServers\": {\"corp\": $server}}" > etc/gemini-cli/settings.json
see() { # what it is, and the user's "mcp"
  echo "{\"mcp\": $2, \"mcpServers\": {\"mine\": $server}}" > home/.gemini/settings.json
  local list; list=$(cd work && HOME=$dir/home GEMINI_CLI_TRUST_WORKSPACE=true unshare -rm bash -c \
    'mount --bind "$0" /etc && exec "$@"' "$dir/etc" node ../node_modules/@google/gemini-cli/bundle/gemini.js mcp list 2>&1)
  echo "$1: corp $(sed -n 's/.*corp: .* - //p' <<<"$list"), mine $(sed -n 's/.*mine: .* - //p' <<<"$list")"
}
{
  see "no list of the user's" '{}'
  see 'the user allows mine' '{"allowed": ["mine"]}'
  see 'the user excludes corp' '{"excluded": ["corp"]}'
} | tee seen
[ "$(cat seen)" = "no list of the user's: corp Connected, mine Blocked
the user allows mine: corp Blocked, mine Blocked
the user excludes corp: corp Blocked, mine Blocked" ] || { echo 'CHANGED: lists count otherwise'; exit 1; }
