#!/usr/bin/env bash
# Go log/slog (of the Go in use), zap v1.28.0, zerolog v1.35.1, logrus v1.10.2, npm pino
# 10.4.0: a record of a tool call whose arguments are called like the logger's own members
#
# Guess: a line of a JSON log has each name once. An argument "level" or "msg" is renamed,
#   or it loses against the logger's own.
# Behaviour: slog, zap, zerolog and pino write both (zerolog and pino say so in their
#   documentation). logrus renames to "fields.level". Of two equal names usual readers take
#   the last, which is the argument's, but for the text of pino and zerolog, which stands
#   last itself. RFC 8259 section 4 leaves open what a reader does.
# Seen: arguments level, msg and time; read back with JSON.parse: level "gold" in all four,
#   the text "mine" in slog and zap.
# Why it matters: what a caller writes into an argument decides how its own record is shown,
#   sorted and alerted on, and readers that refuse equal names (encoding/json/v2) lose
#   the line. Put arguments under one member: slog.Group, zap.Any("call").
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true, "type": "module"}' > package.json
pinned="pino@10.4.0"
npm install --silent --no-audit --no-fund --ignore-scripts $pinned >npm.log 2>&1 || { cat npm.log; exit 1; }
for p in $pinned; do
  [ "$(node -p "require('./node_modules/${p%@*}/package.json').version")" = "${p##*@}" ] || { echo "CHANGED: another version of ${p%@*} was installed"; exit 1; }
done
export GOFLAGS=-mod=mod GOWORK=off
cat > go.mod <<'EOF'
module probe
go 1.26
require (
	github.com/rs/zerolog v1.35.1
	github.com/sirupsen/logrus v1.10.2
	go.uber.org/zap v1.28.0
)
EOF
cat > main.go <<'EOF'
package main

import (
	"log/slog"
	"os"

	"github.com/rs/zerolog"
	"github.com/sirupsen/logrus"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

func main() {
	slog.New(slog.NewJSONHandler(os.Stdout, nil)).Info("call", "level", "gold", "msg", "mine", "time", "noon")
	zap.New(zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(os.Stdout), zap.InfoLevel)).Sugar().Infow("call", "level", "gold", "msg", "mine", "time", "noon")
	fields := map[string]any{"level": "gold", "msg": "mine", "message": "mine", "time": "noon"}
	zero := zerolog.New(os.Stdout).With().Timestamp().Logger()
	zero.Info().Fields(fields).Msg("call")
	r := logrus.New()
	r.SetOutput(os.Stdout)
	r.SetFormatter(&logrus.JSONFormatter{})
	delete(fields, "message")
	r.WithFields(fields).Info("call")
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
for want in github.com/rs/zerolog@v1.35.1 github.com/sirupsen/logrus@v1.10.2 go.uber.org/zap@v1.28.0; do
  [ "$(go list -m -f '{{.Version}}' "${want%@*}")" = "${want#*@}" ] || { echo "CHANGED: another version of ${want%@*} was chosen"; exit 1; }
done
go run . >lines 2>log.txt || { cat log.txt; exit 1; }
cat > probe.mjs <<'EOF'
import assert from "node:assert/strict";
import fs from "node:fs";
import pino from "pino";
const lines = fs.readFileSync("lines", "utf8").trim().split("\n");
pino({ base: null }, { write: (line) => lines.push(line.trim()) }).info({ level: "gold", msg: "mine", time: "noon" }, "call");
const seen = {};
for (const [name, line] of [["slog", lines[0]], ["zap", lines[1]], ["zerolog", lines[2]], ["logrus", lines[3]], ["pino", lines[4]]]) {
  const read = JSON.parse(line);
  seen[name] = `level ${line.split('"level":').length - 1} times, read as ${read.level}, text ${name === "zerolog" ? read.message : read.msg}`;
  console.log(`${name}: ${seen[name]}`);
}
assert.deepEqual(seen, {
  slog: "level 2 times, read as gold, text mine",
  zap: "level 2 times, read as gold, text mine",
  zerolog: "level 2 times, read as gold, text call",
  logrus: "level 1 times, read as info, text call",
  pino: "level 2 times, read as gold, text call",
});
EOF
node probe.mjs || { echo "CHANGED: see the difference above"; exit 1; }
echo "as stated"
