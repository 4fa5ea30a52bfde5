//lint:file-ignore SA1019 sampling, roots and logging are deprecated, and in use.

package e2e

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"ucbridge/bridge/emulator"
)

// TestGoSDK has the client of the Go SDK use every feature of the Go SDK's
// everything-server, over each transport, on each route and directly.
func TestGoSDK(t *testing.T) {
	t.Parallel()
	useDirectly := func(buffered bool) map[string]any {
		transport := &mcp.StreamableClientTransport{Endpoint: startGoEverything(t)}
		return useGoFeatures(t, transport, newGoClient(buffered), buffered)
	}
	whole, buffered := useDirectly(false), useDirectly(true)
	overTransports(t, func(t *testing.T, r route, open func(*emulator.Workspace) mcpServer) {
		want := whole
		if r.buffered {
			want = buffered
		}
		w := startWorkspace(t, startGoEverything(t))
		got := useGoFeatures(t, open(w).transport(t), newGoClient(false), r.buffered)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-direct +bridge):\n%s", diff)
		}
		checkAudit(t, w, r, "DELETE", "tools/call", "prompts/get", "resources/read", "completion/complete", "logging/setLevel")
		checkCapabilities(t, w, r)
	})
}

// transport is the Go SDK's to the entry.
func (s mcpServer) transport(t *testing.T) mcp.Transport {
	t.Helper()
	if s.URL != "" {
		return &mcp.StreamableClientTransport{Endpoint: s.URL, HTTPClient: s.headed()}
	}
	return &mcp.CommandTransport{Command: s.command(t)}
}

// goReport is what came back from one use of every feature.
type goReport struct {
	Server    *mcp.InitializeResult
	Tools     []*mcp.Tool
	Resources []*mcp.Resource
	Templates []*mcp.ResourceTemplate
	Prompts   []*mcp.Prompt

	Text, Mixed, Failing             *mcp.CallToolResult
	Logging, Progressing             *mcp.CallToolResult
	Sampling, Elicitation, AllInputs *mcp.CallToolResult

	Logs     []*mcp.LoggingMessageParams
	Progress []*mcp.ProgressNotificationParams
	Asked    []string

	Resource, Binary, Templated *mcp.ReadResourceResult
	UnknownResource             string
	Prompt                      *mcp.GetPromptResult
	Completion                  *mcp.CompleteResult
}

// plain returns the report as maps and slices, for comparison.
func (r goReport) plain(t *testing.T) map[string]any {
	t.Helper()
	return decode(t, ok(json.Marshal(r))(t))
}
