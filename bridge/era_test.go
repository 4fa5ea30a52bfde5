package bridge

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ucbridge/bridge/emulator"
	"ucbridge/bridge/jsonrpc"
)

const oldHello = `{"protocolVersion":"2025-06-18","capabilities":{"elicitation":{},"sampling":{},"roots":{}},"clientInfo":{"name":"old","version":"1"}}`

// oldClient connects a client of the old era to a server of the new one.
func oldClient(t *testing.T, route string) (*caller, *modernServer) {
	t.Helper()
	s := newStage(t, route)
	server := newModernServer(t)
	server.route = route
	s.workspace.AddConnection(emulator.Connection{Name: "c", Upstream: server.URL, MCP: true})
	c := s.open()
	welcome := c.greet(oldHello)
	capabilities := `{"tools":{"listChanged":true},"resources":{"subscribe":true},"logging":{}}`
	if route == "external-function" {
		capabilities = `{"tools":{},"resources":{},"logging":{}}`
	}
	want := `{"protocolVersion":"2025-06-18","capabilities":` + capabilities + `,"serverInfo":{"name":"modern","version":"9"},"instructions":"be kind"}`
	if got := string(welcome.Result); got != want {
		t.Fatalf("initialize: got %s\nwant %s", welcome.Raw, want)
	}
	return c, server
}

// TestOldClient connects clients of the old era to servers that speak the new one
// alone, by a transport that streams and by one that does not.
func TestOldClient(t *testing.T) {
	t.Setenv("DATABRICKS_HOST", "") // each test has a workspace of its own, which --host names
	for name, test := range map[string]func(*testing.T, *caller, *modernServer){
		"calls":             oldClientCalls,
		"lists anew":        oldClientListsAnew,
		"is put off":        oldClientIsPutOff,
		"is asked":          oldClientIsAsked,
		"refuses":           oldClientRefuses,
		"answers badly":     oldClientAnswersBadly,
		"follows a link":    oldClientFollowsLink,
		"hears of progress": oldClientHearsProgressAndLogs,
		"cancels":           oldClientCancels,
		"is cut off":        oldClientIsCutOff,
		"subscribes":        oldClientSubscribes,
	} {
		for _, route := range []string{"proxy", "external-function"} {
			t.Run(name+"/"+route, func(t *testing.T) {
				t.Parallel()
				c, server := oldClient(t, route)
				test(t, c, server)
				c.finish(nil)
				until(t, "all streams are closed", func() bool { return server.subscriptions() == 0 })
			})
		}
	}
	t.Run("starts offline", func(t *testing.T) { t.Parallel(); oldClientStartsOffline(t) })
	t.Run("server turns new", func(t *testing.T) { t.Parallel(); serverTurnsNew(t) })
	t.Run("--era pass", func(t *testing.T) { t.Parallel(); eraPass(t) })
	t.Run("another refusal", func(t *testing.T) { t.Parallel(); refusalIsPassedOn(t) })
}

func oldClientCalls(t *testing.T, c *caller, server *modernServer) {
	for _, tt := range []struct{ method, params, want string }{
		{"ping", `{}`, `{}`},
		{"tools/call", `{"name":"any","arguments":{"n":9007199254740993, "x":1.0}}`, `{"resultType":"complete","content":[],"arguments":{"n":9007199254740993, "x":1.0}}`},
		{"tools/call", `{"_meta":{},"name":"any","arguments":{}}`, `{"resultType":"complete","content":[],"arguments":{}}`},
		{"tools/call", `{"_meta":{"a":1},"name":"any","arguments":{}}`, `{"resultType":"complete","content":[],"arguments":{}}`},
		{"resources/read", `{"uri":"a://b"}`, `{"resultType":"complete","contents":[],"big":9007199254740993}`},
		{"tools/list", `{}`, `{"resultType":"complete","tools":[{"name":"region","inputSchema":{"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"}}}}]}`},
		{"tools/call", `{"name":"region","arguments":{"region":"eu"}}`, `{"resultType":"complete","content":[],"arguments":{"region":"eu"}}`},
		{"tools/call", `{"name":"putoff","arguments":{}}`, `{"resultType":"complete","content":[],"arguments":{}}`},
	} {
		if got := c.ask(tt.method, tt.params); string(got.Result) != tt.want {
			t.Errorf("%s %s: got %s\nwant %s", tt.method, tt.params, got.Raw, tt.want)
		}
	}
	if got := c.ask("no/such", `{}`); string(got.Error) != `{"code":-32601,"message":"Method not found"}` {
		t.Errorf("an unknown method: %s", got.Raw)
	}
}

// A tool that asks for headers is called before it was ever listed.
func oldClientListsAnew(t *testing.T, c *caller, server *modernServer) {
	if got := c.ask("tools/call", `{"name":"region","arguments":{"region":"eu"}}`); outcome(got) != "result" {
		t.Errorf("got %s", got.Raw)
	}
	if n := len(server.saw("tools/list")); n != 1 {
		t.Errorf("the tools were listed %d times", n)
	}
}

func oldClientIsPutOff(t *testing.T, c *caller, server *modernServer) {
	if got := c.ask("tools/call", `{"name":"putoff","arguments":{}}`); outcome(got) != "result" {
		t.Errorf("got %s", got.Raw)
	}
	want := []string{`{"name":"putoff","arguments":{}}`, `{"name":"putoff","arguments":{},"requestState":"later"}`}
	if diff := cmp.Diff(want, server.saw("tools/call")); diff != "" {
		t.Errorf("the server saw (-want +got):\n%s", diff)
	}
}

// The server asks for input in two rounds; the client gets requests of the old era.
func oldClientIsAsked(t *testing.T, c *caller, server *modernServer) {
	answer := c.start("tools/call", `{"name":"ask","arguments":{"a":1}}`)
	c.reply("elicitation/create", `{"message":"Who?","requestedSchema":{"type":"object"}}`, `{"action":"accept","content":{"x":1.0}}`)
	c.reply("roots/list", ``, `{"roots":[]}`)
	c.reply("sampling/createMessage", `{"maxTokens":1.0}`, `{"role":"assistant"}`)
	if got := c.wait(answer); string(got.Result) != `{"resultType":"complete","content":[],"arguments":{"a":1}}` {
		t.Errorf("got %s", got.Raw)
	}
	want := []string{
		`{"name":"ask","arguments":{"a":1}}`,
		`{"name":"ask","arguments":{"a":1},"inputResponses":{"who\"":{"action":"accept","content":{"x":1.0}},"where":{"roots":[]}},"requestState":"one \u00e9"}`,
		`{"name":"ask","arguments":{"a":1},"inputResponses":{"why":{"role":"assistant"}},"requestState":"two"}`,
	}
	if diff := cmp.Diff(want, server.saw("tools/call")); diff != "" {
		t.Errorf("the server saw (-want +got):\n%s", diff)
	}
}

// reply waits for a request of the server and answers it.
func (c *caller) reply(method, params, result string) {
	c.t.Helper()
	request, err := jsonrpc.Parse([]byte(c.expect(method)))
	if err != nil || string(request.Params) != params {
		c.t.Errorf("%s came with %s, want %s", method, request.Params, params)
	}
	c.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":%s}`, request.ID, result))
}

func oldClientRefuses(t *testing.T, c *caller, server *modernServer) {
	answer := c.start("tools/call", `{"name":"ask","arguments":{}}`)
	request, _ := jsonrpc.Parse([]byte(c.expect("elicitation/create")))
	other, _ := jsonrpc.Parse([]byte(c.expect("roots/list")))
	c.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"error":{"code":-1,"message":"not now"}}`, request.ID))
	if got := c.expect("notifications/cancelled"); !strings.Contains(got, string(other.ID)) {
		t.Errorf("the other question was not taken back: %s", got)
	}
	got := c.wait(answer)
	if outcome(got) != "error input_refused" || jsonrpc.Text(got.Error, "data", "detail") != "not now" {
		t.Errorf("got %s", got.Raw)
	}
}

// An answer that is none leaves no question open, and no call.
func oldClientAnswersBadly(t *testing.T, c *caller, server *modernServer) {
	for _, bad := range []string{`"result":null`, `"result":{},"error":{"code":-1,"message":""}`, `"error":"no"`} {
		answer := c.start("tools/call", `{"name":"ask","arguments":{}}`)
		request, _ := jsonrpc.Parse([]byte(c.expect("elicitation/create")))
		c.expect("roots/list")
		c.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,%s}`, request.ID, bad))
		c.expect("notifications/cancelled")
		if got := c.wait(answer); outcome(got) != "error input_refused" {
			t.Errorf("%s: got %s", bad, got.Raw)
		}
	}
	until(t, "the client is told of each", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		told := len(c.strays) == 3 && !slices.ContainsFunc(c.strays, func(line string) bool { return !strings.Contains(line, "invalid_request") })
		if told {
			c.strays = nil
		}
		return told
	})
}

// A link gets the id that it had until 2025-11-25.
func oldClientFollowsLink(t *testing.T, c *caller, server *modernServer) {
	answer := c.start("tools/call", `{"name":"link","arguments":{}}`)
	request, err := jsonrpc.Parse([]byte(c.expect("elicitation/create")))
	if err != nil || jsonrpc.Text(request.Params, "elicitationId") == "" || jsonrpc.Text(request.Params, "url") != "https://x.test/" {
		t.Errorf("got %s", request.Raw)
	}
	c.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{"action":"accept"}}`, request.ID))
	if got := c.wait(answer); outcome(got) != "result" {
		t.Errorf("got %s", got.Raw)
	}
}

func oldClientHearsProgressAndLogs(t *testing.T, c *caller, server *modernServer) {
	if got := c.ask("logging/setLevel", `{"level":"loud"}`); outcome(got) != "error invalid_level" {
		t.Errorf("an unknown level: %s", got.Raw)
	}
	if got := c.ask("logging/setLevel", `{"level":"info"}`); string(got.Result) != `{}` {
		t.Errorf("a level: %s", got.Raw)
	}
	answer := c.start("tools/call", `{"name":"progress","_meta":{"progressToken":9007199254740993}}`)
	if got := c.expect("notifications/progress"); !strings.Contains(got, `"progressToken":9007199254740993,`) {
		t.Errorf("got %s", got)
	}
	if got := c.wait(answer); outcome(got) != "result" {
		t.Errorf("got %s", got.Raw)
	}
	server.mu.Lock()
	defer server.mu.Unlock()
	if got := server.levels[len(server.levels)-1]; got != "info" {
		t.Errorf("the call carried level %q", got)
	}
}

// A cancelled call has its stream closed and gets no answer.
func oldClientCancels(t *testing.T, c *caller, server *modernServer) {
	c.start("tools/call", `{"name":"slow"}`)
	until(t, "the call runs", func() bool { return len(server.saw("tools/call")) == 1 })
	c.mu.Lock()
	id := fmt.Sprint(c.ids)
	delete(c.waiting, id) // an answer would be one that nobody had asked for
	c.mu.Unlock()
	c.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":` + id + `}}`)
	until(t, "the stream is closed", func() bool {
		server.mu.Lock()
		defer server.mu.Unlock()
		return server.closed["slow"]
	})
	if got := c.ask("tools/call", `{"name":"any","arguments":{}}`); outcome(got) != "result" {
		t.Errorf("the next call: %s", got.Raw)
	}
}

func oldClientIsCutOff(t *testing.T, c *caller, server *modernServer) {
	got := c.ask("tools/call", `{"name":"cut"}`)
	if !strings.Contains(string(got.Raw), "may have run") {
		t.Errorf("got %s", got.Raw)
	}
	if n := len(server.saw("tools/call")); n != 1 {
		t.Errorf("the call ran %d times", n)
	}
}

func oldClientSubscribes(t *testing.T, c *caller, server *modernServer) {
	if server.route == "external-function" { // which could not deliver the changes
		if got := c.ask("resources/subscribe", `{"uri":"a://b"}`); outcome(got) != "error not_carried" {
			t.Errorf("got %s", got.Raw)
		}
		return
	}
	until(t, "the lists are listened to", func() bool { return server.subscriptions() == 1 })
	for range 2 { // the second changes nothing
		if got := c.ask("resources/subscribe", `{"uri":"a://b"}`); string(got.Result) != `{}` {
			t.Errorf("got %s", got.Raw)
		}
	}
	if got := c.ask("resources/subscribe", `{"uri":"a://nowhere"}`); string(got.Error) != `{"code":-32602,"message":"no such resource"}` {
		t.Errorf("got %s", got.Raw)
	}
	want := []string{`{"notifications":{"toolsListChanged":true}}`, `{"notifications":{"resourceSubscriptions":["a://b"]}}`, `{"notifications":{"resourceSubscriptions":["a://nowhere"]}}`}
	if diff := cmp.Diff(want, server.saw("subscriptions/listen")); diff != "" {
		t.Errorf("the server saw (-want +got):\n%s", diff)
	}
	server.notices <- "toolsListChanged"
	c.expect("notifications/tools/list_changed")
	server.notices <- "resourceSubscriptions a://b"
	if got := c.expect("notifications/resources/updated"); !strings.Contains(got, "a://b") {
		t.Errorf("got %s", got)
	}
	if got := c.ask("resources/unsubscribe", `{"uri":"a://b"}`); string(got.Result) != `{}` {
		t.Errorf("got %s", got.Raw)
	}
	until(t, "the subscription is closed", func() bool { return server.subscriptions() == 1 })

}

// A server of the old era is replaced by one of the new in the middle of a session.
func serverTurnsNew(t *testing.T) {
	s := newStage(t, "proxy")
	c := s.open()
	c.greet(oldHello)
	if got := c.wait(c.write("old")); outcome(got) != "result" {
		t.Errorf("before: %s", got.Raw)
	}
	server := newModernServer(t)
	s.workspace.AddConnection(emulator.Connection{Name: "c", Upstream: server.URL, MCP: true})
	if got := c.ask("tools/call", `{"name":"any","arguments":{}}`); outcome(got) != "result" {
		t.Errorf("after: %s", got.Raw)
	}
	if n := len(server.saw("tools/call")); n != 1 {
		t.Errorf("the call ran %d times", n)
	}
	c.finish(nil)
}

// With --era pass the refusal is the client's to deal with.
func eraPass(t *testing.T) {
	s := newStage(t, "proxy")
	s.cfg.Era.Value = "pass"
	server := newModernServer(t)
	s.workspace.AddConnection(emulator.Connection{Name: "c", Upstream: server.URL, MCP: true})
	c := s.open()
	if got := c.ask("initialize", oldHello); outcome(got) != "error -32022" {
		t.Errorf("got %s", got.Raw)
	}
	c.finish(nil)
}

// A server of the old era that refuses initialize for a reason of its own is heard.
func refusalIsPassedOn(t *testing.T) {
	s := newStage(t, "proxy")
	s.server.upset("initialize", "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"+
		`{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"who are you?"}}`)
	c := s.open()
	if got := c.ask("initialize", oldHello); string(got.Error) != `{"code":-32602,"message":"who are you?"}` {
		t.Errorf("got %s", got.Raw)
	}
	c.finish(nil)
}

// The server of the new era cannot be reached at the start: the standby answers,
// and the translation begins when it is there.
func oldClientStartsOffline(t *testing.T) {
	s := newStage(t, "proxy")
	server := newModernServer(t)
	s.conn.Upstream = server.URL
	s.down()
	c := s.open()
	if got := c.greet(oldHello); jsonrpc.Text(got.Result, "serverInfo", "name") != "ucbridge" {
		t.Fatalf("got %s", got.Raw)
	}
	s.up()
	c.expect("notifications/tools/list_changed")
	if got := c.ask("tools/call", `{"name":"any","arguments":{}}`); outcome(got) != "result" {
		t.Errorf("got %s", got.Raw)
	}
	c.finish(nil)
}
