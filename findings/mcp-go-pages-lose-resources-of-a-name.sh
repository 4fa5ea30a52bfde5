#!/usr/bin/env bash
# Guess:   the pages of a list together are the list.
# Instead: mcp-go's cursor is the name of the page's last resource, and the next page begins behind
#          that name. Resources are told apart by their URI, and several may have one name, such as
#          README.md: of those, what a page had no room for is on no page. As they are sorted by
#          name alone, out of a map, other ones are lost in each answer.
# Where:   github.com/mark3labs/mcp-go v1.2.1
# Output:  5 resources of one name, 2 to a page: 2 listed, then 0
#          5 resources of five names, 2 to a page: 2 listed, then 2, then 1
#          asked 100 times, each of the 5 was listed at times: true
# Matters: the client, and the user who looks for a file, sees a list that is complete by all signs
#          and misses most of it. A server that sets WithPaginationLimit makes names unique; a
#          client cannot tell. A gateway that counts or pins resources sees them come and go.
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
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// pages returns how many resources each page of a list has, and all their URIs.
func pages(ctx context.Context, c *client.Client) (sizes, uris []string) {
	var request mcp.ListResourcesRequest
	for {
		page, err := c.ListResourcesByPage(ctx, request)
		if err != nil {
			panic(err)
		}
		sizes = append(sizes, fmt.Sprint(len(page.Resources)))
		for _, r := range page.Resources {
			uris = append(uris, r.URI)
		}
		if page.NextCursor == "" {
			return sizes, uris
		}
		request.Params.Cursor = page.NextCursor
	}
}

func main() {
	ctx := context.Background()
	var rows []string
	seen := map[string]bool{}
	for _, names := range []string{"one name", "five names"} {
		s := server.NewMCPServer("s", "1", server.WithPaginationLimit(2))
		for _, project := range []string{"a", "b", "c", "d", "e"} {
			name := "README.md"
			if names == "five names" {
				name = project + "/README.md"
			}
			s.AddResource(mcp.NewResource("test://"+project+"/README.md", name), nil)
		}
		c, err := client.NewInProcessClient(s)
		if err != nil {
			panic(err)
		}
		if err := c.Start(ctx); err != nil {
			panic(err)
		}
		if _, err := c.Initialize(ctx, mcp.InitializeRequest{Params: mcp.InitializeParams{ProtocolVersion: "2025-11-25"}}); err != nil {
			panic(err)
		}
		sizes, _ := pages(ctx, c)
		rows = append(rows, fmt.Sprintf("5 resources of %s, 2 to a page: %s listed, then %s", names, sizes[0], strings.Join(sizes[1:], ", then ")))
		for range 100 {
			if _, uris := pages(ctx, c); names == "one name" {
				for _, uri := range uris {
					seen[uri] = true
				}
			}
		}
	}
	rows = append(rows, fmt.Sprintf("asked 100 times, each of the 5 was listed at times: %t", len(seen) == 5))
	got := strings.Join(rows, "\n")
	fmt.Println(got)
	if got != `5 resources of one name, 2 to a page: 2 listed, then 0
5 resources of five names, 2 to a page: 2 listed, then 2, then 1
asked 100 times, each of the 5 was listed at times: true` {
		fmt.Println("CHANGED: other pages")
		os.Exit(1)
	}
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
go build -o check .
./check
