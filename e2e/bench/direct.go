package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// directCommand makes this program a client of the Go SDK without a bridge.
const directCommand = "direct"

// travelDirectly takes the steps of a journey to an MCP server, says when each is
// done, and stays until in ends.
func travelDirectly(endpoint string, in io.Reader, out io.Writer) error {
	ctx := context.Background()
	fmt.Fprintln(out, ready)
	client := mcp.NewClient(&mcp.Implementation{Name: "bench", Version: "1.0.0"}, nil)
	session, err := client.Connect(ctx, &mcp.StreamableClientTransport{
		Endpoint: endpoint, HTTPClient: &http.Client{Transport: signing{os.Getenv("DATABRICKS_TOKEN")}},
	}, nil)
	if err != nil {
		return fmt.Errorf("connecting: %w", err)
	}
	fmt.Fprintln(out, steps[0])
	if _, err := session.ListTools(ctx, nil); err != nil {
		return fmt.Errorf("listing tools: %w", err)
	}
	fmt.Fprintln(out, steps[1])
	if _, err := session.CallTool(ctx, &mcp.CallToolParams{Name: "echo", Arguments: map[string]any{"text": "hello"}}); err != nil {
		return fmt.Errorf("calling: %w", err)
	}
	fmt.Fprintln(out, steps[2])
	_, _ = io.Copy(io.Discard, in) // however it ends, it has ended
	return nil                     // its session ends with the workspace
}

// signing adds a bearer token.
type signing struct{ token string }

func (s signing) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+s.token)
	return http.DefaultTransport.RoundTrip(r)
}
