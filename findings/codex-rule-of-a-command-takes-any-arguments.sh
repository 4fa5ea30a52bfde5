#!/usr/bin/env bash
# Guess:   in Codex's requirements.toml, "identity.command" of an allowed MCP server names
#          what may be started: the same program with other arguments is another server.
# Instead: a command that is a text is compared with the program alone. With it any
#          arguments are allowed: "python3 -c ..." where "python3 server.py" was meant, or
#          "npx" with any package. Only the other form, { executable = ..., args = [...] },
#          looks at them, and it must tell of each one.
# Where:   npm @openai/codex-linux-x64 of @openai/codex 0.171.0, on Linux with user namespaces
# Output:  text: server.py enabled, -c enabled
#          executable and args: server.py enabled, -c disabled
# Matters: an allow list of "npx", "uvx" or "python3" by the short form allows everything.
#          Whoever writes such rules for others has to write the long one.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @openai/codex@0.171.0
codex=$(find "$dir/node_modules" -path '*/vendor/*' -name codex -type f)
mkdir -p etc/codex home/.codex
config() { # arguments of the server
  printf '[mcp_servers.s]\ncommand = "/usr/bin/python3"\nargs = %s\n' "$1" > home/.codex/config.toml
}
state() { # of the server "s", on a machine whose /etc is a folder
  unshare -rm bash -c 'mount --bind "$0" /etc && HOME=$1 exec "$2" mcp list --json' "$dir/etc" "$dir/home" "$codex" 2>/dev/null |
    node -e 'let t="";process.stdin.on("data",d=>t+=d).on("end",()=>console.log(JSON.parse(t).find(s=>s.name==="s").enabled?"enabled":"disabled"))'
}
see() { # what the rule is
  config '["server.py"]'; local good; good=$(state)
  config '["-c", "print(1)"]'
  echo "$1: server.py $good, -c $(state)"
}
{
  printf '[mcp_servers.s.identity]\ncommand = "/usr/bin/python3"\n' > etc/codex/requirements.toml
  see text
  printf '[mcp_servers.s]\nidentity = { command = { executable = "/usr/bin/python3", args = [{ match = "exact", value = "server.py" }] } }\n' > etc/codex/requirements.toml
  see 'executable and args'
} | tee seen
[ "$(cat seen)" = "text: server.py enabled, -c enabled
executable and args: server.py enabled, -c disabled" ] || { echo 'CHANGED: rules are compared otherwise'; exit 1; }
