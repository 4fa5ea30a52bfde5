#!/usr/bin/env bash
# npm winston 3.19.0: logger.info(text, fields), a record of a tool call as JSON
#
# Guess: the line holds the text and the fields, each under its own name. A field that is
#   called like one of winston's own ("level", "message") is renamed, refused, or wins.
# Behaviour: a field "message" is put behind the text, and is no field any more. A field
#   "level" vanishes. And where the text holds a mark of util.format, of which "%d" and
#   "%c" are also the start of percent-encoded UTF-8 in lower case, all fields vanish,
#   though format.splat(), which would use them, is not there.
# Seen: info("call", {tool, message: "hi"})    -> {"message":"call hi","tool":...}
#       info("call", {tool, level: "gold"})    -> {"level":"info","message":"call","tool":...}
#       info("read file:///caf%c3%a9", {tool}) -> {"level":"info","message":"read file:///caf%c3%a9"}
# Why it matters: "message" is the most usual argument of a tool that sends something, and
#   URIs of resources hold %c3. An audit in this form misses who called what exactly then.
#   Put the fields under one member ({ call: {...} }), and nothing variable into the text.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true, "type": "module"}' > package.json
pinned="winston@3.19.0"
npm install --silent --no-audit --no-fund --ignore-scripts $pinned >npm.log 2>&1 || { cat npm.log; exit 1; }
for p in $pinned; do
  [ "$(node -p "require('./node_modules/${p%@*}/package.json').version")" = "${p##*@}" ] || { echo "CHANGED: another version of ${p%@*} was installed"; exit 1; }
done
cat > probe.mjs <<'EOF'
import assert from "node:assert/strict";
import { Writable } from "node:stream";
import winston from "winston";
const lines = [];
const stream = new Writable({ write(piece, _, done) { lines.push(JSON.parse(piece)); done(); } });
const log = winston.createLogger({ format: winston.format.json(), transports: [new winston.transports.Stream({ stream })] });
log.info("call", { tool: "send", to: "ops" });
log.info("call", { tool: "send", message: "hi" });
log.info("call", { tool: "send", level: "gold" });
log.info("read file:///caf%C3%A9", { tool: "read" });
log.info("read file:///caf%c3%a9", { tool: "read" });
log.info("read file:///caf%c3%a9", { call: { tool: "read" } });
log.info("call", { call: { tool: "send", message: "hi", level: "gold" } });
await new Promise((done) => { log.on("finish", done); log.end(); });
for (const line of lines) console.log(JSON.stringify(line));
const level = "info";
assert.deepEqual(lines, [
  { level, message: "call", tool: "send", to: "ops" },
  { level, message: "call hi", tool: "send" },
  { level, message: "call", tool: "send" },
  { level, message: "read file:///caf%C3%A9", tool: "read" },
  { level, message: "read file:///caf%c3%a9" },
  { level, message: "read file:///caf%c3%a9" },
  { level, message: "call", call: { tool: "send", message: "hi", level: "gold" } },
]);
EOF
node probe.mjs || { echo "CHANGED: see the difference above"; exit 1; }
echo "as stated"
