package bridge

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ucbridge/bridge/emulator"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/loopbacktest"
	"ucbridge/bridge/refusal"
	"ucbridge/config"
)

// newSeveralStage is a workspace with the connections a and b, and u, to which each user
// signs in, each with a server of its own.
func newSeveralStage(t *testing.T) (*stage, map[string]*faultyServer) {
	t.Helper()
	t.Setenv("DATABRICKS_HOST", "") // the stage has a workspace of its own
	s := newStage(t, "proxy")
	s.cfg.Connection.Value = ""
	servers := make(map[string]*faultyServer)
	for _, name := range []string{"a", "b", "u"} {
		servers[name] = newFaultyServer(t)
		s.workspace.AddConnection(connectionTo(name, servers[name]))
		s.cfg.Endpoints = append(s.cfg.Endpoints, config.Endpoint{Connection: name, Route: "proxy"})
	}
	s.workspace.SignIn("u", "ada@example.com")
	return s, servers
}

func connectionTo(name string, server *faultyServer) emulator.Connection {
	conn := emulator.Connection{Name: name, Upstream: server.URL, MCP: true}
	if name == "u" {
		conn.CredentialType = "OAUTH_U2M_MAPPING"
	}
	return conn
}

// tools lists the names of all tools.
func (c *caller) tools() []string {
	c.t.Helper()
	var names []string
	for _, tool := range jsonrpc.Elements(jsonrpc.Value(c.ask("tools/list", `{}`).Result, "tools")) {
		names = append(names, jsonrpc.Text(tool, "name"))
	}
	return names
}

// call calls a tool and says what became of it.
func (c *caller) call(tool string) string {
	c.t.Helper()
	return outcome(c.ask("tools/call", fmt.Sprintf(`{"name":%q,"arguments":{"key":%q}}`, tool, tool)))
}

// TestSeveralServersFail: one of three is signed out, revoked, and away, while the others
// answer; each comes back without a restart.
func TestSeveralServersFail(t *testing.T) {
	s, servers := newSeveralStage(t)
	c, hello := s.begin()
	if name := jsonrpc.Text(hello.Result, "serverInfo", "name"); name != "ucbridge" {
		t.Fatalf("initialize: %s", hello.Raw)
	}
	all := []string{"a_write", "b_write", "u_write", "ucbridge_status"}
	if got := c.tools(); !slices.Equal(got, all) {
		t.Fatalf("tools %q", got)
	}
	status := func() string {
		return jsonrpc.Text(jsonrpc.Elements(jsonrpc.Value(c.ask("tools/call", `{"name":"ucbridge_status"}`).Result, "content"))[0], "text")
	}
	others := func(but string) {
		t.Helper()
		for _, name := range []string{"a", "b", "u"} {
			if got := c.call(name + "_write"); name != but && got != "result" {
				t.Errorf("while %s is away, %s: %s", but, name, got)
			} else if name == but && !strings.HasPrefix(got, "error ") {
				t.Errorf("%s is away: %s", name, got)
			}
		}
		if got := c.tools(); len(got) != len(all) {
			t.Errorf("while %s is away: %q", but, got)
		}
	}
	s.workspace.SignOut("u", "ada@example.com")
	others("u")
	s.workspace.SignIn("u", "ada@example.com")
	if got := c.call("u_write"); got != "result" {
		t.Errorf("signed in again: %s", got)
	}
	revoked := connectionTo("b", servers["b"])
	revoked.Users = []string{}
	s.workspace.AddConnection(revoked)
	others("b")
	s.workspace.AddConnection(connectionTo("b", servers["b"]))
	if got := c.call("b_write"); got != "result" {
		t.Errorf("granted again: %s", got)
	}
	servers["a"].forget() // as a restart does
	if got := c.call("a_write"); got != "result" {
		t.Errorf("after a restart of its server: %s", got)
	}
	for name := range servers {
		if !strings.Contains(status(), name+": connected, 1 tool") {
			t.Errorf("status %q", status())
		}
	}
	c.finish(nil)
}

// TestStartWithoutOne: a client begins while one server is away, one refuses it and one
// is well.
func TestStartWithoutOne(t *testing.T) {
	s, servers := newSeveralStage(t)
	s.workspace.SignOut("u", "ada@example.com")
	gone := connectionTo("b", servers["b"])
	gone.Upstream = "http://" + loopbacktest.UnusedAddress(t)
	s.workspace.AddConnection(gone)
	c, hello := s.begin()
	if text := jsonrpc.Text(hello.Result, "instructions"); !strings.Contains(text, `Instructions of the server "u":`) {
		t.Errorf("instructions %q", text)
	}
	if got := c.tools(); !slices.Equal(got, []string{"write", "ucbridge_status"}) {
		t.Fatalf("tools %q", got)
	}
	if got := c.call("write"); got != "result" {
		t.Errorf("the one that is well: %s", got)
	}
	text := jsonrpc.Text(jsonrpc.Elements(jsonrpc.Value(c.ask("tools/call", `{"name":"ucbridge_status"}`).Result, "content"))[0], "text")
	for _, want := range []string{"a: connected, 1 tool", "b: cannot be reached", "u: cannot be reached", string(refusal.ConnectionLoginRequired)} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in the status:\n%s", want, text)
		}
	}
	s.workspace.SignIn("u", "ada@example.com")
	s.workspace.AddConnection(connectionTo("b", servers["b"]))
	c.expect("notifications/tools/list_changed")
	until(t, "the tools of the servers that are back", func() bool { return len(c.tools()) == 4 })
	for _, tool := range []string{"a_write", "b_write", "u_write"} {
		if got := c.call(tool); got != "result" {
			t.Errorf("%s: %s", tool, got)
		}
	}
	c.finish(nil)
}

// TestAllServers: what the user may use is found, again and again; what was found is
// remembered for the next start.
func TestAllServers(t *testing.T) {
	s, servers := newSeveralStage(t)
	s.cfg.Endpoints, s.cfg.All.Value = nil, true
	s.workspace.AddConnection(emulator.Connection{Name: "rest", Upstream: servers["a"].URL}) // not marked for MCP
	s.workspace.AddConnection(emulator.Connection{Name: "github", Users: []string{}})
	s.workspace.AddConnection(emulator.Connection{Name: "github_u2m_connection", Users: []string{}})
	behind := emulator.Connection{Name: "c", Upstream: servers["a"].URL, MCP: true, Users: []string{}} // EXECUTE on the service is enough
	s.workspace.AddConnection(behind)
	s.workspace.AddService(emulator.Service{Name: "system.ai.github", Connection: "github", Users: []string{}})
	s.looks = 20 * time.Millisecond
	c, _ := s.begin()
	want := []string{"a_write", "b_write", "u_write", "main_mcp_c_write", "ucbridge_status"}
	if got := c.tools(); !slices.Equal(got, want) {
		t.Fatalf("tools %q", got)
	}
	revoked := connectionTo("b", servers["b"])
	revoked.Users = []string{}
	s.workspace.AddConnection(revoked)
	c.expect("notifications/tools/list_changed")
	until(t, "the tools without what was withdrawn", func() bool { return !slices.Contains(c.tools(), "b_write") })
	granted := emulator.Connection{Name: "new", Upstream: servers["b"].URL, MCP: true}
	s.workspace.AddConnection(granted)
	c.expect("notifications/tools/list_changed")
	until(t, "the tools of what was granted", func() bool { return slices.Contains(c.tools(), "new_write") })
	if got := c.call("new_write"); got != "result" {
		t.Errorf("the new one: %s", got)
	}
	c.finish(nil)
	s.looks = time.Hour
	again, _ := s.begin()
	if got := again.tools(); !slices.Contains(got, "new_write") {
		t.Errorf("remembered %q", got)
	}
	again.finish(nil)
}

// TestPresets: members of _meta and headers reach the server, on each route, with and
// without a policy.
func TestPresets(t *testing.T) {
	t.Setenv("DATABRICKS_HOST", "") // each stage has a workspace of its own
	for _, route := range []string{"proxy", "external-function"} {
		for _, readOnly := range []bool{false, true} {
			s := newStage(t, route)
			s.cfg.Meta.Value = []string{"warehouse_id=w", "limit:=5"}
			s.cfg.Headers.Value = []string{"X-MCP-Toolsets: repos"}
			if readOnly {
				s.cfg.Deny.Value = []string{"other"}
			}
			c, _ := s.begin()
			c.wait(c.start("tools/call", `{"name":"write","arguments":{},"_meta":{"warehouse_id":"mine","x":1}}`))
			found := false
			for _, x := range s.workspace.Exchanges() {
				if x.RPCMethod != "tools/call" {
					continue
				}
				found = true
				body := strings.ReplaceAll(string(x.Body), `\"`, `"`)
				if !strings.Contains(body, `"_meta":{"warehouse_id":"w","x":1,"limit":5}`) {
					t.Errorf("%s: the call went as %s", route, body)
				}
				if route == "proxy" && x.Header.Get("X-MCP-Toolsets") != "repos" || route != "proxy" && !strings.Contains(body, `"X-MCP-Toolsets":"repos"`) {
					t.Errorf("%s: no header of ours in %v %s", route, x.Header, body)
				}
			}
			if !found {
				t.Errorf("%s: no call", route)
			}
			c.finish(nil)
		}
	}
}
