package e2e

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"ucbridge/bridge/emulator"
	"ucbridge/bridge/loopbacktest"
)

// oneEntry is a client of the Go SDK with one entry for all that ada may use.
type oneEntry struct {
	t       *testing.T
	session *mcp.ClientSession
	client  *goClient
}

// The servers behind it, each with a tool of its own.
var entryTools = map[string]*mcp.CallToolParams{
	"gosdk":                 {Name: "test_simple_text"},
	"main.mcp.everything":   {Name: "main_mcp_everything_echo", Arguments: map[string]any{"message": "hello"}},
	"system.ai.github":      {Name: "system_ai_github_echo", Arguments: map[string]any{"text": "hello"}},
	"github_u2m_connection": {Name: "github_u2m_connection_echo", Arguments: map[string]any{"text": "hello"}},
}

// call calls the tool of a server, and returns why that failed, "" where it did not.
func (e oneEntry) call(server string) (failure string) {
	e.t.Helper()
	ctx, cancel := context.WithTimeout(e.t.Context(), patience)
	defer cancel()
	result := ok(e.session.CallTool(ctx, entryTools[server]))(e.t)
	if result.IsError {
		return result.Content[0].(*mcp.TextContent).Text
	}
	return ""
}

// without checks that one server is away, for a reason that has these words in it, and
// that all others answer.
func (e oneEntry) without(away, why string) {
	e.t.Helper()
	for server := range entryTools {
		switch failure := e.call(server); {
		case server == away && !strings.Contains(failure, why):
			e.t.Errorf("%s is away, and a call of it says %q", server, failure)
		case server != away && failure != "":
			e.t.Errorf("while %s is away, %s says %q", away, server, failure)
		}
	}
	status := ok(e.session.CallTool(e.t.Context(), &mcp.CallToolParams{Name: "ucbridge_status"}))(e.t).Content[0].(*mcp.TextContent).Text
	for server := range entryTools {
		if away := server == away; strings.Contains(status, server+": connected") == away {
			e.t.Errorf("away: %v, and ucbridge_status says of %s:\n%s", away, server, status)
		}
	}
}

// back checks that every server answers again.
func (e oneEntry) back(server string) {
	e.t.Helper()
	for other := range entryTools {
		if failure := e.call(other); failure != "" {
			e.t.Errorf("after %s is back, %s says %q", server, other, failure)
		}
	}
}

// awaitTool waits for a list of tools that has, or has not, a tool: each time the client
// is told that there is another list.
func (e oneEntry) awaitTool(name string, there bool) {
	e.t.Helper()
	for {
		tools := collect(e.t, e.session.Tools(e.t.Context(), nil))
		if slices.ContainsFunc(tools, func(tool *mcp.Tool) bool { return tool.Name == name }) == there {
			return
		}
		select {
		case <-e.client.listChanged:
		case <-e.t.Context().Done():
			e.t.Fatalf("%s in the list: not %v", name, there)
		}
	}
}

// TestSeveralComeBack: of the servers behind one ucbridge stdio --all-servers one is killed, one
// signed out and one revoked, while all others answer. Each comes back without a restart:
// the process is one.
func TestSeveralComeBack(t *testing.T) {
	t.Parallel()
	w := startWorkspace(t, startEverything(t))
	address := loopbacktest.UnusedAddress(t)
	kill := startGoServerAt(t, address, false)
	gosdk := emulator.Connection{Name: "gosdk", Upstream: "http://" + address + "/", MCP: true}
	w.AddConnection(gosdk)
	w.SignIn("github_u2m_connection", "ada@example.com")
	r := routes[0]
	r.args = []string{"--all-servers", "--connect-timeout", "5s"}
	c := newGoClient(true)
	e := oneEntry{t, ok(c.Connect(t.Context(), bridge(t, w, r).transport(t), nil))(t), c}
	defer e.session.Close()
	for _, tool := range entryTools {
		e.awaitTool(tool.Name, true)
	}
	e.back("everything")

	kill()
	e.without("gosdk", "cannot reach the server behind the connection")
	startGoServerAt(t, address, false)
	e.back("gosdk")

	w.SignOut("github_u2m_connection", "ada@example.com")
	e.without("github_u2m_connection", "sign in")
	w.SignIn("github_u2m_connection", "ada@example.com")
	e.back("github_u2m_connection")

	revoked := gosdk
	revoked.Users = []string{}
	w.AddConnection(revoked)
	e.without("gosdk", "USE CONNECTION")
	e.awaitTool("test_simple_text", false) // it is looked for every 40 seconds
	w.AddConnection(gosdk)
	e.awaitTool("test_simple_text", true)
	e.back("gosdk")
}
