#!/usr/bin/env bash
# github.com/gofiber/fiber/v2 v2.52.15, middleware/proxy: a call that takes longer
# than a second
#
# Guess: a proxy waits for a slow answer for half a minute or so, and hands on an
#   event stream as it comes.
# Behaviour: proxy.Balancer gives an answer one second by default, to its last
#   byte, and collects all of it first. A call that takes longer is answered 500
#   with the text "timeout" or of a network error, though the server runs it to
#   its end; an event stream that is open for longer than a second always is.
#   The 500 even carries headers that had come from the server, Mcp-Session-Id
#   for one.
# Seen: a stream with an event at once, left open: 500, text/plain, Mcp-Session-Id
#   of the server, no event. An answer after 1.2 s: 500; with Timeout: 30 s: 200.
# Why it matters: a tool that takes a second looks broken, and a client that
#   repeats the call runs it twice. GET streams of MCP cannot pass at all.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export GOFLAGS=-mod=mod GOWORK=off GONOSUMDB='github.com/databricks/*'
cat > go.mod <<'EOF'
module probe
go 1.24
require (
	github.com/gofiber/fiber/v2 v2.52.15
)
EOF
cat > main.go <<'EOF'
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/proxy"
)

func front(cfg proxy.Config) string {
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	app.Use(proxy.Balancer(cfg))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	go app.Listener(listener)
	return "http://" + listener.Addr().String()
}

func main() {
	answered := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			time.Sleep(1200 * time.Millisecond) // the length of the call, not to order things
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, `{}`)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("Mcp-Session-Id", "s")
		fmt.Fprint(w, "data: {}\n\n")
		w.(http.Flusher).Flush()
		<-answered
	}))
	failed := false
	for _, c := range []struct {
		name, url string
		status    int
		kind      string
		event     bool
	}{
		{"stream, default", front(proxy.Config{Servers: []string{server.URL}}) + "/stream", 500, "text/plain; charset=utf-8", false},
		{"call of 1.2 s, default", front(proxy.Config{Servers: []string{server.URL}}) + "/slow", 500, "text/plain; charset=utf-8", false},
		{"call of 1.2 s, Timeout 30 s", front(proxy.Config{Servers: []string{server.URL}, Timeout: 30 * time.Second}) + "/slow", 200, "application/json", false},
	} {
		answer, err := http.Post(c.url, "application/json", strings.NewReader("{}"))
		if err != nil {
			fmt.Println("CHANGED:", err)
			os.Exit(1)
		}
		body, _ := io.ReadAll(answer.Body)
		kind, event := answer.Header.Get("Content-Type"), strings.Contains(string(body), "data:")
		fmt.Printf("%s: %d, %s, session %q, an event in it: %v\n", c.name, answer.StatusCode, kind, answer.Header.Get("Mcp-Session-Id"), event)
		if answer.StatusCode != c.status || kind != c.kind || event != c.event || strings.HasPrefix(c.name, "stream") != (answer.Header.Get("Mcp-Session-Id") == "s") {
			fmt.Println("CHANGED: expected", c.status, c.kind, "an event:", c.event)
			failed = true
		}
	}
	close(answered)
	if failed {
		os.Exit(1)
	}
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
[ "$(go list -m -f '{{.Version}}' github.com/gofiber/fiber/v2)" = v2.52.15 ] || { echo "CHANGED: another version of github.com/gofiber/fiber/v2 was chosen"; exit 1; }
go run . 2>log.txt || { cat log.txt; exit 1; }
echo "as stated"
