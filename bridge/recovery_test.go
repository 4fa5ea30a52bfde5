package bridge

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"ucbridge/bridge/emulator"
	"ucbridge/bridge/jsonrpc"
)

// scenario is a fault that takes more than one answer to tell.
type scenario struct {
	name   string
	routes []string
	play   func(t *testing.T, s *stage)
}

// streaming are the routes that carry a stream of the server's own.
var streaming = []string{"proxy", "mcp-external", "mcp-service"}

var scenarios = []scenario{
	{"session lost, plain 404", everyRoute, loses(notFound)},
	{"session lost, 404 with an error", everyRoute, loses(
		"HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n" +
			`{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Session not found"}}`)},
	{"session lost, 400 that names it", everyRoute, loses(
		"HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n" +
			`{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Bad Request: No valid session ID provided"}}`)},
	{"session lost, 400 in plain words", everyRoute, loses(
		"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nunknown session\n")},
	{"workspace down in the middle", everyRoute, downInTheMiddle},
	{"workspace down for a moment", everyRoute, downForAMoment},
	{"workspace down at the start", everyRoute, downAtTheStart},
	{"workspace down at the start, nobody calls", everyRoute, downAndIdle},
	{"last answers kept", everyRoute, keepsAnswers},
	{"proxy missing, remembered", []string{"auto"}, remembersRoute},
	{"stream resumed", everyRoute, resumes},
	{"stream cut in an event, resumed", streaming, resumesCut},
	{"stream not resumed", everyRoute, doesNotResume},
	{"GET stream cut and reopened", streaming, reopensGET},
	{"GET stream refused", streaming, refusesGET},
	{"use not granted", everyRoute, notGranted},
	{"target unknown", everyRoute, unknownTarget},
	{"not signed in to the server", everyRoute, notSignedIn},
	{"token revoked", everyRoute, revoked},
	{"call too long", everyRoute, tooLong},
	{"stdin closed with calls in flight", everyRoute, drains},
	{"signal with calls in flight", everyRoute, signalled},
	{"DELETE refused", everyRoute, refusesDelete},
}

// loses loses the session with 20 calls to come.
func loses(how string) func(*testing.T, *stage) {
	return func(t *testing.T, s *stage) {
		s.server.forgot, s.server.streams = how, true
		c, _ := s.begin()
		c.ask("logging/setLevel", `{"level":"debug"}`)
		c.ask("resources/subscribe", `{"uri":"a://1"}`)
		c.ask("resources/subscribe", `{"uri":"a://2"}`)
		c.ask("resources/unsubscribe", `{"uri":"a://1"}`)
		buffered := s.cfg.Route.Value == "external-function"
		if !buffered {
			until(t, "the GET stream opens", func() bool { return s.server.count("GET s1") == 1 })
		}
		s.server.forget()
		var answers []<-chan jsonrpc.Message
		for i := range 20 {
			answers = append(answers, c.write(fmt.Sprint(i)))
		}
		for i, answer := range answers {
			if m := c.wait(answer); outcome(m) != "result" {
				t.Errorf("call %d: %s", i, m.Raw)
			}
			if n := s.server.times(fmt.Sprint(i)); n != 1 {
				t.Errorf("call %d ran %d times", i, n)
			}
		}
		c.expect("notifications/tools/list_changed")
		for what, want := range map[string]int{
			"initialize": 2, "notifications/initialized s2": 1, "logging/setLevel s2": 1,
			"resources/subscribe s2": 1, "resources/unsubscribe s2": 0, "tools/call s2": 20,
		} {
			if got := s.server.count(what); got != want {
				t.Errorf("%s came %d times, want %d", what, got, want)
			}
		}
		if !buffered {
			until(t, "the GET stream opens again", func() bool { return s.server.count("GET s2") == 1 })
		}
		c.finish(nil)
		until(t, "the session is deleted", func() bool { return s.server.count("DELETE s2") == 1 })
	}
}

// takeAway closes the workspace and has the bridge find it out: a call sent on a
// connection that is just being closed may have run, for all that anyone knows.
func (s *stage) takeAway(c *caller) {
	s.down()
	until(s.t, "the workspace is missed", func() bool {
		m := c.ask("ping", `{}`)
		t0 := time.Now()
		s.t.Logf("%v %s", t0, m.Raw)
		return outcome(m) == "error workspace_unreachable"
	})
}

func downInTheMiddle(t *testing.T, s *stage) {
	s.cfg.ConnectTimeout.Value = 2 * time.Second
	c, _ := s.begin()
	s.takeAway(c)
	if m := c.wait(c.write("lost")); outcome(m) != "error workspace_unreachable" || string(jsonrpc.Value(m.Error, "data", "retryable")) != "true" {
		t.Errorf("got %s", m.Raw)
	}
	s.up()
	if m := c.wait(c.write("after")); outcome(m) != "result" {
		t.Errorf("got %s", m.Raw)
	}
	if lost, after := s.server.times("lost"), s.server.times("after"); lost != 0 || after != 1 {
		t.Errorf("the calls ran %d and %d times", lost, after)
	}
	if n := s.server.count("initialize"); n != 1 {
		t.Errorf("%d sessions", n)
	}
	c.finish(nil)
}

// downForAMoment: a call that comes meanwhile waits.
func downForAMoment(t *testing.T, s *stage) {
	s.cfg.ConnectTimeout.Value = 2 * time.Second
	c, _ := s.begin()
	s.takeAway(c)
	var answers []<-chan jsonrpc.Message
	for i := range 20 {
		answers = append(answers, c.write(fmt.Sprint(i)))
	}
	s.up()
	for i, answer := range answers {
		if m := c.wait(answer); outcome(m) != "result" {
			t.Errorf("call %d: %s", i, m.Raw)
		}
		if n := s.server.times(fmt.Sprint(i)); n != 1 {
			t.Errorf("call %d ran %d times", i, n)
		}
	}
	c.finish(nil)
}

func downAtTheStart(t *testing.T, s *stage) {
	s.down()
	c, _ := s.begin()
	tools := c.ask("tools/list", `{}`)
	if !strings.Contains(string(tools.Result), "ucbridge_status") || strings.Contains(string(tools.Result), `"write"`) {
		t.Errorf("tools: %s", tools.Raw)
	}
	if m := c.wait(c.write("lost")); outcome(m) != "tool error" || !strings.Contains(string(m.Raw), "(workspace_unreachable)") {
		t.Errorf("got %s", m.Raw)
	}
	s.up()
	c.recovers(s)
	c.expect("notifications/tools/list_changed")
	tools = c.ask("tools/list", `{}`)
	if strings.Contains(string(tools.Result), "ucbridge_status") || !strings.Contains(string(tools.Result), `"write"`) {
		t.Errorf("tools: %s", tools.Raw)
	}
	if m := c.ask("tools/call", `{"name":"ucbridge_status"}`); !strings.Contains(string(m.Raw), "connected") {
		t.Errorf("status: %s", m.Raw)
	}
	if m := c.ask("prompts/list", `{}`); outcome(m) != "result" {
		t.Errorf("prompts, which the server does not have: %s", m.Raw)
	}
	if n := s.server.times("lost"); n != 0 {
		t.Errorf("the refused call ran %d times", n)
	}
	c.finish(nil)
	if n := s.server.count("initialize"); n != 1 {
		t.Errorf("%d sessions", n)
	}
}

// downAndIdle: the bridge finds the way back by itself.
func downAndIdle(t *testing.T, s *stage) {
	s.down()
	c, _ := s.begin()
	s.up()
	c.expect("notifications/tools/list_changed")
	c.recovers(s)
	c.finish(nil)
	if n := s.server.count("initialize"); n != 1 {
		t.Errorf("%d sessions", n)
	}
}

func keepsAnswers(t *testing.T, s *stage) {
	c, _ := s.begin()
	c.ask("tools/list", `{}`)
	c.finish(nil)
	s.down()
	c, welcome := s.begin()
	if !strings.Contains(string(welcome.Result), `"faulty"`) {
		t.Errorf("initialize: %s", welcome.Raw)
	}
	tools := c.ask("tools/list", `{}`)
	if !strings.Contains(string(tools.Result), "ucbridge_status") || !strings.Contains(string(tools.Result), `"write"`) {
		t.Errorf("tools: %s", tools.Raw)
	}
	s.up()
	c.recovers(s)
	c.expect("notifications/tools/list_changed")
	c.finish(nil)
}

func remembersRoute(t *testing.T, s *stage) {
	s.down()
	s.conn.Routes = []string{"external-function"}
	s.up()
	for i, tries := range []int{1, 0} {
		s.workspace.ResetExchanges()
		c, _ := s.begin()
		if m := c.wait(c.write(fmt.Sprint(i))); outcome(m) != "result" || s.server.times(fmt.Sprint(i)) != 1 {
			t.Errorf("process %d: %s", i, m.Raw)
		}
		c.finish(nil)
		proxy := 0
		for _, x := range s.workspace.Exchanges() {
			if x.Route == "proxy" {
				proxy++
			}
		}
		if proxy != tries {
			t.Errorf("process %d tried proxy %d times, want %d", i, proxy, tries)
		}
	}
}

// eventStream is the head of a stream, and then the events.
func eventStream(events ...string) string {
	return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n" + strings.Join(events, "")
}

func resumes(t *testing.T, s *stage) {
	c, _ := s.begin()
	until(t, "the handshake ends", func() bool { return s.server.count("notifications/initialized") == 1 })
	if s.cfg.Route.Value != "external-function" {
		until(t, "the GET stream is refused", func() bool { return s.server.count("GET") == 1 })
	}
	s.server.upset("tools/call", eventStream("id: 1\nretry: 1\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{}}\n\n"))
	s.server.upset("GET",
		eventStream("id: 2\ndata:\n\n"),
		"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
		eventStream("id: 3\ndata: {\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{}}\n\n"))
	if m := c.wait(c.write("now")); outcome(m) != "result" || s.server.times("now") != 1 {
		t.Errorf("got %s; ran %d times", m.Raw, s.server.times("now"))
	}
	if s.server.count("GET s1 1") != 1 || s.server.count("GET s1 2") != 2 {
		t.Errorf("the server saw %q", s.server.seen)
	}
	c.recovers(s)
	c.finish(nil)
}

func resumesCut(t *testing.T, s *stage) {
	c, _ := s.begin()
	until(t, "the GET stream is refused", func() bool { return s.server.count("GET") == 1 })
	s.server.upset("tools/call", "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"+
		"1d\r\nid: 7\nretry: 1\ndata: {}\n\ndata: {\"jso\r\n")
	s.server.upset("GET", eventStream("data: {\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{}}\n\n"))
	if m := c.wait(c.write("now")); outcome(m) != "result" || s.server.times("now") != 1 || s.server.count("GET s1 7") != 1 {
		t.Errorf("got %s; the server saw %q", m.Raw, s.server.seen)
	}
	c.recovers(s)
	c.finish(nil)
}

// doesNotResume: the server gives event ids and then does not know them.
func doesNotResume(t *testing.T, s *stage) {
	c, _ := s.begin()
	s.server.upset("tools/call", eventStream("id: 1\nretry: 1\ndata:\n\n"))
	if m := c.wait(c.write("now")); outcome(m) != "error connection_cut" || !strings.Contains(string(m.Raw), "may have run") || s.server.times("now") != 1 {
		t.Errorf("got %s; ran %d times", m.Raw, s.server.times("now"))
	}
	c.recovers(s)
	c.finish(nil)
}

func reopensGET(t *testing.T, s *stage) {
	s.server.streams = true
	c, _ := s.begin()
	notice := func(n int) string { return fmt.Sprintf(`{"jsonrpc":"2.0","method":"notifications/n%d"}`, n) }
	s.server.push <- "id: 5\nretry: 1\ndata: " + notice(1)
	c.expect("notifications/n1")
	s.server.push <- ""
	s.server.push <- "data: " + notice(2)
	c.expect("notifications/n2")
	if s.server.count("GET s1 5") != 1 {
		t.Errorf("the server saw %q", s.server.seen)
	}
	c.recovers(s)
	c.finish(nil)
}

func refusesGET(t *testing.T, s *stage) {
	c, _ := s.begin()
	until(t, "the GET stream is refused", func() bool { return s.server.count("GET") == 1 })
	c.recovers(s)
	c.finish(nil)
	if n := s.server.count("GET"); n != 1 {
		t.Errorf("%d tries", n)
	}
}

// refusal plays a refusal that somebody at Databricks repairs, in the middle of
// a session and before one.
func refusal(t *testing.T, s *stage, reason, says string, spoil, repair func()) {
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
	reason, says := "connection_forbidden", "GRANT USE CONNECTION ON CONNECTION `c` TO"
	if s.cfg.Service.Value != "" {
		reason, says = "service_forbidden", "databricks grants update mcp_service main.mcp.c"
	}
	refusal(t, s, reason, says, func() {
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
	reason, says := "connection_not_found", "databricks connections list"
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

func notSignedIn(t *testing.T, s *stage) {
	says, name := s.workspace.URL()+"/explore/connections/c", "c"
	if s.cfg.Service.Value != "" {
		says, name = s.workspace.URL()+"/mcp-service-login?name=main.mcp.c", "main.mcp.c"
	}
	refusal(t, s, "connection_login_required", says, func() {
		if s.cfg.Service.Value != "" {
			s.service.PerUser = true
			s.workspace.AddService(s.service)
			return
		}
		s.conn.CredentialType = "OAUTH_U2M_MAPPING"
		s.workspace.AddConnection(s.conn)
	}, func() { s.workspace.SignIn(name, "ada@example.com") })
}

func revoked(t *testing.T, s *stage) {
	refusal(t, s, "not_authenticated", "access-tokens",
		func() { s.workspace.RevokePAT("ada@example.com") },
		func() { s.workspace.AddUser(emulator.User{Name: "ada@example.com", PAT: "dapi-demo-ada"}) })
}

// tooLong: the server hears that nobody waits any more.
func tooLong(t *testing.T, s *stage) {
	s.cfg.CallTimeout.Value = 300 * time.Millisecond
	c, _ := s.begin()
	release := s.server.hold("long")
	defer release()
	if m := c.wait(c.write("long")); outcome(m) != "error call_timeout" || !strings.Contains(string(m.Raw), "may have run") {
		t.Errorf("got %s", m.Raw)
	}
	until(t, "the call is cancelled", func() bool { return s.server.count("notifications/cancelled s1") == 1 })
	c.finish(nil)
}

// inFlight starts three calls, of which two will be answered in time.
func inFlight(t *testing.T, s *stage) (c *caller, answers []<-chan jsonrpc.Message, release func()) {
	c, _ = s.begin()
	one, two := s.server.hold("0"), s.server.hold("1")
	t.Cleanup(s.server.hold("2"))
	for i := range 3 {
		answers = append(answers, c.write(fmt.Sprint(i)))
	}
	until(t, "the calls arrive", func() bool { return s.server.count("tools/call") == 3 })
	return c, answers, func() { one(); two() }
}

func wantDrained(t *testing.T, s *stage, c *caller, answers []<-chan jsonrpc.Message) {
	t.Helper()
	for i, want := range []string{"result", "result", "error bridge_closing"} {
		if m := c.wait(answers[i]); outcome(m) != want {
			t.Errorf("call %d: %s", i, m.Raw)
		}
	}
	until(t, "the session is deleted", func() bool { return s.server.count("DELETE s1") == 1 })
}

func drains(t *testing.T, s *stage) {
	c, answers, release := inFlight(t, s)
	c.in.Close()
	release()
	wantDrained(t, s, c, answers)
	c.finish(nil)
}

var errSignal = errors.New("terminated")

func signalled(t *testing.T, s *stage) {
	c, answers, release := inFlight(t, s)
	release()
	for i := range 2 {
		c.wait(answers[i])
	}
	c.stop(errSignal)
	if m := c.wait(answers[2]); outcome(m) != "error bridge_closing" || !strings.Contains(string(m.Raw), "may have run") {
		t.Errorf("got %s", m.Raw)
	}
	c.finish(errSignal)
	until(t, "the session is deleted", func() bool { return s.server.count("DELETE s1") == 1 })
}

func refusesDelete(t *testing.T, s *stage) {
	c, _ := s.begin()
	c.recovers(s)
	s.server.upset("DELETE", "HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
	c.finish(nil)
}
