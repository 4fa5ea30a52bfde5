package databricks

import (
	"net/http"
	"strings"
	"testing"

	"ucbridge/bridge/refusal"
)

// Who refused is named for what it is, and so is who can help.
func TestExplain(t *testing.T) {
	t.Parallel()
	app := Target{URL: "https://mcp-x-123.aws.databricksapps.com/mcp"}
	for _, tt := range []struct {
		name          string
		target        Target
		status        int
		session       bool
		reason        refusal.Reason
		message, hint string
	}{
		{"connection, 401", github, 401, true, refusal.UpstreamUnauthorized, "The MCP server behind the connection refused the connection's credential (HTTP 401).", "owner of the Unity Catalog connection"},
		{"connection, 403", function, 403, false, refusal.UpstreamForbidden, "The MCP server behind the connection refused the request (HTTP 403)", "the host name and the origin"},
		{"connection, 404 in a session", github, 404, true, refusal.UpstreamNotFound, "the session is gone, or the path is wrong", "base path and --path; restart the client"},
		{"connection, 404 at the start", github, 404, false, refusal.UpstreamNotFound, "has no MCP endpoint at this path (HTTP 404)", "the connection's base path and --path"},
		{"connection, 502", github, 502, true, refusal.UpstreamError, "The MCP server behind the connection answered HTTP 502.", "try again"},
		{"service, 401", service, 401, true, refusal.UpstreamUnauthorized, "The MCP server behind the MCP service refused the credential that the MCP service goes by", "owner of the MCP service"},
		{"path, 403", genie, 403, true, refusal.UpstreamUnauthorized, `The server at the path "/api/2.0/mcp/genie/1" refused the request (HTTP 403).`, "check the path of --url"},
		{"path, 404", genie, 404, false, refusal.UpstreamNotFound, `There is no MCP endpoint at the path "/api/2.0/mcp/genie/1" (HTTP 404).`, "check the path of --url"},
		{"app, 403", app, 403, false, refusal.AppForbidden, "The app mcp-x-123.aws.databricksapps.com refused you (HTTP 403).", "CAN USE on it"},
		{"app, 404", app, 404, false, refusal.UpstreamNotFound, "has no MCP endpoint at this path (HTTP 404)", "the path of --url, /mcp as a rule"},
		{"app, 502", app, 502, false, refusal.AppUnavailable, "does not answer: it is not running, or has failed (HTTP 502)", "whether the app is running"},
		{"too large", github, 413, true, refusal.MessageTooLarge, "The message of 12 KiB is larger than the MCP server behind the connection, or a proxy before it, takes", "send less"},
		{"teapot", github, 418, true, refusal.UpstreamError, "answered HTTP 418.", ""},
	} {
		r := open(t, Options{Target: tt.target, Host: "https://w.test"}, withToken(testToken))
		req, _ := http.NewRequest(http.MethodPost, "http://mcp.invalid/", strings.NewReader(strings.Repeat("x", 12<<10)))
		if tt.session {
			req.Header.Set("Mcp-Session-Id", "s1")
		}
		e := r.Explain(&http.Response{StatusCode: tt.status, Request: req}, []byte("no \x1b[2J{evil}"))
		if e.Data.Reason != tt.reason || e.Data.HTTPStatus != tt.status || !strings.Contains(e.Message, tt.message) || !strings.Contains(e.Data.Hint, tt.hint) {
			t.Errorf("%s: %s, %q, hint %q", tt.name, e.Data.Reason, e.Message, e.Data.Hint)
		}
		if words := e.Message + e.Data.Hint; strings.ContainsAny(words, "{}\x1b") || strings.Contains(words, "evil") {
			t.Errorf("%s: words from the wire, or a gap, in %q", tt.name, words)
		}
	}
}

// TestExplainMasks: what the user has configured to be sent stands in no error, whoever
// repeats it. A short value, which is no key, stays.
func TestExplainMasks(t *testing.T) {
	t.Parallel()
	r := open(t, Options{Target: Target{Connection: "github", Route: "proxy", Headers: "X-Key: a key of mine\nX-Prefix: a key of\nX-Team: no"}, Host: "https://w.test"}, withToken(testToken))
	req, err := http.NewRequest(http.MethodPost, "http://mcp.invalid/", nil)
	if err != nil {
		t.Fatal(err)
	}
	const words = "no: a key of mine"
	e := r.Explain(&http.Response{StatusCode: http.StatusUnauthorized, Request: req}, []byte(words))
	said := []string{e.Data.Detail}
	for range 32 { // headers are a map, in another order each time
		said = append(said, r.Mask(words))
	}
	for _, said := range said {
		if said != "no: ***" {
			t.Fatalf("said %q", said)
		}
	}
}
