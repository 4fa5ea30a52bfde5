#!/usr/bin/env bash
# Go go.opentelemetry.io/otel v1.47.0 and npm @opentelemetry/core 2.12.1: tracestate
#
# Guess: both propagators read the same tracestate. W3C Trace Context (section 3.3.1) allows
#   empty members, "because it is difficult for a vendor to recognize the empty value when
#   multiple tracestate headers are sent", and several headers (RFC 7230, joined in order).
# Behaviour: Go drops the whole tracestate for one empty member, and of two headers it
#   reads the first. JavaScript passes over the empty member, and Node joins the headers.
# Seen: "a=1, ,b=2" -> Go "", JavaScript "a=1,b=2"; the headers "a=1" and "b=2" -> Go "a=1",
#   JavaScript "a=1,b=2". traceparent is read all the same, without a word.
# Why it matters: sampling decisions and tenant ids of vendors are in there, and a proxy
#   that adds its own member as a second header removes that of the others for every Go
#   server behind it. A bridge that copies HTTP headers into _meta.tracestate joins all
#   values, and leaves empty members out.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true, "type": "module"}' > package.json
pinned="@opentelemetry/core@2.12.1 @opentelemetry/api@1.9.1"
npm install --silent --no-audit --no-fund --ignore-scripts $pinned >npm.log 2>&1 || { cat npm.log; exit 1; }
for p in $pinned; do
  [ "$(node -p "JSON.parse(require('fs').readFileSync('./node_modules/${p%@*}/package.json')).version")" = "${p##*@}" ] || { echo "CHANGED: another version of ${p%@*} was installed"; exit 1; }
done
export GOFLAGS=-mod=mod GOWORK=off
cat > go.mod <<'EOF'
module probe
go 1.26
require (
	go.opentelemetry.io/otel v1.47.0
	go.opentelemetry.io/otel/trace v1.47.0
)
EOF
cat > main.go <<'EOF'
package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr())
	http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := propagation.TraceContext{}.Extract(context.Background(), propagation.HeaderCarrier(r.Header))
		span := trace.SpanContextFromContext(ctx)
		if !span.IsValid() {
			os.Exit(1)
		}
		fmt.Fprint(w, span.TraceState())
	}))
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
[ "$(go list -m -f '{{.Version}}' go.opentelemetry.io/otel)" = v1.47.0 ] || { echo "CHANGED: another version of otel was chosen"; exit 1; }
go build -o server . >log.txt 2>&1 || { cat log.txt; exit 1; }
cat > probe.mjs <<'EOF'
import assert from "node:assert/strict";
import http from "node:http";
import { spawn } from "node:child_process";
import { ROOT_CONTEXT, defaultTextMapGetter, trace } from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";

const js = http.createServer((req, res) => {
  const span = trace.getSpanContext(new W3CTraceContextPropagator().extract(ROOT_CONTEXT, req.headers, defaultTextMapGetter));
  assert.ok(span.traceId);
  res.end(span.traceState?.serialize() ?? "");
});
await new Promise((done) => js.listen(0, "127.0.0.1", done));
const go = spawn("./server", { stdio: ["ignore", "pipe", "inherit"] });
const goPort = Number((await new Promise((done) => go.stdout.once("data", (line) => done(String(line))))).trim().split(":")[1]);
const ask = (port, tracestate) => new Promise((done, fail) => http.get({ host: "127.0.0.1", port, agent: false, headers: { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", tracestate } }, async (res) => {
  let body = "";
  for await (const piece of res) body += piece;
  done(body);
}).on("error", fail));
const seen = [];
for (const tracestate of ["a=1,b=2", "a=1, ,b=2", ["a=1", "b=2"]]) seen.push([JSON.stringify(tracestate), await ask(goPort, tracestate), await ask(js.address().port, tracestate)]);
go.kill();
js.close();
for (const [sent, inGo, inJS] of seen) console.log(`${sent}: Go "${inGo}", JavaScript "${inJS}"`);
assert.deepEqual(seen, [['"a=1,b=2"', "a=1,b=2", "a=1,b=2"], ['"a=1, ,b=2"', "", "a=1,b=2"], ['["a=1","b=2"]', "a=1", "a=1,b=2"]]);
EOF
node probe.mjs || { echo "CHANGED: see the difference above"; exit 1; }
echo "as stated"
