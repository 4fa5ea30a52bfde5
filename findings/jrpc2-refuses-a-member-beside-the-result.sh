#!/usr/bin/env bash
# github.com/creachadair/jrpc2 v1.3.6: a member beside id, method and params
#
# Guess: unknown members of a message are ignored, as most JSON-RPC libraries do
#   and as JSON-RPC leaves room for.
# Behaviour: they are refused on both sides. A server answers the request with
#   -32600 "extra fields in request"; a client turns a good answer into that same
#   error, though the tool has run.
# Seen: answer {"id":1,"result":{"ok":true},"server":"a"} -> the call fails with
#   [-32600] extra fields in request.
# Why it matters: gateways that put a trace or a timing beside "result" are
#   invisible to other libraries and break this one; a client that repeats the
#   failed call runs the tool twice. A bridge should add nothing at the top
#   level: MCP's place for it is _meta within params and result.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export GOFLAGS=-mod=mod GOWORK=off GONOSUMDB='github.com/databricks/*'
cat > go.mod <<'EOF'
module probe
go 1.24
require (
	github.com/creachadair/jrpc2 v1.3.6
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

	"github.com/creachadair/jrpc2"
	"github.com/creachadair/jrpc2/channel"
	"github.com/creachadair/jrpc2/handler"
	"github.com/sourcegraph/jsonrpc2"
)

var failed bool

func check(what, got, want string) {
	fmt.Printf("%s -> %s\n", what, got)
	if !strings.Contains(got, want) {
		fmt.Println("CHANGED: expected", want)
		failed = true
	}
}

// answering plays a server that puts a member beside its result.
func answering(c net.Conn) {
	requests := bufio.NewScanner(c)
	for requests.Scan() {
		var request struct{ ID json.RawMessage }
		json.Unmarshal(requests.Bytes(), &request)
		fmt.Fprintf(c, `{"jsonrpc":"2.0","id":%s,"result":{"ok":true},"server":"a"}`+"\n", request.ID)
	}
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()

	here, there := net.Pipe()
	go answering(here)
	client := jrpc2.NewClient(channel.Line(there, there), nil)
	_, err := client.Call(ctx, "tools/call", map[string]any{"name": "t"})
	check("client of jrpc2, answer with a member more", fmt.Sprint(err), "[-32600] extra fields in request")
	client.Close()

	here, there = net.Pipe()
	go answering(here)
	other := jsonrpc2.NewConn(ctx, jsonrpc2.NewPlainObjectStream(there), jsonrpc2.HandlerWithError(nil))
	err = other.Call(ctx, "tools/call", map[string]any{"name": "t"}, nil)
	check("client of sourcegraph/jsonrpc2, same answer", fmt.Sprint(err), "<nil>")
	other.Close()

	here, there = net.Pipe()
	server := jrpc2.NewServer(handler.Map{"tools/call": handler.New(func(context.Context) (bool, error) { return true, nil })}, nil)
	server.Start(channel.Line(there, there))
	fmt.Fprintln(here, `{"jsonrpc":"2.0","id":1,"method":"tools/call","trace":"t"}`)
	answer := bufio.NewScanner(here)
	answer.Scan()
	check("server of jrpc2, request with a member more", answer.Text(), `"message":"extra fields in request"`)
	server.Stop()
	if failed {
		os.Exit(1)
	}
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
[ "$(go list -m -f '{{.Version}}' github.com/creachadair/jrpc2)" = v1.3.6 ] || { echo "CHANGED: another version of github.com/creachadair/jrpc2 was chosen"; exit 1; }
[ "$(go list -m -f '{{.Version}}' github.com/sourcegraph/jsonrpc2)" = v0.2.3 ] || { echo "CHANGED: another version of github.com/sourcegraph/jsonrpc2 was chosen"; exit 1; }
go run . 2>log.txt || { cat log.txt; exit 1; }
echo "as stated"
