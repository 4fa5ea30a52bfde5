#!/usr/bin/env bash
# github.com/creachadair/jrpc2 v1.3.6: a request of the server to the client
#
# Guess: a client without a handler for the server's requests answers them with
#   "method not found", as JSON-RPC has it for each request.
# Behaviour: it drops them. The server gets no answer of any kind, unless the
#   program sets ClientOptions.OnCallback.
# Seen: {"id":"s1","method":"ping"} in the middle of a call: no answer within 2 s;
#   with OnCallback: an answer. The call itself ends well both times.
# Why it matters: an MCP server may ping, ask for roots or elicit at any time. A
#   server that waits for the pong before it goes on, or that drops clients that
#   do not answer, hangs or ends the session. Set OnCallback, if only to refuse.
# The two seconds are only a bound for "nothing came".
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
	"time"

	"github.com/creachadair/jrpc2"
	"github.com/creachadair/jrpc2/channel"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	failed := false
	for _, c := range []struct {
		name string
		opts *jrpc2.ClientOptions
		want string
	}{
		{"default", nil, "nothing"},
		{"with OnCallback", &jrpc2.ClientOptions{OnCallback: func(context.Context, *jrpc2.Request) (any, error) {
			return nil, jrpc2.MethodNotFound.Err()
		}}, "an answer with id \"s1\""},
	} {
		here, there := net.Pipe()
		client := jrpc2.NewClient(channel.Line(there, there), c.opts)
		answered := make(chan string, 1)
		go func() {
			lines := make(chan []byte)
			go func() {
				scanner := bufio.NewScanner(here)
				for scanner.Scan() {
					lines <- append([]byte(nil), scanner.Bytes()...)
				}
			}()
			var call, answer struct{ ID json.RawMessage }
			json.Unmarshal(<-lines, &call)
			fmt.Fprintln(here, `{"jsonrpc":"2.0","id":"s1","method":"ping"}`)
			select {
			case line := <-lines:
				json.Unmarshal(line, &answer)
				answered <- "an answer with id " + string(answer.ID)
			case <-time.After(2 * time.Second):
				answered <- "nothing"
			}
			fmt.Fprintf(here, `{"jsonrpc":"2.0","id":%s,"result":{}}`+"\n", call.ID)
		}()
		_, err := client.Call(ctx, "tools/call", map[string]any{"name": "t"})
		got := <-answered
		fmt.Printf("%s: the server's ping got %s; the call ended with error %v\n", c.name, got, err)
		if got != c.want || err != nil {
			fmt.Println("CHANGED: expected", c.want)
			failed = true
		}
		here.Close()
		client.Close()
	}
	if failed {
		os.Exit(1)
	}
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
[ "$(go list -m -f '{{.Version}}' github.com/creachadair/jrpc2)" = v1.3.6 ] || { echo "CHANGED: another version of github.com/creachadair/jrpc2 was chosen"; exit 1; }
go run . 2>log.txt || { cat log.txt; exit 1; }
echo "as stated"
