#!/usr/bin/env bash
# Guess:   in a Go server an argument with omitempty is optional: the schema says so, and a
#          call without it runs. setLevel is answered with an empty result.
# Instead: gomcp publishes and demands every field but pointers, omitempty or not. It
#          answers setLevel with {"success":true}, which strict clients take for a failure.
# Where:   github.com/localrivet/gomcp v1.7.2, github.com/modelcontextprotocol/go-sdk v1.8.0
# Output:  gomcp: required ["table","limit"]; call without arguments: isError; setLevel: {"success":true}
#          go-sdk: required none; call without arguments: ok; setLevel: {}
# Matters: models leave optional arguments out, and a client that completes or checks them
#          by the schema cannot help. The refusal is the server's, not that of the bridge.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
cat > go.mod <<'EOF'
module check
go 1.26
require (
	github.com/localrivet/gomcp v1.7.2
	github.com/modelcontextprotocol/go-sdk v1.8.0
)
EOF
cat > main.go <<'EOF'
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"

	"github.com/localrivet/gomcp/server"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

type arguments struct {
	Table string  `json:"table,omitempty"`
	Limit int     `json:"limit,omitempty"`
	Order *string `json:"order,omitempty"`
}

func serve(name string) {
	if name == "go-sdk" {
		s := mcp.NewServer(&mcp.Implementation{Name: "s", Version: "1"}, nil)
		mcp.AddTool(s, &mcp.Tool{Name: "t"}, func(context.Context, *mcp.CallToolRequest, arguments) (*mcp.CallToolResult, any, error) {
			return nil, nil, nil
		})
		s.Run(context.Background(), &mcp.StdioTransport{})
		return
	}
	s := server.NewServer("s", server.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil)))).AsStdio()
	s.Tool("t", "a tool", func(*server.Context, arguments) (any, error) { return "ok", nil })
	s.Run()
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

type list struct {
	Tools []struct{ InputSchema struct{ Required json.RawMessage } }
}

func try(name string) string {
	self, err := os.Executable()
	check(err)
	child := exec.Command(self, name)
	in, err := child.StdinPipe()
	check(err)
	out, err := child.StdoutPipe()
	check(err)
	check(child.Start())
	defer child.Wait()
	defer child.Process.Kill()
	lines := bufio.NewReader(out)
	// ask returns the result of a request, or "error".
	ask := func(method, params string) string {
		fmt.Fprintf(in, `{"jsonrpc":"2.0","id":1,"method":%q,"params":%s}`+"\n", method, params)
		for {
			line, err := lines.ReadBytes('\n')
			check(err)
			var m struct{ ID, Result, Error json.RawMessage }
			check(json.Unmarshal(line, &m))
			switch {
			case m.ID == nil: // a notification
			case m.Error != nil:
				return "error"
			default:
				return string(m.Result)
			}
		}
	}
	ask("initialize", `{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"c","version":"1"}}`)
	fmt.Fprintln(in, `{"jsonrpc":"2.0","method":"notifications/initialized"}`)
	var tools list
	check(json.Unmarshal([]byte(ask("tools/list", "{}")), &tools))
	required := string(tools.Tools[0].InputSchema.Required)
	if required == "" {
		required = "none"
	}
	call := "ok"
	if strings.Contains(ask("tools/call", `{"name":"t","arguments":{}}`), `"isError":true`) {
		call = "isError"
	}
	return fmt.Sprintf("%s: required %s; call without arguments: %s; setLevel: %s", name, required, call,
		ask("logging/setLevel", `{"level":"info"}`))
}

func main() {
	if len(os.Args) > 1 {
		serve(os.Args[1])
		return
	}
	seen := try("gomcp") + "\n" + try("go-sdk")
	fmt.Println(seen)
	if seen != `gomcp: required ["table","limit"]; call without arguments: isError; setLevel: {"success":true}`+"\n"+
		`go-sdk: required none; call without arguments: ok; setLevel: {}` {
		fmt.Println("CHANGED: optional arguments or setLevel are treated otherwise")
		os.Exit(1)
	}
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
go run .
