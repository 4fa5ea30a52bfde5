#!/usr/bin/env bash
# Guess:   MCP client libraries read every kind of content that their own servers can send;
#          a picture beside a text arrives as a picture.
# Instead: ThinkInAI's go-mcp takes every kind for a text, which is empty then: picture,
#          sound, link and embedded text are gone, without an error. metoro's mcp-golang
#          refuses the whole result, its text as well, although it has a type for pictures
#          and its servers send them.
# Where:   github.com/ThinkInAIXYZ/go-mcp v0.2.24, github.com/metoro-io/mcp-golang v0.16.1
# Output:  go-mcp: {"content":[{"type":"text","text":"2 rows"},{"type":"image","text":""},{"type":"resource","text":""}]}
#          mcp-golang: failed to unmarshal tool response: unknown content type: image
# Matters: behind such a client a server seems to answer with nothing, and the fault is
#          looked for in the bridge. What a bridge cuts out, or adds, has to be of type text
#          to be seen by all.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
cat > go.mod <<'EOF'
module check
go 1.26
require (
	github.com/ThinkInAIXYZ/go-mcp v0.2.24
	github.com/metoro-io/mcp-golang v0.16.1
)
EOF
cat > main.go <<'EOF'
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"

	"github.com/ThinkInAIXYZ/go-mcp/client"
	"github.com/ThinkInAIXYZ/go-mcp/protocol"
	"github.com/ThinkInAIXYZ/go-mcp/transport"
	metoro "github.com/metoro-io/mcp-golang"
	"github.com/metoro-io/mcp-golang/transport/stdio"
)

var results = map[string]string{
	"initialize": `{"protocolVersion":"2025-03-26","capabilities":{"tools":{}},"serverInfo":{"name":"s","version":"1"}}`,
	"tools/list": `{"tools":[{"name":"t","inputSchema":{"type":"object"}}]}`,
	"tools/call": `{"content":[{"type":"text","text":"2 rows"},{"type":"image","data":"AAAA","mimeType":"image/png"},{"type":"resource","resource":{"uri":"db://notes","text":"read me"}}]}`,
	"ping":       `{}`,
}

func serve() {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var m struct {
			ID     json.RawMessage
			Method string
		}
		json.Unmarshal(lines.Bytes(), &m)
		if m.ID != nil {
			fmt.Printf(`{"jsonrpc":"2.0","id":%s,"result":%s}`+"\n", m.ID, results[m.Method])
		}
	}
	os.Exit(0)
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func said(result any, err error) string {
	if err != nil {
		return err.Error()
	}
	text, err := json.Marshal(result)
	check(err)
	return string(text)
}

func main() {
	if len(os.Args) > 1 {
		serve()
	}
	ctx := context.Background()
	self, err := os.Executable()
	check(err)

	pipe, err := transport.NewStdioClientTransport(self, []string{"serve"})
	check(err)
	thinkin, err := client.NewClient(pipe)
	check(err)
	goMCP := said(thinkin.CallTool(ctx, &protocol.CallToolRequest{Name: "t", Arguments: map[string]any{}}))
	thinkin.Close()

	server := exec.Command(self, "serve")
	in, err := server.StdinPipe()
	check(err)
	out, err := server.StdoutPipe()
	check(err)
	check(server.Start())
	other := metoro.NewClient(stdio.NewStdioServerTransportWithIO(out, in))
	_, err = other.Initialize(ctx)
	check(err)
	golang := said(other.CallTool(ctx, "t", map[string]any{}))
	in.Close()
	server.Wait()

	fmt.Printf("go-mcp: %s\nmcp-golang: %s\n", goMCP, golang)
	if goMCP != `{"content":[{"type":"text","text":"2 rows"},{"type":"image","text":""},{"type":"resource","text":""}]}` ||
		golang != "failed to unmarshal tool response: unknown content type: image" {
		fmt.Println("CHANGED: the picture is read, or refused otherwise")
		os.Exit(1)
	}
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
go run .
