#!/usr/bin/env bash
# Guess:   with the Go SDK's client, a tools/call that the server answers with
#          HTTP 403, 409 or 413 fails alone; the next call on the same session works.
# Instead: any 4xx answer whose body is not a JSON-RPC error *with the id of the
#          call* ends the client's whole session. The next call is not even sent
#          ("client is closing"); the client sends DELETE for a session that was
#          fine. A JSON-RPC error whose id is null counts as "not JSON-RPC" too,
#          although that is how the TypeScript SDK's own server words every HTTP
#          error. 500, 502, 503, 504 and 429 are forgiven; mcp-go survives all of it.
# Where:   github.com/modelcontextprotocol/go-sdk v1.8.0, github.com/mark3labs/mcp-go v1.2.1
# Output:  403 {"error_code":"PERMISSION_DENIED","message":"no"}
#            go-sdk: first call: ... Forbidden
#            go-sdk: second call: connection closed: ... client is closing: ...
#            mcp-go: second call: <nil>
# Matters: a gateway that refuses one tool with 403 and its own JSON, or one big
#          argument with 413, takes every other tool of that session with it. A
#          bridge should turn such answers into JSON-RPC errors with the call's id.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
cat > go.mod <<'EOF'
module check
go 1.26
require (
	github.com/mark3labs/mcp-go v1.2.1
	github.com/modelcontextprotocol/go-sdk v1.8.0
)
EOF
cat > main.go <<'EOF'
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"

	mcpgo "github.com/mark3labs/mcp-go/client"
	mcpgotypes "github.com/mark3labs/mcp-go/mcp"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

type object map[string]any

// server answers tools/call of "refused" with the given status and body.
func server(status int, body string) (*httptest.Server, func() string) {
	var mu sync.Mutex
	var seen []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var m struct {
			ID     any
			Method string
			Params struct{ Name string }
		}
		json.NewDecoder(r.Body).Decode(&m)
		mu.Lock()
		seen = append(seen, strings.TrimSpace(r.Method+" "+m.Method+" "+m.Params.Name))
		mu.Unlock()
		answer := func(key string, value any) {
			w.Header().Set("Content-Type", "application/json")
			json.NewEncoder(w).Encode(object{"jsonrpc": "2.0", "id": m.ID, key: value})
		}
		switch {
		case r.Method == "GET":
			w.WriteHeader(405)
		case r.Method == "DELETE":
		case m.ID == nil:
			w.WriteHeader(202)
		case m.Method == "initialize":
			w.Header().Set("Mcp-Session-Id", "s1")
			answer("result", object{"protocolVersion": "2025-11-25", "capabilities": object{"tools": object{}}, "serverInfo": object{"name": "s", "version": "1"}})
		case m.Params.Name == "refused":
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			io.WriteString(w, body)
		case m.Method == "tools/call":
			answer("result", object{"content": []any{}})
		default:
			answer("error", object{"code": -32601, "message": "Method not found"})
		}
	}))
	return s, func() string { mu.Lock(); defer mu.Unlock(); return strings.Join(seen, ", ") }
}

func main() {
	ctx := context.Background()
	failed := false
	for _, c := range []struct {
		status int
		body   string
		ends   bool
	}{
		{403, `{"error_code":"PERMISSION_DENIED","message":"no"}`, true},
		{413, `{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"too large"}}`, true},
		{409, `busy`, true},
		{429, `slow down`, false},
		{500, `oops`, false},
	} {
		s, seen := server(c.status, c.body)
		session, err := mcp.NewClient(&mcp.Implementation{Name: "c", Version: "1"}, nil).
			Connect(ctx, &mcp.StreamableClientTransport{Endpoint: s.URL}, nil)
		if err != nil {
			fmt.Println("go-sdk cannot connect:", err)
			os.Exit(1)
		}
		_, first := session.CallTool(ctx, &mcp.CallToolParams{Name: "refused"})
		_, second := session.CallTool(ctx, &mcp.CallToolParams{Name: "fine"})
		session.Close()
		fmt.Printf("%d %s\n  go-sdk: first call: %v\n  go-sdk: second call: %v\n", c.status, c.body, first, second)
		sent := strings.Contains(seen(), "tools/call fine")
		if first == nil || (second != nil) != c.ends || sent == c.ends {
			fmt.Printf("CHANGED: go-sdk after %d: second call sent %v, error %v; seen: %s\n", c.status, sent, second, seen())
			failed = true
		}
		other, err := mcpgo.NewStreamableHttpClient(s.URL)
		if err == nil {
			err = other.Start(ctx)
		}
		if err == nil {
			var init mcpgotypes.InitializeRequest
			init.Params.ProtocolVersion = "2025-11-25"
			init.Params.ClientInfo = mcpgotypes.Implementation{Name: "c", Version: "1"}
			_, err = other.Initialize(ctx, init)
		}
		if err == nil {
			var call mcpgotypes.CallToolRequest
			call.Params.Name = "refused"
			other.CallTool(ctx, call)
			call.Params.Name = "fine"
			_, err = other.CallTool(ctx, call)
			other.Close()
		}
		fmt.Println("  mcp-go: second call:", err)
		if err != nil {
			fmt.Println("CHANGED: mcp-go does not go on after", c.status)
			failed = true
		}
		s.Close()
	}
	if failed {
		os.Exit(1)
	}
}
EOF
go mod tidy >/dev/null 2>&1
go run .
