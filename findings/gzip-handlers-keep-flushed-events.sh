#!/usr/bin/env bash
# Go gzip handlers around a server that streams events
#
# Guess: a handler that compresses hands on what was flushed, compressed or as it is: each of
#   these writers has Flush, and Flush gives no error.
# Behaviour: github.com/NYTimes/gziphandler v1.1.1 and github.com/CAFxX/httpcompression v0.0.8
#   wait for a least size before they choose, and until then Flush does nothing, also not for
#   the status and the headers. klauspost's gzhttp v1.20.4 and chi's Compress v5.2.3 hand on.
# Seen: one event of 65 bytes, flushed, and a server that then waits for the client's answer
#   to it: with the first two no status, no header and no event until the server gives up;
#   with the others, and without compression, all at once. Flush is without an error in all.
# Why it matters: an MCP server asks its client in the midst of a call (elicitation,
#   sampling), by just such an event. Both sides then wait for each other to the time limit;
#   progress comes with the result, and a GET stream never opens. Long events pass, so that a
#   short trial shows nothing. Leave text/event-stream out of what is compressed.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export GOFLAGS='-mod=mod -trimpath -ldflags=-w -vet=off' GOWORK=off
cat > go.mod <<'EOF'
module probe
go 1.26
require (
	github.com/CAFxX/httpcompression v0.0.8
	github.com/NYTimes/gziphandler v1.1.1
	github.com/go-chi/chi/v5 v5.2.3
	github.com/klauspost/compress v1.20.4
)
EOF
cat > main.go <<'EOF'
package main

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/CAFxX/httpcompression"
	"github.com/NYTimes/gziphandler"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/klauspost/compress/gzhttp"
)

const event = `data: {"jsonrpc":"2.0","id":1,"method":"elicitation/create"}` + "\n\n"

func main() {
	failed := false
	compression, err := httpcompression.DefaultAdapter()
	if err != nil {
		panic(err)
	}
	for _, c := range []struct {
		name string
		wrap func(http.Handler) http.Handler
		held bool
	}{
		{"no compression", func(h http.Handler) http.Handler { return h }, false},
		{"NYTimes/gziphandler", gziphandler.GzipHandler, true},
		{"CAFxX/httpcompression", compression, true},
		{"klauspost gzhttp", func(h http.Handler) http.Handler { return gzhttp.GzipHandler(h) }, false},
		{"chi Compress", middleware.Compress(5, "text/event-stream"), false},
	} {
		// The server asks, and waits for the answer as long as it has patience.
		answer, gaveUp := make(chan struct{}, 1), atomic.Bool{}
		server := httptest.NewServer(c.wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			w.WriteHeader(http.StatusOK)
			io.WriteString(w, event)
			if err := http.NewResponseController(w).Flush(); err != nil {
				fmt.Println("CHANGED: Flush:", err)
				failed = true
			}
			select {
			case <-answer:
			case <-time.After(3 * time.Second):
				gaveUp.Store(true)
			}
		})))
		req, _ := http.NewRequest("POST", server.URL, strings.NewReader("{}"))
		req.Header.Set("Accept-Encoding", "gzip")
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			panic(err)
		}
		var body io.Reader = res.Body
		if res.Header.Get("Content-Encoding") == "gzip" {
			if body, err = gzip.NewReader(body); err != nil {
				panic(err)
			}
		}
		line, _ := bufio.NewReader(body).ReadString('\n')
		held := gaveUp.Load()
		answer <- struct{}{}
		res.Body.Close()
		server.Close()
		fmt.Printf("%s: event seen only when the server had given up: %v\n", c.name, held)
		if held != c.held || line != event[:len(event)-1] {
			fmt.Println("CHANGED: expected", c.held, "and got", line)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
for want in github.com/CAFxX/httpcompression@v0.0.8 github.com/NYTimes/gziphandler@v1.1.1 github.com/go-chi/chi/v5@v5.2.3 github.com/klauspost/compress@v1.20.4; do
  [ "$(go list -m -f '{{.Version}}' "${want%@*}")" = "${want#*@}" ] || { echo "CHANGED: another version of ${want%@*} was chosen"; exit 1; }
done
go run . 2>log.txt || { cat log.txt; exit 1; }
echo "as stated"
