package doctor

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"ucbridge/bridge/databricks"
	"ucbridge/config"
)

// The doctor says of a server's refusal what the other commands say of it, and
// what to do.
func TestRoutesSayWhoRefused(t *testing.T) {
	t.Setenv("DATABRICKS_TOKEN", "dapi-0123456789abcdef")
	t.Setenv("DATABRICKS_CONFIG_FILE", "/dev/null")
	for _, tt := range []struct {
		target       databricks.Target
		status       int
		body         string
		detail, hint string
	}{
		{databricks.Target{URL: "/mcp"}, 401, "unauthorized", `The server at the path "/mcp" refused the request (HTTP 401)`, "the path of --url"},
		{databricks.Target{URL: "/mcp"}, 404, "nf", `There is no MCP endpoint at the path "/mcp" (HTTP 404)`, "the path of --url"},
		{databricks.Target{URL: "/mcp"}, 502, "bad", `The server at the path "/mcp" answered HTTP 502`, "try again"},
		{databricks.Target{Connection: "github", Route: "proxy"}, 401, "unauthorized", "proxy: The MCP server behind the connection refused the connection's credential (HTTP 401)", "owner of the Unity Catalog connection"},
		{databricks.Target{Connection: "github", Route: "auto"}, 403, "no", "proxy: The MCP server behind the connection refused the request (HTTP 403): no", "the host name and the origin"},
		{databricks.Target{Connection: "github", Route: "proxy"}, 401, `{"error":"invalid_token"}`, "proxy: The MCP server behind the connection refused the connection's credential (HTTP 401)", "owner of the Unity Catalog connection"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			http.Error(rw, tt.body, tt.status)
		}))
		w, err := databricks.OpenWorkspace(databricks.Options{Host: server.URL})
		if err != nil {
			t.Fatal(err)
		}
		f := New(Options{Config: config.New(), Target: tt.target, Workspace: w}).routes.check(t.Context())
		w.Close()
		server.Close()
		if f.Status != Failed || !strings.HasPrefix(f.Detail, tt.detail) || !strings.Contains(f.Hint, tt.hint) {
			t.Errorf("%+v, HTTP %d: %s %q, next: %s", tt.target, tt.status, f.Status, f.Detail, f.Hint)
		}
	}
}
