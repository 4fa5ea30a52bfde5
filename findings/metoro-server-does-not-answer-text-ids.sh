#!/usr/bin/env bash
# Guess:   an MCP server answers a request whose id is a string, as JSON-RPC and MCP allow
#          and clients send ("1", "2" by ThinkInAI's go-mcp), and calls an unknown tool an error.
# Instead: metoro's mcp-golang reads ids as int64 only. A request with a string id gets no
#          answer at all, initialize included; nothing is written to stderr. An unknown
#          tool is answered with the result null, which is no result of tools/call.
# Where:   github.com/metoro-io/mcp-golang v0.16.1
# Output:  ping, id "a": no answer; ping, id 1: {}; unknown tool: result null
# Matters: a bridge that gives requests ids of its own as strings meets a server that seems
#          dead; numbers are safe with all. null must not be taken for a missing result, or
#          the caller waits for ever.
# A string id counts as unanswered when the answers to three later requests are there.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
cat > go.mod <<'EOF'
module check
go 1.26
require github.com/metoro-io/mcp-golang v0.16.1
EOF
cat > main.go <<'EOF'
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"

	mcp "github.com/metoro-io/mcp-golang"
	"github.com/metoro-io/mcp-golang/transport/stdio"
	"github.com/tidwall/gjson"
)

type arguments struct {
	Table string `json:"table"`
}

func main() {
	toServer, in := io.Pipe()
	out, fromServer := io.Pipe()
	server := mcp.NewServer(stdio.NewStdioServerTransportWithIO(toServer, fromServer))
	if err := server.RegisterTool("t", "a tool", func(arguments) (*mcp.ToolResponse, error) {
		return mcp.NewToolResponse(mcp.NewTextContent("ok")), nil
	}); err != nil {
		panic(err)
	}
	if err := server.Serve(); err != nil {
		panic(err)
	}
	go func() {
		for _, id := range []string{`"a"`, "1", "2", "3"} {
			method := `"ping"`
			if id == "3" {
				method = `"tools/call","params":{"name":"unknown","arguments":{}}`
			}
			fmt.Fprintf(in, `{"jsonrpc":"2.0","id":%s,"method":%s}`+"\n", id, method)
		}
	}()
	answers := map[string]string{`"a"`: "no answer"}
	for lines := bufio.NewScanner(out); answers["1"] == "" || answers["2"] == "" || answers["3"] == ""; {
		if !lines.Scan() {
			panic(lines.Err())
		}
		answers[gjson.Get(lines.Text(), "id").Raw] = gjson.Get(lines.Text(), "result").Raw
	}
	fmt.Printf("ping, id \"a\": %s; ping, id 1: %s; unknown tool: result %s\n", answers[`"a"`], answers["1"], answers["3"])
	if answers[`"a"`] != "no answer" || answers["1"] != "{}" || answers["3"] != "null" {
		fmt.Println("CHANGED: string ids are answered, or an unknown tool is")
		os.Exit(1)
	}
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
go run .
