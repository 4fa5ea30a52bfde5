#!/usr/bin/env bash
# Guess:   a Go SDK tool with an argument of type json.RawMessage takes any JSON there, as
#          encoding/json does.
# Instead: the schema made for it is an array of integers from 0 to 255 (the type is a slice
#          of bytes), and arguments are checked against it: an object or a text is refused
#          before the tool runs, while [123,125] is taken and reaches it as those very
#          characters. A field of type any takes all of them.
# Where:   github.com/modelcontextprotocol/go-sdk v1.8.0
# Output:  schema {"items":{"maximum":255,"minimum":0,"type":"integer"},"type":["null","array"]}
#          {"a":1}: refused    "text": refused    [123,125]: tool got [123,125]
# Matters: a server written to pass JSON through refuses every call a model makes from its
#          description; seen through a bridge it looks like the bridge's fault.
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
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

type in struct {
	Body json.RawMessage `json:"body"`
}

func main() {
	ctx := context.Background()
	s := mcp.NewServer(&mcp.Implementation{Name: "s", Version: "1"}, nil)
	mcp.AddTool(s, &mcp.Tool{Name: "t"}, func(_ context.Context, _ *mcp.CallToolRequest, v in) (*mcp.CallToolResult, any, error) {
		return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: string(v.Body)}}}, nil, nil
	})
	near, far := mcp.NewInMemoryTransports()
	if _, err := s.Connect(ctx, far, nil); err != nil {
		panic(err)
	}
	client, err := mcp.NewClient(&mcp.Implementation{Name: "c", Version: "1"}, nil).Connect(ctx, near, nil)
	if err != nil {
		panic(err)
	}
	list, err := client.ListTools(ctx, nil)
	if err != nil {
		panic(err)
	}
	schema, _ := json.Marshal(list.Tools[0].InputSchema.(map[string]any)["properties"].(map[string]any)["body"])
	fmt.Println("schema", string(schema))
	failed := string(schema) != `{"items":{"maximum":255,"minimum":0,"type":"integer"},"type":["null","array"]}`
	for _, c := range [][2]string{{`{"a":1}`, "refused"}, {`"text"`, "refused"}, {`[123,125]`, "tool got [123,125]"}} {
		r, err := client.CallTool(ctx, &mcp.CallToolParams{Name: "t", Arguments: json.RawMessage(`{"body":` + c[0] + `}`)})
		seen := "refused"
		if err == nil && !r.IsError {
			seen = "tool got " + r.Content[0].(*mcp.TextContent).Text
		}
		fmt.Printf("%s: %s\n", c[0], seen)
		failed = failed || seen != c[1]
	}
	if failed {
		fmt.Println("CHANGED: another schema, or other values are taken")
		os.Exit(1)
	}
}
EOF
go mod tidy >/dev/null 2>&1
go run .
