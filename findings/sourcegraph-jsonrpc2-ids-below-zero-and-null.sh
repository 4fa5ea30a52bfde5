#!/usr/bin/env bash
# github.com/sourcegraph/jsonrpc2 v0.2.3: ids below zero, and the id null
#
# Guess: an id comes back as it was sent; and an error with the id null, the
#   answer to a line that could not be read, belongs to no call.
# Behaviour: number ids are unsigned inside: -1 is answered as
#   18446744073709551615, so the caller never finds its answer. The id null is 0
#   inside: an error with the id null ends the call with the id 0, the first of
#   the connection, and is ignored when another call is open.
# Seen: request with id -1 -> {"id":18446744073709551615,"result":...}.
#   {"id":null,"error":{"code":-32700}} while call 0 is open: the call fails with
#   -32700; while call 1 is open: ignored, and the true answer arrives.
# Why it matters: MCP allows any whole number as an id, and initialize is the
#   first call: a complaint about some other line (a byte order mark, a log line)
#   makes the session's handshake fail. A bridge should not hand such errors on,
#   and not give out ids below zero.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export GOFLAGS=-mod=mod GOWORK=off GONOSUMDB='github.com/databricks/*'
cat > go.mod <<'EOF'
module probe
go 1.24
require (
	github.com/sourcegraph/jsonrpc2 v0.2.3
)
EOF
cat > main.go <<'EOF'
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/sourcegraph/jsonrpc2"
)

var failed bool

func check(what, got, want string) {
	fmt.Printf("%s -> %s\n", what, got)
	if got != want {
		fmt.Println("CHANGED: expected", want)
		failed = true
	}
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	handler := jsonrpc2.HandlerWithError(func(context.Context, *jsonrpc2.Conn, *jsonrpc2.Request) (any, error) {
		return map[string]any{}, nil
	})

	// A server of the package, and a plain client.
	here, there := net.Pipe()
	server := jsonrpc2.NewConn(ctx, jsonrpc2.NewPlainObjectStream(there), handler)
	lines := bufio.NewScanner(here)
	for id, want := range map[string]string{"7": "7", "-1": "18446744073709551615"} {
		fmt.Fprintf(here, `{"jsonrpc":"2.0","id":%s,"method":"tools/list"}`+"\n", id)
		lines.Scan()
		var answer struct{ ID json.RawMessage }
		json.Unmarshal(lines.Bytes(), &answer)
		check("request with id "+id, "answer with id "+string(answer.ID), "answer with id "+want)
	}
	server.Close()

	// A client of the package, and a plain server that sends an error without an id first.
	here, there = net.Pipe()
	client := jsonrpc2.NewConn(ctx, jsonrpc2.NewPlainObjectStream(there), handler, jsonrpc2.SetLogger(silent{}))
	go func() {
		requests := bufio.NewScanner(here)
		for requests.Scan() {
			var request struct{ ID json.RawMessage }
			json.Unmarshal(requests.Bytes(), &request)
			fmt.Fprintf(here, `{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}`+"\n")
			fmt.Fprintf(here, `{"jsonrpc":"2.0","id":%s,"result":{}}`+"\n", request.ID)
		}
	}()
	for i, want := range []string{"jsonrpc2: code -32700 message: Parse error", "<nil>"} {
		err := client.Call(ctx, "tools/list", nil, nil)
		check(fmt.Sprintf("error with id null while call %d is open", i), fmt.Sprint(err), want)
	}
	client.Close()
	if failed {
		os.Exit(1)
	}
}

type silent struct{}

func (silent) Printf(format string, v ...any) {
	if !strings.Contains(format, "no corresponding request") {
		fmt.Fprintf(os.Stderr, format, v...)
	}
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
[ "$(go list -m -f '{{.Version}}' github.com/sourcegraph/jsonrpc2)" = v0.2.3 ] || { echo "CHANGED: another version of github.com/sourcegraph/jsonrpc2 was chosen"; exit 1; }
go run . 2>log.txt || { cat log.txt; exit 1; }
echo "as stated"
