package standby

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/client/transport"
	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

// TestMCPGoOnRawMessages measures why mcp-go answers for the bridge but does not
// carry what passes through it. Should it fail after an upgrade, docs/protocol.md's
// reasons are out of date.
func TestMCPGoOnRawMessages(t *testing.T) {
	t.Parallel()
	s := server.NewMCPServer("t", "1")
	for name, tt := range map[string]struct{ request, want string }{
		"an id beyond 2^53 is rounded": {`{"jsonrpc":"2.0","id":9007199254740993,"method":"ping"}`, `"id":9007199254740992`},
		"an unknown method is refused": {`{"jsonrpc":"2.0","id":1,"method":"future/method"}`, `-32601`},
	} {
		raw, err := json.Marshal(s.HandleMessage(t.Context(), json.RawMessage(tt.request)))
		if err != nil || !strings.Contains(string(raw), tt.want) {
			t.Errorf("%s: got %s, %v", name, raw, err)
		}
	}
}

// An error of Databricks becomes a success without a result.
func TestMCPGoOnDatabricksErrors(t *testing.T) {
	t.Parallel()
	workspace := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`{"error_code":"PERMISSION_DENIED","message":"User does not have USE CONNECTION."}`)) // the answer below tells
	}))
	defer workspace.Close()
	client, err := transport.NewStreamableHTTP(workspace.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	answer, err := client.SendRequest(context.WithoutCancel(t.Context()), transport.JSONRPCRequest{
		JSONRPC: mcp.JSONRPC_VERSION, ID: mcp.NewRequestId(int64(1)), Method: "tools/list",
	})
	if err != nil || answer.Error != nil || len(answer.Result) != 0 {
		t.Errorf("got %+v, %v", answer, err)
	}
}
