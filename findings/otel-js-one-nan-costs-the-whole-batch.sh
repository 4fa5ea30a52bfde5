#!/usr/bin/env bash
# npm @opentelemetry/otlp-transformer 0.223.1, JSON, and the collector's reader
#
# Guess: a number that the wire has no form for costs its attribute, or is written in another
#   way (OTLP's JSON writes "NaN" as text, and 1e20 is a double); the other spans arrive.
# Behaviour: NaN and Infinity are written as {"doubleValue":null}, and every whole number as
#   intValue, also beyond 64 bits: {"intValue":100000000000000000000}. The collector's reader
#   (go.opentelemetry.io/collector/pdata v1.71.0) refuses the whole request for either. As
#   protobuf, written by the same package, both arrive as doubles.
# Seen: two spans, and NaN, 1e20 or Number.MAX_VALUE as an attribute of the second: JSON is
#   refused, none of the two is kept; protobuf keeps both. With 10 and 0.5 JSON keeps both.
# Why it matters: JSON is what the plain OTLP/HTTP exporter sends. Who puts a tool's arguments
#   or figures into spans loses all spans of that batch, those of other users' calls too, by
#   one "limit": Number.MAX_VALUE or one mean of no values. A refused batch is not sent again.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
pinned="@opentelemetry/otlp-transformer@0.223.1 @opentelemetry/sdk-trace@2.12.1"
npm install --silent --no-audit --no-fund --ignore-scripts $pinned @opentelemetry/api@1 >npm.log 2>&1 || { cat npm.log; exit 1; }
for p in $pinned; do
  [ "$(node -p "JSON.parse(require('fs').readFileSync('./node_modules/${p%@*}/package.json')).version")" = "${p##*@}" ] || { echo "CHANGED: another version of ${p%@*} was installed"; exit 1; }
done
export GOFLAGS='-mod=mod -trimpath -ldflags=-w -vet=off' GOWORK=off
cat > go.mod <<'EOF'
module probe
go 1.26
require go.opentelemetry.io/collector/pdata v1.71.0
EOF
cat > main.go <<'EOF'
package main

import (
	"fmt"
	"io"
	"os"

	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
)

// main reads an export request as the collector's OTLP receiver does, and says how many spans it has.
func main() {
	body, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	request := ptraceotlp.NewExportRequest()
	if os.Args[1] == "json" {
		err = request.UnmarshalJSON(body)
	} else {
		err = request.UnmarshalProto(body)
	}
	if err != nil {
		fmt.Println("refused")
		return
	}
	fmt.Println(request.Traces().SpanCount(), "spans")
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
[ "$(go list -m -f '{{.Version}}' go.opentelemetry.io/collector/pdata)" = v1.71.0 ] || { echo "CHANGED: another version of pdata was chosen"; exit 1; }
go build -o reader . 2>log.txt || { cat log.txt; exit 1; }
cat > check.mjs <<'EOF'
import { execFileSync } from 'node:child_process';
import transformer from '@opentelemetry/otlp-transformer';
import sdk from '@opentelemetry/sdk-trace';
let failed = false;
for (const [name, value, json] of [['10', 10, '2 spans'], ['0.5', 0.5, '2 spans'], ['NaN', NaN, 'refused'], ['1e20', 1e20, 'refused'], ['Number.MAX_VALUE', Number.MAX_VALUE, 'refused']]) {
  const exporter = new sdk.InMemorySpanExporter();
  const tracer = new sdk.TracerProvider({ sampler: new sdk.AlwaysOnSampler(), spanProcessors: [new sdk.SimpleSpanProcessor({ exporter })] }).getTracer('probe');
  tracer.startSpan('tools/list').end();
  tracer.startSpan('tools/call', { attributes: { value } }).end();
  const spans = exporter.getFinishedSpans();
  const read = (format, input) => execFileSync('./reader', [format], { input, encoding: 'utf8' }).trim();
  const seen = [read('json', transformer.JsonTraceSerializer.serializeRequest(spans)), read('protobuf', transformer.ProtobufTraceSerializer.serializeRequest(spans))];
  console.log(`${name}, of ${spans.length} spans: JSON: ${seen[0]}; protobuf: ${seen[1]}`);
  if (spans.length !== 2 || seen[0] !== json || seen[1] !== '2 spans') (failed = true), console.log(`CHANGED: expected ${json} and 2 spans`);
}
process.exit(failed ? 1 : 0);
EOF
node check.mjs
echo "as stated"
