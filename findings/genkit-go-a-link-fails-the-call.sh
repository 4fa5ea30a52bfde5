#!/usr/bin/env bash
# Guess:   a result with a kind of content that Genkit for Go does not know, as links to resources
#          are that MCP has had since 2025-06-18, is handed over without that part.
# Instead: the call fails: "unsupported content type: resource_link". The text beside the link is
#          lost, though the tool has run. It asks for 2024-11-05, where there are no links, but that
#          is no help with servers that send what they have. A result of structured content alone
#          is no error, and has nothing in it.
# Where:   github.com/firebase/genkit/go v1.4.0 (github.com/mark3labs/mcp-go v0.29.0)
# Output:  asked for 2024-11-05
#          text: {"content":[{"text":"created","type":"text"}]}
#          text and link: error unsupported content type: resource_link
#          structured: {"content":null}
# Matters: a tool that creates something and links to it is told as failed, so that it is called
#          again. For a client of an older revision a link belongs into the text; a bridge that
#          knows the revision can put it there.
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

var results = map[string]string{
	"text":          `{"content":[{"type":"text","text":"created"}]}`,
	"text and link": `{"content":[{"type":"text","text":"created"},{"type":"resource_link","uri":"x://issues/7","name":"issue 7"}]}`,
	"structured":    `{"content":[],"structuredContent":{"id":7}}`,
}

// serve is a server of one tool, whose argument says which result it gives.
func serve() {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var m struct {
			ID     json.RawMessage
			Method string
			Params struct {
				ProtocolVersion string
				Arguments       struct{ Result string }
			}
		}
		json.Unmarshal(lines.Bytes(), &m)
		if m.Method == "initialize" {
			os.WriteFile("asked", []byte(m.Params.ProtocolVersion), 0o600)
		}
		result := map[string]string{
			"initialize": `{"protocolVersion":"2025-03-26","capabilities":{"tools":{}},"serverInfo":{"name":"s","version":"1"}}`,
			"tools/list": `{"tools":[{"name":"create","inputSchema":{"type":"object","properties":{"result":{"type":"string"}}}}]}`,
			"tools/call": results[m.Params.Arguments.Result],
		}[m.Method]
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
	tools, err := client.GetActiveTools(ctx, genkit.Init(ctx))
	if err != nil {
		panic(err)
	}
	asked, _ := os.ReadFile("asked")
	fmt.Printf("asked for %s\n", asked)
	for _, name := range []string{"text", "text and link", "structured"} {
		output, err := tools[0].RunRaw(ctx, map[string]any{"result": name})
		shown, _ := json.Marshal(output)
		if err != nil {
			words := strings.Split(err.Error(), ": ")
			shown = []byte("error " + strings.Join(words[max(0, len(words)-2):], ": "))
		}
		fmt.Printf("%s: %s\n", name, shown)
	}
	client.Disconnect()
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
go build -o check .
# what mcp-go prints by itself when it is closed is left out
./check 2>log | grep -v '^Error reading response' >out || { cat out log; exit 1; }
cat out
cat > want <<'EOF'
asked for 2024-11-05
text: {"content":[{"text":"created","type":"text"}]}
text and link: error unsupported content type: resource_link
structured: {"content":null}
EOF
cmp -s out want || { echo 'CHANGED: results are handed over otherwise'; exit 1; }
