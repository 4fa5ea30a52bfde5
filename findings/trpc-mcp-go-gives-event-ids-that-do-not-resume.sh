#!/usr/bin/env bash
# Guess:   a server that gives the events of a call's stream an id, and takes a GET with
#          Last-Event-ID, sends on that GET what came after: the answer of the call.
# Instead: trpc-mcp-go puts an id on every event and answers the GET with 200 and an event
#          stream, but sends the answer nowhere; the stream stays silent. The GET also ends
#          the stream for the server's own messages that the session had open.
# Where:   trpc.group/trpc-go/trpc-mcp-go v0.0.20
# Output:  first event of the call: id evt-..., progress: true
#          GET with that id: 200 text/event-stream
#          on the GET came within 5 s: a notification stream/resumed, and no answer
#          the stream that was open before has ended: true
# Matters: an id makes a client wait: it reconnects and believes that the answer will come,
#          for the rest of its time limit. Ids are for servers with a store of events; a
#          client or a bridge needs a limit of its own for a resumed call.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
cat > go.mod <<'EOF'
module check
go 1.26
require trpc.group/trpc-go/trpc-mcp-go v0.0.20
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
	"strings"
	"time"

	mcp "trpc.group/trpc-go/trpc-mcp-go"
)

// stream reads an answer line by line into a channel that is closed with it.
func stream(resp *http.Response) <-chan string {
	lines := make(chan string, 100)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(resp.Body); s.Scan(); {
			lines <- s.Text()
		}
	}()
	return lines
}

func main() {
	goOn, ended := make(chan bool), make(chan bool)
	server := mcp.NewServer("s", "1", mcp.WithServerPath("/mcp"))
	server.RegisterTool(mcp.NewTool("t"), func(ctx context.Context, _ *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		if sender, ok := mcp.GetNotificationSender(ctx); ok {
			sender.SendProgress(0.5, "half")
		}
		<-goOn
		defer close(ended)
		return mcp.NewTextResult("the answer"), nil
	})
	s := httptest.NewServer(server.HTTPHandler())
	session := ""
	send := func(ctx context.Context, method, lastID, body string) *http.Response {
		r, _ := http.NewRequestWithContext(ctx, method, s.URL+"/mcp", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Accept", "text/event-stream")
		if method == "POST" {
			r.Header.Set("Accept", "application/json, text/event-stream")
		}
		if session != "" {
			r.Header.Set("Mcp-Session-Id", session)
		}
		if lastID != "" {
			r.Header.Set("Last-Event-ID", lastID)
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		return resp
	}
	ctx := context.Background()
	resp := send(ctx, "POST", "", `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-03-26","capabilities":{},"clientInfo":{"name":"c","version":"1"}}}`)
	session = resp.Header.Get("Mcp-Session-Id")
	resp.Body.Close()
	send(ctx, "POST", "", `{"jsonrpc":"2.0","method":"notifications/initialized"}`).Body.Close()
	listening := stream(send(ctx, "GET", "", ""))

	callCtx, drop := context.WithCancel(ctx)
	call := stream(send(callCtx, "POST", "", `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"t","arguments":{},"_meta":{"progressToken":"p"}}}`))
	lastID := strings.TrimPrefix(<-call, "id: ")
	progress := <-call
	fmt.Printf("first event of the call: id %.4s..., progress: %v\n", lastID, strings.Contains(progress, "notifications/progress"))
	drop() // the connection is lost
	resp = send(ctx, "GET", lastID, "")
	fmt.Printf("GET with that id: %d %s\n", resp.StatusCode, resp.Header.Get("Content-Type"))
	resumed := stream(resp)
	close(goOn)
	<-ended
	came := ""
	for wait := time.After(5 * time.Second); ; {
		select {
		case line, open := <-resumed:
			if !open {
				break
			}
			came += line + "\n"
			continue
		case <-wait:
		}
		break
	}
	fmt.Printf("the tool has ended; on the GET came within 5 s:\n%s", came)
	endedBefore := false
	for wait := time.After(2 * time.Second); ; {
		select {
		case _, open := <-listening:
			if open {
				continue
			}
			endedBefore = true
		case <-wait:
		}
		break
	}
	fmt.Println("the stream that was open before has ended:", endedBefore)
	if !strings.HasPrefix(lastID, "evt-") || resp.StatusCode != 200 || strings.Contains(came, "the answer") || !endedBefore {
		fmt.Println("CHANGED: the answer is sent on the resumed stream, or there is none to resume")
		os.Exit(1)
	}
	os.Exit(0)
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
go run . 2>log.txt || { cat log.txt; exit 1; }
