package e2e

import (
	"context"
	"encoding/json"
	"os/exec"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mark3labs/mcp-go/client"
	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"

	"ucbridge/bridge/emulator"
)

// TestMCPGo has the client of mcp-go list and call the tools of the Go SDK's
// everything-server, over each transport, on each route and directly.
func TestMCPGo(t *testing.T) {
	t.Parallel()
	upstream := startGoEverything(t)
	want := useMCPGo(t, ok(client.NewStreamableHttpClient(upstream))(t))
	overTransports(t, func(t *testing.T, r route, open func(*emulator.Workspace) mcpServer) {
		w := startWorkspace(t, upstream)
		got := useMCPGo(t, mcpGoClient(t, open(w)))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-direct +bridge):\n%s", diff)
		}
		checkAudit(t, w, r, "DELETE", "tools/list", "tools/call")
	})
}

// mcpGoClient is mcp-go's client of the entry.
func mcpGoClient(t *testing.T, s mcpServer) *client.Client {
	t.Helper()
	if s.URL != "" {
		return ok(client.NewStreamableHttpClient(s.URL, transport.WithHTTPBasicClient(s.headed())))(t)
	}
	cmd := s.command(t)
	started := func(context.Context, string, []string, []string) (*exec.Cmd, error) { return cmd, nil }
	return client.NewClient(transport.NewStdioWithOptions(cmd.Path, nil, nil, transport.WithCommandFunc(started)))
}

// useMCPGo lists the tools of a server and calls two.
func useMCPGo(t *testing.T, c *client.Client) map[string]any {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	defer c.Close()
	if err := c.Start(ctx); err != nil {
		t.Fatal(err)
	}
	hello := mcp.InitializeRequest{}
	hello.Params.ProtocolVersion = "2025-11-25" // the newest with a handshake
	hello.Params.ClientInfo = mcp.Implementation{Name: "ucbridge-e2e", Version: "1.0.0"}
	call := func(name string) *mcp.CallToolResult {
		t.Helper()
		r := mcp.CallToolRequest{}
		r.Params.Name = name
		return ok(c.CallTool(ctx, r))(t)
	}
	raw, err := json.Marshal(map[string]any{
		"server":  ok(c.Initialize(ctx, hello))(t),
		"tools":   ok(c.ListTools(ctx, mcp.ListToolsRequest{}))(t),
		"text":    call("test_simple_text"),
		"failing": call("test_error_handling"),
	})
	return decode(t, ok(raw, err)(t))
}
