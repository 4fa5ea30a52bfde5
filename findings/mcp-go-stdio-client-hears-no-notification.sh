#!/usr/bin/env bash
# Guess:   a client made by mcp-go's NewStdioMCPClient, which starts the connection by
#          itself, hands notifications to OnNotification and answers pings, as every client.
# Instead: the connection is started without them: OnNotification is never called, be it
#          for progress, log or list_changed, and a ping of the server is answered -32601
#          "No request handler configured". Calling Start once more, which the constructor
#          makes look needless, brings both.
# Where:   github.com/mark3labs/mcp-go v1.2.1
# Output:  as made: notifications heard: 0; ping: error {"code":-32601,"message":"No request handler configured"}
#          after Start: notifications heard: 1; ping: result {}
# Matters: such a client goes on with an old list of tools, and a server or a bridge that
#          pings to learn whether its client lives must take an error for a yes.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
cat > go.mod <<'EOF'
module check
go 1.26
require github.com/mark3labs/mcp-go v1.2.1
EOF
cat > main.go <<'EOF'
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/mcp"
)

// serve answers each call with what the client answers to a ping, and tells it first that
// the tools have changed.
func serve() {
	lines := bufio.NewScanner(os.Stdin)
	next := func() (m struct {
		ID            json.RawMessage
		Method        string
		Result, Error json.RawMessage
	}) {
		if !lines.Scan() {
			os.Exit(0)
		}
		json.Unmarshal(lines.Bytes(), &m)
		return m
	}
	for {
		m := next()
		switch m.Method {
		case "initialize":
			fmt.Printf(`{"jsonrpc":"2.0","id":%s,"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{"listChanged":true}},"serverInfo":{"name":"s","version":"1"}}}`+"\n", m.ID)
		case "tools/call":
			fmt.Println(`{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}`)
			fmt.Println(`{"jsonrpc":"2.0","id":"from-server","method":"ping"}`)
			answer := next()
			text := "result " + string(answer.Result)
			if answer.Error != nil {
				text = "error " + string(answer.Error)
			}
			quoted, _ := json.Marshal(text)
			fmt.Printf(`{"jsonrpc":"2.0","id":%s,"result":{"content":[{"type":"text","text":%s}]}}`+"\n", m.ID, quoted)
		}
	}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func try(start bool) string {
	ctx := context.Background()
	self, err := os.Executable()
	check(err)
	c, err := client.NewStdioMCPClient(self, nil, "serve")
	check(err)
	defer c.Close()
	var heard atomic.Int32
	c.OnNotification(func(mcp.JSONRPCNotification) { heard.Add(1) })
	if start {
		check(c.Start(ctx))
	}
	hello := mcp.InitializeRequest{}
	hello.Params.ProtocolVersion = "2025-11-25"
	hello.Params.ClientInfo = mcp.Implementation{Name: "c", Version: "1"}
	_, err = c.Initialize(ctx, hello)
	check(err)
	call := mcp.CallToolRequest{}
	call.Params.Name = "t"
	result, err := c.CallTool(ctx, call)
	check(err)
	// The notification came before the answer; a handler beside the reader gets two seconds.
	for end := time.Now().Add(2 * time.Second); heard.Load() == 0 && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	return fmt.Sprintf("notifications heard: %d; ping: %s", heard.Load(), result.Content[0].(mcp.TextContent).Text)
}

func main() {
	if len(os.Args) > 1 {
		serve()
	}
	made, started := try(false), try(true)
	fmt.Printf("as made: %s\nafter Start: %s\n", made, started)
	if made != `notifications heard: 0; ping: error {"code":-32601,"message":"No request handler configured"}` || started != "notifications heard: 1; ping: result {}" {
		fmt.Println("CHANGED: the client hears notifications and answers pings as made, or not even after Start")
		os.Exit(1)
	}
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
go run .
