#!/usr/bin/env bash
# Guess:   Genkit for Go shows its model the schema of an MCP tool as the server gives it, or
#          with its references written out, and sends the call on.
# Instead: the definitions are dropped and the references to them kept. The model is shown a
#          $ref to nothing; and each call, with the very arguments that the server wants, is refused
#          by Genkit itself, "Object has no key '$defs'", before it is sent. Only a tool without
#          references can be called.
# Where:   github.com/firebase/genkit/go v1.4.0 (github.com/mark3labs/mcp-go v0.29.0)
# Output:  plain: the model is shown {"properties":{"column":{"type":"string"}},"type":"object"}; called
#          shared: the model is shown {"properties":{"filter":{"$ref":"#/$defs/Filter"}},"type":"object"}; refused: Object has no key '$defs'
#          seen by the server: plain
# Matters: servers in Go, Rust and Python whose schemas are made from types have $defs as soon as
#          a type is used twice or refers to itself. A bridge in between can write out a reference
#          that does not refer to itself; a server that wants all clients does so.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
cat > go.mod <<'EOF'
module check
go 1.26
require github.com/firebase/genkit/go v1.4.0
EOF
cat > main.go <<'EOF'
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/firebase/genkit/go/genkit"
	"github.com/firebase/genkit/go/plugins/mcp"
)

const tools = `{"tools":[
	{"name":"plain","inputSchema":{"type":"object","properties":{"column":{"type":"string"}}}},
	{"name":"shared","inputSchema":{"type":"object","properties":{"filter":{"$ref":"#/$defs/Filter"}},
		"$defs":{"Filter":{"type":"object","properties":{"column":{"type":"string"}}}}}}]}`

// serve is a server of two tools, which notes in the file "seen" which of them are called.
func serve() {
	seen, err := os.OpenFile("seen", os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var m struct {
			ID     json.RawMessage
			Method string
			Params struct{ Name string }
		}
		json.Unmarshal(lines.Bytes(), &m)
		result := map[string]string{
			"initialize": `{"protocolVersion":"2025-03-26","capabilities":{"tools":{}},"serverInfo":{"name":"s","version":"1"}}`,
			"tools/list": strings.NewReplacer("\n", "", "\t", "").Replace(tools),
			"tools/call": `{"content":[{"type":"text","text":"called"}]}`,
		}[m.Method]
		if m.Method == "tools/call" {
			fmt.Fprintln(seen, m.Params.Name)
		}
		if m.ID != nil {
			fmt.Printf(`{"jsonrpc":"2.0","id":%s,"result":%s}`+"\n", m.ID, result)
		}
	}
}

func main() {
	if len(os.Args) > 1 {
		serve()
		return
	}
	ctx := context.Background()
	client, err := mcp.NewGenkitMCPClient(mcp.MCPClientOptions{Name: "s", Stdio: &mcp.StdioConfig{Command: os.Args[0], Args: []string{"serve"}}})
	if err != nil {
		panic(err)
	}
	offered, err := client.GetActiveTools(ctx, genkit.Init(ctx))
	if err != nil {
		panic(err)
	}
	for i, args := range []string{`{"column":"id"}`, `{"filter":{"column":"id"}}`} {
		var input map[string]any
		json.Unmarshal([]byte(args), &input)
		shown, _ := json.Marshal(offered[i].Definition().InputSchema)
		end := "called"
		if _, err := offered[i].RunRaw(ctx, input); err != nil {
			words := err.Error()
			end = "refused:" + words[strings.LastIndex(words, ":")+1:]
		}
		fmt.Printf("%s: the model is shown %s; %s\n", strings.TrimPrefix(offered[i].Name(), "s_"), shown, end)
	}
	client.Disconnect()
	seen, _ := os.ReadFile("seen")
	fmt.Printf("seen by the server: %s\n", strings.Join(strings.Fields(string(seen)), ", "))
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
go build -o check .
# what mcp-go prints by itself when it is closed is left out
./check 2>log | grep -v '^Error reading response' >out || { cat out log; exit 1; }
cat out
cat > want <<'EOF'
plain: the model is shown {"properties":{"column":{"type":"string"}},"type":"object"}; called
shared: the model is shown {"properties":{"filter":{"$ref":"#/$defs/Filter"}},"type":"object"}; refused: Object has no key '$defs'
seen by the server: plain
EOF
cmp -s out want || { echo 'CHANGED: a tool with a reference is shown, or called, otherwise'; exit 1; }
