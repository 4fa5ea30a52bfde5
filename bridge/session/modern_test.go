package session

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ucbridge/bridge/jsonrpc"
)

const modernMeta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}`

func modern(id, method, params string) string {
	if params != "" {
		params += ","
	}
	return `{"jsonrpc":"2.0","id":` + id + `,"method":"` + method + `","params":{` + params + modernMeta + `}}`
}

func TestModernHeaders(t *testing.T) {
	t.Parallel()
	seen := make(chan string, 10)
	note := func(w http.ResponseWriter, r *http.Request, m jsonrpc.Message) {
		var headers []string
		for _, name := range []string{"Mcp-Protocol-Version", "Mcp-Method", "Mcp-Name", "Mcp-Param-Region", "Mcp-Session-Id"} {
			headers = append(headers, r.Header.Get(name))
		}
		seen <- strings.Join(headers, "|")
		answer(w, `{"jsonrpc":"2.0","id":%s,"result":{}}`, m.ID)
	}
	c, _ := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
		"tools/list": func(w http.ResponseWriter, _ *http.Request, m jsonrpc.Message) {
			answer(w, `{"jsonrpc":"2.0","id":%s,"result":{"tools":[ {"name":"a","inputSchema":{"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"}}}}, {"name":"bad","inputSchema":{"type":"object","properties":{"x":{"type":"object","x-mcp-header":"X"}}}},{"name":"plain","inputSchema":{}}],"z":1.0}}`, m.ID)
		},
		"tools/call": note, "tasks/get": note, "resources/read": note, "server/discover": note, "ping": note, "odd\nmethod": note,
	})
	c.send(modern("1", "tools/list", ""))
	c.want(`{"jsonrpc":"2.0","id":1,"result":{"tools":[ {"name":"a","inputSchema":{"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"}}}},{"name":"plain","inputSchema":{}}],"z":1.0}}`)
	for i, tt := range []struct{ request, want string }{
		{modern("2", "tools/call", `"name":"a","arguments":{"region":"eu west"}`), "2026-07-28|tools/call|a|eu west|"},
		{modern("2", "tools/call", `"name":"a","arguments":{"region":"zürich"}`), "2026-07-28|tools/call|a|=?base64?esO8cmljaA==?=|"},
		{modern("2", "tools/call", `"name":"a","arguments":{"region":null}`), "2026-07-28|tools/call|a||"},
		{modern("2", "tools/call", `"name":"plain","arguments":{"region":"x"}`), "2026-07-28|tools/call|plain||"},
		{modern("2", "tools/call", `"name":"plain","Name":"other"`), "2026-07-28|tools/call|plain||"},
		{modern("2", "resources/read", `"uri":"a://b"`), "2026-07-28|resources/read|a://b||"},
		{modern("2", "tasks/get", `"taskId":"t1"`), "2026-07-28|tasks/get|t1||"},
		{modern("2", "server/discover", ""), "2026-07-28|server/discover|||"},
		{`{"jsonrpc":"2.0","id":2,"method":"ping"}`, "||||"},
		{modern("2", `odd\nmethod`, ""), "2026-07-28|=?base64?b2RkCm1ldGhvZA==?=|||"},
		{`{"jsonrpc":"2.0","id":2,"method":"ping","params":{"_meta":{"io.modelcontextprotocol\/protocolVersion":"2026-07-28"}}}`, "2026-07-28|ping|||"},
		{`{"jsonrpc":"2.0","id":2,"method":"ping","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28\n"}}}`, "||||"},
	} {
		c.send(tt.request)
		c.want(`{"jsonrpc":"2.0","id":2,"result":{}}`)
		if got := <-seen; got != tt.want {
			t.Errorf("%d: headers %q, want %q", i, got, tt.want)
		}
	}
}

// Both eras alternate on one pipe.
func TestErasAlternate(t *testing.T) {
	t.Parallel()
	c, u := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){})
	shakeHands(c)
	c.send(modern("1", "tools/call", `"name":"a"`))
	c.want(`{"jsonrpc":"2.0","id":1,"result":{}}`)
	c.send(`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"a"}}`)
	c.want(`{"jsonrpc":"2.0","id":2,"result":{}}`)
	calls := strings.Join(u.requests(), ";")
	if !strings.Contains(calls, "tools/call;tools/call one") {
		t.Errorf("the server saw %s", calls)
	}
}

// The server refuses a call for its headers: the tools are listed anew, page by
// page, and the call is sent once more.
func TestHeaderMismatch(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	c, _ := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
		"tools/list": func(w http.ResponseWriter, _ *http.Request, m jsonrpc.Message) {
			if jsonrpc.Text(m.Params, "cursor") == "" {
				answer(w, `{"jsonrpc":"2.0","id":%s,"result":{"tools":[],"nextCursor":"2"}}`, m.ID)
				return
			}
			answer(w, `{"jsonrpc":"2.0","id":%s,"result":{"tools":[{"name":"a","inputSchema":{"properties":{"r":{"type":"integer","x-mcp-header":"R"}}}}]}}`, m.ID)
		},
		"tools/call": func(w http.ResponseWriter, r *http.Request, m jsonrpc.Message) {
			calls.Add(1)
			if r.Header.Get("Mcp-Param-R") != "7" {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(http.StatusBadRequest)
				fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"error":{"code":-32020,"message":"header mismatch"}}`, m.ID)
				return
			}
			answer(w, `{"jsonrpc":"2.0","id":%s,"result":{"text":"ran"}}`, m.ID)
		},
	})
	c.send(modern("1", "tools/call", `"name":"a","arguments":{"r":7}`))
	c.want(`{"jsonrpc":"2.0","id":1,"result":{"text":"ran"}}`)
	c.send(modern("2", "tools/call", `"name":"a","arguments":{}`))
	c.want(`{"jsonrpc":"2.0","id":2,"error":{"code":-32020,"message":"header mismatch"}}`)
	if calls.Load() != 4 {
		t.Errorf("%d calls, want 2 of each", calls.Load())
	}
}

// Nothing of the handshake applies to a request of the new era that has its name.
func TestModernInitialize(t *testing.T) {
	t.Parallel()
	seen := make(chan string, 1)
	c, _ := begin(t, Options{Route: route{buffered: true}}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
		"initialize": func(w http.ResponseWriter, _ *http.Request, m jsonrpc.Message) {
			seen <- string(m.Raw)
			answer(w, `{"jsonrpc":"2.0","id":%s,"error":{"code":-32601,"message":"no such method"}}`, m.ID)
		},
	})
	request := modern("1", "initialize", `"capabilities":{"roots":{}}`)
	c.send(request)
	c.want(`{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"no such method"}}`)
	if got := <-seen; got != request {
		t.Errorf("the server saw %s", got)
	}
}

func TestDiscoverFallsBack(t *testing.T) {
	t.Parallel()
	for name, refuse := range map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
		"text":        func(w http.ResponseWriter, _ *http.Request, _ jsonrpc.Message) { w.WriteHeader(http.StatusBadRequest) },
		"unreachable": func(w http.ResponseWriter, _ *http.Request, _ jsonrpc.Message) { panic(http.ErrAbortHandler) },
		"no answer":   func(_ http.ResponseWriter, r *http.Request, _ jsonrpc.Message) { <-r.Context().Done() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := begin(t, Options{ConnectTimeout: time.Second}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){"server/discover": refuse})
			c.send(modern(`"d"`, "server/discover", ""))
			raw := c.next()
			if !strings.Contains(raw, `"id":"d","error":{"code":-32601`) {
				t.Errorf("got %s", raw)
			}
		})
	}
}

// A cancel of the new era closes the stream; nothing is posted, nothing answered.
func TestModernCancel(t *testing.T) {
	t.Parallel()
	arrived, closed := make(chan struct{}), make(chan struct{})
	c, u := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
		"tools/call": func(w http.ResponseWriter, r *http.Request, m jsonrpc.Message) {
			stream(w)(`data: {"jsonrpc":"2.0","method":"notifications/progress"}`)
			close(arrived)
			<-r.Context().Done()
			close(closed)
		},
	})
	c.send(modern("1", "tools/call", `"name":"a"`))
	<-arrived
	c.want(`{"jsonrpc":"2.0","method":"notifications/progress"}`)
	c.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`)
	<-closed
	c.send(modern("2", "ping", ""))
	c.want(`{"jsonrpc":"2.0","id":2,"result":{}}`)
	if got := strings.Join(u.requests(), ";"); strings.Contains(got, "cancelled") {
		t.Errorf("the server saw %s", got)
	}
}

// A subscription that breaks is asked for again; its acknowledgement is passed on
// once.
func TestSubscriptionIsRenewed(t *testing.T) {
	t.Parallel()
	var streams atomic.Int32
	c, _ := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
		"subscriptions/listen": func(w http.ResponseWriter, r *http.Request, m jsonrpc.Message) {
			send := stream(w)
			send(`data: {"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":%s}}}`, m.ID)
			send(`data: {"jsonrpc":"2.0","method":"notifications/tools/list_changed","n":%d}`, streams.Add(1))
			if streams.Load() == 1 {
				return // without an answer
			}
			<-r.Context().Done()
		},
	})
	c.send(modern("9", "subscriptions/listen", `"notifications":{"toolsListChanged":true}`))
	c.want(`{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":9}}}`)
	c.want(`{"jsonrpc":"2.0","method":"notifications/tools/list_changed","n":1}`)
	c.want(`{"jsonrpc":"2.0","method":"notifications/tools/list_changed","n":2}`)
	c.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":9}}`)
	c.send(modern("1", "ping", ""))
	c.want(`{"jsonrpc":"2.0","id":1,"result":{}}`)
}

func TestSubscriptionOnABufferedRoad(t *testing.T) {
	t.Parallel()
	c, u := begin(t, Options{Route: route{buffered: true}}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){})
	c.send(modern("9", "subscriptions/listen", `"notifications":{"toolsListChanged":true}`))
	c.want(`{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":9},"notifications":{}}}`)
	if got := u.requests(); len(got) != 0 {
		t.Errorf("the server saw %v", got)
	}
}

// A stream of the new era that breaks is lost, even where it had event ids.
func TestModernStreamIsNotResumed(t *testing.T) {
	t.Parallel()
	c, u := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
		"tools/call": func(w http.ResponseWriter, _ *http.Request, _ jsonrpc.Message) { stream(w)("id: 1\ndata: ") },
	})
	c.send(modern("1", "tools/call", `"name":"a"`))
	c.wantError("1", "connection_cut")
	if got := strings.Join(u.requests(), ";"); got != "tools/call" {
		t.Errorf("the server saw %s", got)
	}
}

// A subscription without an id could not be answered, and would be held open with all
// that is behind it. It is refused, and goes nowhere.
func TestSubscriptionWithoutAnID(t *testing.T) {
	t.Parallel()
	c, u := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
		"tools/call": func(w http.ResponseWriter, _ *http.Request, m jsonrpc.Message) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"result":{}}`, m.ID)
		},
	})
	c.send(strings.Replace(modern("9", "subscriptions/listen", `"notifications":{"toolsListChanged":true}`), `"id":9,`, "", 1))
	if got := c.next(); !strings.Contains(got, `"code":-32600`) || !strings.Contains(got, `"reason":"invalid_request"`) {
		t.Errorf("heard %s", got)
	}
	c.send(modern("1", "tools/call", `"name":"a"`))
	c.want(`{"jsonrpc":"2.0","id":1,"result":{}}`)
	if got := strings.Join(u.requests(), ";"); got != "tools/call" {
		t.Errorf("the server saw %s", got)
	}
}
