#!/usr/bin/env bash
# Databricks CLI v1.12.1 (libs/appproxy, the proxy of "databricks apps run-local"):
# an event stream of an app
#
# Guess: run-local puts the headers of Databricks Apps in front of an app and lets
#   its answers through as they come, so an MCP server's stream can be tried out.
# Behaviour: the answer is copied without a flush. Status, headers and events stay
#   in the proxy until some four kilobytes have come together or the app ends the
#   answer. A server that waits for its client in mid-stream waits for ever.
# Seen: an app sends an event and waits until the client has it: nothing, not even
#   a status, within 3 s through the proxy; at once without the proxy. When the
#   app ends the stream, all comes together.
# Why it matters: GET streams, progress and questions of the server (elicitation,
#   sampling) look broken in run-local though the app is right. Try streams
#   against the app's own port.
# The three seconds are only a bound for "nothing came".
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export GOFLAGS=-mod=mod GOWORK=off GONOSUMDB='github.com/databricks/*'
cat > go.mod <<'EOF'
module probe
go 1.24
require (
	github.com/databricks/cli v1.12.1
)
EOF
cat > main.go <<'EOF'
package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"github.com/databricks/cli/libs/appproxy"
)

func main() {
	ctx := context.Background()
	end := make(chan struct{}, 2)
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, "event: message\ndata: {}\n\n")
		w.(http.Flusher).Flush()
		<-end
	}))
	proxy, err := appproxy.New(ctx, app.URL)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	listener, err := proxy.Listen("127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	go proxy.Serve(listener)

	failed := false
	for _, c := range []struct {
		name, url string
		early     string
	}{
		{"app itself", app.URL, "event: message"},
		{"through run-local's proxy", "http://" + listener.Addr().String(), "nothing"},
	} {
		first := make(chan string, 1)
		go func() {
			answer, err := http.Get(c.url)
			if err != nil {
				first <- err.Error()
				return
			}
			line, _ := bufio.NewReader(answer.Body).ReadString('\n')
			first <- line[:max(len(line)-1, 0)]
		}()
		early, late := "nothing", ""
		select {
		case early = <-first:
			end <- struct{}{}
		case <-time.After(3 * time.Second):
			end <- struct{}{}
			late = <-first
		}
		fmt.Printf("%s: while the app waits: %s", c.name, early)
		if late != "" {
			fmt.Printf("; when it has ended: %s", late)
		}
		fmt.Println()
		if early != c.early || early == "nothing" && late != "event: message" {
			fmt.Println("CHANGED: expected", c.early)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
[ "$(go list -m -f '{{.Version}}' github.com/databricks/cli)" = v1.12.1 ] || { echo "CHANGED: another version of github.com/databricks/cli was chosen"; exit 1; }
go run . 2>log.txt || { cat log.txt; exit 1; }
echo "as stated"
