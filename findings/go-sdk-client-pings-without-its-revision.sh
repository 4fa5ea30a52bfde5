#!/usr/bin/env bash
# Guess:   revision 2026-07-28 has neither a ping nor a log level for a session, so that the
#          client methods for them refuse at once, or are sent as all other requests are.
# Instead: a Go SDK client that has agreed on 2026-07-28 sends both, with the header of the
#          revision, and without the _meta that every request of that revision must have. Its
#          own server answers 400 for want of it. The same client's tools/list works.
# Where:   github.com/modelcontextprotocol/go-sdk v1.8.0
# Output:  tools/list: ok; ping sent, with _meta: false, answer: an error; logging/setLevel sent, with _meta: false, answer: an error
# Matters: a client that pings to see whether its server is there takes a healthy server of
#          that revision for a dead one, and a bridge must not read the revision from _meta alone.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
cat > go.mod <<'EOF'
module check
go 1.26
require github.com/modelcontextprotocol/go-sdk v1.8.0
EOF
cat > main.go <<'EOF'
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

func main() {
	s := mcp.NewServer(&mcp.Implementation{Name: "s", Version: "1"}, nil)
	mcp.AddTool(s, &mcp.Tool{Name: "echo"}, func(context.Context, *mcp.CallToolRequest, struct{}) (*mcp.CallToolResult, any, error) { return nil, nil, nil })
	inner := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return s }, &mcp.StreamableHTTPOptions{Stateless: true})
	meta := map[string]bool{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var m struct {
			Method string
			Params struct {
				Meta map[string]any `json:"_meta"`
			}
		}
		if json.Unmarshal(body, &m) == nil && r.Header.Get("Mcp-Protocol-Version") == "2026-07-28" {
			meta[m.Method] = m.Params.Meta["io.modelcontextprotocol/protocolVersion"] != nil
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		inner.ServeHTTP(w, r)
	}))
	ctx := context.Background()
	client := mcp.NewClient(&mcp.Implementation{Name: "c", Version: "1"}, nil)
	session, err := client.Connect(ctx, &mcp.StreamableClientTransport{Endpoint: server.URL}, nil)
	if err != nil {
		panic(err)
	}
	word := func(err error) string {
		if err != nil {
			return "an error"
		}
		return "ok"
	}
	sent := func(method string) string {
		with, seen := meta[method]
		if !seen {
			return method + " not sent"
		}
		return fmt.Sprintf("%s sent, with _meta: %v", method, with)
	}
	_, err = session.ListTools(ctx, nil)
	list := word(err)
	ping := word(session.Ping(ctx, nil))
	level := word(session.SetLoggingLevel(ctx, &mcp.SetLoggingLevelParams{Level: "debug"}))
	fmt.Printf("tools/list: %s; %s, answer: %s; %s, answer: %s\n", list, sent("ping"), ping, sent("logging/setLevel"), level)
}
EOF
go mod tidy >/dev/null 2>&1
seen=$(go run .)
echo "$seen"
[ "$seen" = 'tools/list: ok; ping sent, with _meta: false, answer: an error; logging/setLevel sent, with _meta: false, answer: an error' ] || { echo 'CHANGED: the client does otherwise'; exit 1; }
