package bridge

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"ucbridge/bridge/emulator"
	"ucbridge/bridge/jsonrpc"
)

// repaired plays a refusal that somebody at Databricks repairs, in the middle of
// a session and before one.
func repaired(t *testing.T, s *stage, reason, says string, spoil, repair func()) {
	c, _ := s.begin()
	spoil()
	m := c.wait(c.write("now"))
	if outcome(m) != "error "+reason || !strings.Contains(string(m.Raw), says) {
		t.Errorf("got %s", m.Raw)
	}
	if n := s.sent("tools/call"); n != 1 && reason != "not_authenticated" {
		t.Errorf("sent %d times", n)
	}
	c.finish(nil)
	s.cfg.CacheDir.Value = t.TempDir()
	c = fault{want: "standby " + reason, says: says}.beginInStandby(s)
	repair()
	c.recovers(s)
	c.expect("notifications/tools/list_changed")
	c.finish(nil)
	if n := s.server.times("now"); n != 0 {
		t.Errorf("the refused call ran %d times", n)
	}
}

func notGranted(t *testing.T, s *stage) {
	reason, says := "connection_forbidden", "GRANT USE CONNECTION ON CONNECTION `c` TO `ada@example.com`"
	if s.cfg.Service.Value != "" {
		reason, says = "service_forbidden", "databricks grants update mcp_service main.mcp.c"
	}
	repaired(t, s, reason, says, func() {
		s.conn.Users, s.service.Users = []string{}, []string{}
		s.workspace.AddConnection(s.conn)
		s.workspace.AddService(s.service)
	}, func() {
		s.conn.Users, s.service.Users = nil, nil
		s.workspace.AddConnection(s.conn)
		s.workspace.AddService(s.service)
	})
}

func unknownTarget(t *testing.T, s *stage) {
	reason, says := "connection_not_found", "ucbridge connections"
	if s.cfg.Service.Value != "" {
		reason, says = "service_not_found", "USE CATALOG and USE SCHEMA"
	}
	s.down()
	conn, service := s.conn, s.service
	s.conn.Name, s.service.Name = "d", "main.mcp.d"
	s.up()
	c := fault{want: "standby " + reason, says: says}.beginInStandby(s)
	s.workspace.AddConnection(conn)
	s.workspace.AddService(emulator.Service{Name: service.Name, Connection: "c"})
	c.recovers(s)
	c.finish(nil)
}

// perUser makes the target one to which each user signs in, and returns the page
// where that is done.
func (s *stage) perUser() (link string) {
	if s.cfg.Service.Value != "" {
		s.service.PerUser = true
		s.workspace.AddService(s.service)
		return s.workspace.URL() + "/mcp-service-login?name=main.mcp.c"
	}
	s.conn.CredentialType = "OAUTH_U2M_MAPPING"
	s.workspace.AddConnection(s.conn)
	return s.workspace.URL() + "/explore/connections/c"
}

func (s *stage) signIn() {
	s.workspace.SignIn("c", "ada@example.com")
	s.workspace.SignIn("main.mcp.c", "ada@example.com")
}

func notSignedIn(t *testing.T, s *stage) {
	repaired(t, s, "connection_login_required", s.workspace.URL(), func() { s.perUser() }, s.signIn)
}

// offersLink: a client that can put a link before its user gets it as MCP has it.
func offersLink(t *testing.T, s *stage) {
	c := s.open()
	c.greet(strings.Replace(hello, `"capabilities":{}`, `"capabilities":{"elicitation":{"url":{}}}`, 1))
	link := s.perUser()
	m := c.wait(c.write("now"))
	if string(jsonrpc.Value(m.Error, "code")) != "-32042" || !strings.HasPrefix(elicited(m), link) {
		t.Errorf("got %s", m.Raw)
	}
	if n := s.sent("tools/call"); n != 1 {
		t.Errorf("sent %d times", n)
	}
	s.signIn()
	c.recovers(s)
	c.finish(nil)
}

// elicited returns the link of a URL elicitation.
func elicited(m jsonrpc.Message) string {
	var data struct{ Elicitations []struct{ Mode, URL string } }
	if err := json.Unmarshal(jsonrpc.Value(m.Error, "data"), &data); err != nil || len(data.Elicitations) != 1 || data.Elicitations[0].Mode != "url" {
		return ""
	}
	return data.Elicitations[0].URL
}

func revoked(t *testing.T, s *stage) {
	repaired(t, s, "not_authenticated", "access-tokens",
		func() { s.workspace.RevokePAT("ada@example.com") },
		func() { s.workspace.AddUser(emulator.User{Name: "ada@example.com", PAT: "dapi-demo-ada"}) })
}

// principal are the faults of a service principal, whose tokens expire.
var principal = []scenario{
	{"token expired", everyRoute, expired},
	{"token endpoint down for a moment", everyRoute, endpointDown},
	{"secret replaced", everyRoute, secretReplaced},
}

func TestFaultsOfAPrincipal(t *testing.T) {
	t.Setenv("DATABRICKS_HOST", "")
	t.Setenv("DATABRICKS_TOKEN", "")
	t.Setenv("DATABRICKS_CLIENT_ID", "demo-client")
	t.Setenv("DATABRICKS_CLIENT_SECRET", "demo-secret")
	playAll(t, principal)
}

// tokens returns how often the token endpoint was asked.
func (s *stage) tokens() int {
	n := 0
	for _, x := range s.workspace.Exchanges() {
		if x.Route == "oidc" && x.Method == "POST" {
			n++
		}
	}
	return n
}

// expired: many calls find it out at once, and one new token serves them all.
func expired(t *testing.T, s *stage) {
	c, _ := s.begin()
	c.ask("ping", `{}`)
	before := s.tokens()
	s.workspace.ExpireTokens()
	var answers []<-chan jsonrpc.Message
	for i := range 20 {
		answers = append(answers, c.write(fmt.Sprint(i)))
	}
	for i, answer := range answers {
		if m := c.wait(answer); outcome(m) != "result" || s.server.times(fmt.Sprint(i)) != 1 {
			t.Errorf("call %d ran %d times: %s", i, s.server.times(fmt.Sprint(i)), m.Raw)
		}
	}
	if n := s.tokens() - before; n != 1 {
		t.Errorf("%d new tokens for 20 calls", n)
	}
	c.finish(nil)
}

func endpointDown(t *testing.T, s *stage) {
	c, _ := s.begin()
	s.workspace.Inject(emulator.Fault{Route: "oidc", Times: 1, Status: 503})
	s.workspace.ExpireTokens()
	if m := c.wait(c.write("now")); outcome(m) != "result" || s.server.times("now") != 1 {
		t.Errorf("ran %d times: %s", s.server.times("now"), m.Raw)
	}
	c.finish(nil)
}

func secretReplaced(t *testing.T, s *stage) {
	c, _ := s.begin()
	replace := func(secret string) {
		s.workspace.AddServicePrincipal(emulator.ServicePrincipal{ClientID: "demo-client", Secret: secret})
	}
	replace("another")
	s.workspace.ExpireTokens()
	m := c.wait(c.write("now"))
	if outcome(m) != "error not_authenticated" || !strings.Contains(string(m.Raw), "check client_id and client_secret") {
		t.Errorf("got %s", m.Raw)
	}
	if strings.Contains(string(m.Raw), "demo-secret") {
		t.Errorf("the secret is in the error: %s", m.Raw)
	}
	replace("demo-secret")
	c.recovers(s)
	c.finish(nil)
	if n := s.server.times("now"); n != 0 {
		t.Errorf("the refused call ran %d times", n)
	}
}
