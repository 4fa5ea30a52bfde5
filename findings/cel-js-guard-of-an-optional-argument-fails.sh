#!/usr/bin/env bash
# npm cel-js 0.8.2, @marcbachmann/cel-js 8.0.0, @bufbuild/cel 0.6.1: a guarded argument
#
# Guess: !has(args.repo) || args.repo == "docs" is how CEL asks for an argument that may be
#   missing; "or" is true when one side is, whatever the other one does, in every port.
# Behaviour: cel-js evaluates both sides and fails at the missing member. It does so for
#   true || ... as well, and has another sum for 7 / 2: 3.5, where CEL has 3. The other two do
#   as the specification says.
# Seen: with {} the guarded rule is true for two, and for cel-js an error: Identifier "repo"
#   not found. With {"repo": "docs"} it is true in all three.
# Why it matters: rules for MCP calls are tried with full arguments, and written once for
#   gateways in Go and in Node. Behind cel-js a call that leaves the argument out, as the rule
#   allows, is refused, or whatever the caller does at an error. Ask which CEL a program has.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
pinned="cel-js@0.8.2 @marcbachmann/cel-js@8.0.0 @bufbuild/cel@0.6.1"
npm install --silent --no-audit --no-fund --ignore-scripts $pinned >npm.log 2>&1 || { cat npm.log; exit 1; }
for p in $pinned; do
  [ "$(node -p "JSON.parse(require('fs').readFileSync('./node_modules/${p%@*}/package.json')).version")" = "${p##*@}" ] || { echo "CHANGED: another version of ${p%@*} was installed"; exit 1; }
done
cat > check.mjs <<'EOF'
import { evaluate as celJs } from 'cel-js';
import { evaluate as other } from '@marcbachmann/cel-js';
import { celEnv, isCelError, parse, plan } from '@bufbuild/cel';
const bufbuild = (rule, input) => {
  const result = plan(celEnv(), parse(rule))(input);
  if (isCelError(result)) throw result;
  return result;
};
const outcome = (evaluate, rule, args) => {
  try { return String(evaluate(rule, { args })); } catch (error) { return `error: ${error.message.split('"').slice(0, 3).join('"')}`; }
};
const guarded = '!has(args.repo) || args.repo == "docs"';
let failed = false;
for (const [rule, args, want, ofCelJs] of [
  [guarded, { repo: 'docs' }, 'true', 'true'],
  [guarded, { repo: 'main' }, 'false', 'false'],
  [guarded, {}, 'true', 'error: Identifier "repo" not found in context: {'],
  ['true || args.repo == "docs"', {}, 'true', 'error: Identifier "repo" not found in context: {'],
  ['7 / 2', {}, '3', '3.5'],
]) {
  const seen = [celJs, other, bufbuild].map((evaluate) => outcome(evaluate, rule, args));
  console.log(`${rule} with ${JSON.stringify(args)}: cel-js: ${seen[0]}; @marcbachmann/cel-js: ${seen[1]}; @bufbuild/cel: ${seen[2]}`);
  if (seen[0] !== ofCelJs || seen[1] !== want || seen[2] !== want) (failed = true), console.log(`CHANGED: expected ${ofCelJs}, ${want}, ${want}`);
}
process.exit(failed ? 1 : 0);
EOF
node check.mjs
echo "as stated"
