package bridge

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

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
	{"session lost, 401 that names it", everyRoute, loses(
		"HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n" +
			`{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Unauthorized: No valid session ID provided"}}`)},
	{"session lost, 400 under another id", everyRoute, loses(
		"HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n" +
			`{"jsonrpc":"2.0","id":"server-error","error":{"code":-32600,"message":"Session not found"}}`)},
	{"session lost, 410", everyRoute, loses("HTTP/1.1 410 Gone\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")},
	{"session lost, 200 with an error", everyRoute, loses(
		"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n" +
			`{"jsonrpc":"2.0","id":$id,"error":{"code":-32001,"message":"Session not found"}}`)},
	{"session lost, 503 to the next initialize", everyRoute, losesAndStumbles(emulator.Fault{Status: 503})},
	{"session lost, 429 to the next initialize", everyRoute, losesAndStumbles(emulator.Fault{Status: 429})},
	{"session lost, the next initialize cut", everyRoute, losesAndStumbles(emulator.Fault{Cut: true})},
	{"429, then a long call", everyRoute, longCallFirst},
	{"429 to many calls at once", everyRoute, allRefused},
	{"server killed", everyRoute, survivesKill},
	{"workspace down in the middle", everyRoute, downInTheMiddle},
	{"workspace down for a moment", everyRoute, downForAMoment},
	{"workspace down at the start", everyRoute, downAtTheStart},
	{"workspace down at the start, nobody calls", everyRoute, downAndIdle},
	{"last answers kept", everyRoute, keepsAnswers},
	{"proxy missing, remembered", []string{"auto"}, remembersRoute},
	{"stream resumed", everyRoute, resumes},
	{"stream cut in an event, resumed", streaming, resumesCut},
	{"stream not resumed", everyRoute, doesNotResume},
	{"stream not resumed for too many requests", everyRoute, resumesTooOften},
	{"GET stream cut and reopened", streaming, reopensGET},
	{"GET stream refused", streaming, refusesGET},
	{"use not granted", everyRoute, notGranted},
	{"target unknown", everyRoute, unknownTarget},
	{"not signed in to the server", everyRoute, notSignedIn},
	{"not signed in, client that opens links", everyRoute, offersLink},
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
		return outcome(c.ask("ping", `{}`)) == "error workspace_unreachable"
	})
}

func downInTheMiddle(t *testing.T, s *stage) {
	s.cfg.ConnectTimeout.Value = passes
	c, _ := s.begin()
	s.takeAway(c)
	if m := c.wait(c.write("lost")); outcome(m) != "error workspace_unreachable" || string(jsonrpc.Value(failureOf(m), "data", "retryable")) != "true" {
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
	s.cfg.ConnectTimeout.Value = passes
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
	s.cfg.ConnectTimeout.Value = passes
	s.down()
	c, _ := s.begin()
	tools := c.ask("tools/list", `{}`)
	if !strings.Contains(string(tools.Result), "ucbridge_status") || strings.Contains(string(tools.Result), `"write"`) {
		t.Errorf("tools: %s", tools.Raw)
	}
	if m := c.wait(c.write("lost")); outcome(m) != "error workspace_unreachable" || !strings.Contains(string(m.Raw), "(workspace_unreachable)") {
		t.Errorf("got %s", m.Raw)
	}
	s.up()
	c.recovers(s)
	c.expect("notifications/tools/list_changed")
	tools = c.ask("tools/list", `{}`)
	if !strings.Contains(string(tools.Result), "ucbridge_status") || !strings.Contains(string(tools.Result), `"write"`) {
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
	s.cfg.ConnectTimeout.Value = passes
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
	until(t, "the tools are kept", func() bool { return s.kept(`"write"`) })
	c.finish(nil)
	s.cfg.ConnectTimeout.Value = passes
	s.down()
	c, welcome := s.begin()
	if !strings.Contains(string(welcome.Result), `"faulty"`) {
		t.Errorf("initialize: %s", welcome.Raw)
	}
	c.expect("notifications/tools/list_changed") // the standby has a tool of its own
	tools := c.ask("tools/list", `{}`)
	if !strings.Contains(string(tools.Result), "ucbridge_status") || !strings.Contains(string(tools.Result), `"write"`) {
		t.Errorf("tools: %s", tools.Raw)
	}
	s.up()
	c.recovers(s)
	c.expect("notifications/tools/list_changed")
	c.finish(nil)
}

// kept reports whether that is in what the standby keeps.
func (s *stage) kept(text string) bool {
	files, _ := filepath.Glob(filepath.Join(s.cfg.CacheDir.Value, "answers-*.json")) // the pattern is a good one
	return slices.ContainsFunc(files, func(file string) bool {
		raw, err := os.ReadFile(file)
		return err == nil && strings.Contains(string(raw), text)
	})
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

// longCallFirst: what is tried first after a refusal may take its time, and the
// others do not wait for its end.
func longCallFirst(t *testing.T, s *stage) {
	c, _ := s.begin()
	release := s.server.hold("long")
	s.workspace.Inject(emulator.Fault{RPCMethod: "tools/call", Status: 429, Times: 1})
	long := c.write("long")
	until(t, "the long call runs", func() bool { return s.server.times("long") == 1 })
	if m := c.wait(c.write("short")); outcome(m) != "result" {
		t.Errorf("got %s", m.Raw)
	}
	release()
	if m := c.wait(long); outcome(m) != "result" {
		t.Errorf("got %s", m.Raw)
	}
	c.finish(nil)
}

// allRefused: calls that were all refused do not come back as a storm.
func allRefused(t *testing.T, s *stage) {
	c, _ := s.begin()
	const calls = 20
	s.workspace.Inject(emulator.Fault{RPCMethod: "tools/call", Status: 429})
	var answers []<-chan jsonrpc.Message
	for i := range calls {
		answers = append(answers, c.write(fmt.Sprint(i)))
	}
	until(t, "one that tried again was refused, too", func() bool { return repeated(s.workspace.Exchanges()) })
	s.workspace.ClearFaults()
	refused := s.sent("tools/call")
	for i, answer := range answers {
		if m := c.wait(answer); outcome(m) != "result" || s.server.times(fmt.Sprint(i)) != 1 {
			t.Errorf("call %d ran %d times: %s", i, s.server.times(fmt.Sprint(i)), m.Raw)
		}
	}
	// Each call again, and no more than the one that tried first besides.
	if n := s.sent("tools/call"); n > refused+calls+1 {
		t.Errorf("sent %d times, %d of them after the refusals", n, n-refused)
	}
	c.finish(nil)
}

// repeated reports whether the workspace saw the same call twice.
func repeated(exchanges []emulator.Exchange) bool {
	seen := make(map[string]bool)
	for _, x := range exchanges {
		if x.RPCMethod == "tools/call" && seen[string(x.Body)] {
			return true
		}
		seen[string(x.Body)] = true
	}
	return false
}

// losesAndStumbles loses the session, and the first try to begin a new one fails.
func losesAndStumbles(f emulator.Fault) func(*testing.T, *stage) {
	return func(t *testing.T, s *stage) {
		c, _ := s.begin()
		c.ask("ping", `{}`)
		s.server.forget()
		f := f // played on several routes
		f.RPCMethod, f.Times = "initialize", 1
		s.workspace.Inject(f)
		var answers []<-chan jsonrpc.Message
		for i := range 20 {
			answers = append(answers, c.write(fmt.Sprint(i)))
		}
		for i, answer := range answers {
			if m := c.wait(answer); outcome(m) != "result" || s.server.times(fmt.Sprint(i)) != 1 {
				t.Errorf("call %d ran %d times: %s", i, s.server.times(fmt.Sprint(i)), m.Raw)
			}
		}
		c.finish(nil)
	}
}
