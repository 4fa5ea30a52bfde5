package session

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/standby"
	"ucbridge/bridge/streamable"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// client plays the AI client: it sends lines and reads what comes back.
type client struct {
	t       *testing.T
	s       *Session
	emitted chan string
}

func (c *client) send(raw string) {
	c.t.Helper()
	m, err := jsonrpc.Parse([]byte(raw))
	if err != nil {
		c.t.Fatalf("sending %s: %v", raw, err)
	}
	c.s.Handle(m)
}

// next returns the next message, and fails the test where none comes.
func (c *client) next() string {
	c.t.Helper()
	select {
	case raw := <-c.emitted:
		return raw
	case <-time.After(20 * time.Second):
		c.t.Fatal("no message came")
		return ""
	}
}

func (c *client) want(raw string) {
	c.t.Helper()
	if got := c.next(); got != raw {
		c.t.Fatalf("got  %s\nwant %s", got, raw)
	}
}

// wantError checks an error response by id and reason.
func (c *client) wantError(id, reason string) {
	c.t.Helper()
	raw := c.next()
	m, err := jsonrpc.Parse([]byte(raw))
	if err != nil || string(m.ID) != id || jsonrpc.Text(m.Error, "data", "reason") != reason {
		c.t.Fatalf("got %s, want an error to %s for reason %s", raw, id, reason)
	}
}

// upstream plays the MCP server: each POST goes to the handler of its method.
type upstream struct {
	t        *testing.T
	mu       sync.Mutex
	seen     []string // HTTP method, JSON-RPC method, session of each request
	handlers map[string]func(w http.ResponseWriter, r *http.Request, m jsonrpc.Message)
}

func (u *upstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		u.t.Errorf("reading request: %v", err)
	}
	m, _ := jsonrpc.Parse(body) // GET and DELETE have no body
	name := m.Method
	if m.IsResponse() {
		name = "response"
	}
	if r.Method != http.MethodPost {
		name = r.Method
	}
	u.mu.Lock()
	u.seen = append(u.seen, strings.TrimSpace(fmt.Sprintf("%s %s", name, r.Header.Get("Mcp-Session-Id"))))
	handler := u.handlers[name]
	u.mu.Unlock()
	switch {
	case handler != nil:
		handler(w, r, m)
	case r.Method == http.MethodGet:
		w.WriteHeader(http.StatusMethodNotAllowed)
	case m.IsRequest():
		answer(w, `{"jsonrpc":"2.0","id":%s,"result":{}}`, m.ID)
	default:
		w.WriteHeader(http.StatusAccepted)
	}
}

func (u *upstream) requests() []string {
	u.mu.Lock()
	defer u.mu.Unlock()
	return append([]string(nil), u.seen...)
}

func answer(w http.ResponseWriter, format string, args ...any) {
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, format, args...)
}

// stream begins an event stream and returns a func that sends one event.
func stream(w http.ResponseWriter) func(format string, args ...any) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.WriteHeader(http.StatusOK)
	return func(format string, args ...any) {
		fmt.Fprintf(w, format+"\n\n", args...)
		w.(http.Flusher).Flush()
	}
}

type road struct{ buffered bool }

func (r road) Buffered() bool { return r.buffered }

const hello = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"roots":{},"sampling":{},"elicitation":{"form":{},"url":{}}},"clientInfo":{"name":"t","version":"1"}}}`

// welcomes answers initialize with a revision and opens session "one".
func welcomes(version string) func(http.ResponseWriter, *http.Request, jsonrpc.Message) {
	return func(w http.ResponseWriter, _ *http.Request, m jsonrpc.Message) {
		w.Header().Set("Mcp-Session-Id", "one")
		answer(w, `{"jsonrpc":"2.0","id":%s,"result":{"protocolVersion":%q,"capabilities":{"tools":{}}}}`, m.ID, version)
	}
}

// begin starts a session against handlers.
func begin(t *testing.T, opts Options, handlers map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message)) (*client, *upstream) {
	t.Helper()
	u := &upstream{t: t, handlers: handlers}
	if handlers["initialize"] == nil {
		handlers["initialize"] = welcomes("2025-11-25")
	}
	server := httptest.NewServer(u)
	transport := &http.Transport{MaxIdleConnsPerHost: MaxInFlight}
	c := &client{t: t, emitted: make(chan string, 10_000)}
	address, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	opts.Client = &streamable.Client{URL: address, RoundTripper: transport, MaxMessage: 1 << 20}
	if opts.Road == nil {
		opts.Road = road{}
	}
	opts.Standby = standby.New(standby.Options{Version: "0.0.0-test"})
	opts.Emit = func(raw []byte) {
		if len(raw) == 0 {
			t.Error("an empty message was emitted")
		}
		c.emitted <- string(raw)
	}
	opts.Log = slog.New(slog.DiscardHandler)
	if opts.ConnectTimeout == 0 {
		opts.ConnectTimeout = 10 * time.Second
	}
	c.s = New(context.Background(), opts)
	t.Cleanup(func() {
		c.s.Close(0)
		transport.CloseIdleConnections()
		server.CloseClientConnections()
		server.Close()
	})
	return c, u
}

// shakeHands runs the handshake to its end.
func shakeHands(c *client) {
	c.t.Helper()
	c.send(hello)
	c.next()
	c.send(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
	c.send(`{"jsonrpc":"2.0","id":"up","method":"ping"}`)
	c.want(`{"jsonrpc":"2.0","id":"up","result":{}}`)
}

func TestBytesPassUnchanged(t *testing.T) {
	t.Parallel()
	request := `{"id":9007199254740993,"method":"future/method" , "jsonrpc":"2.0","futureMember":1.0,"params":{"_meta":{"progressToken":9007199254740995},"\u003c":"\u2028","z":1e23,"a":null}}`
	response := `{"result":{"z":1.0,"a":9007199254740997,"\u003c":"<"},"futureMember":{},"id":9007199254740993,"jsonrpc":"2.0"}`
	var saw string
	c, _ := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
		"future/method": func(w http.ResponseWriter, _ *http.Request, m jsonrpc.Message) {
			saw = string(m.Raw)
			answer(w, "%s", response)
		},
	})
	shakeHands(c)
	c.send(request)
	c.want(response)
	if saw != request {
		t.Errorf("the server saw %s", saw)
	}
}

func TestHeadersAndOrder(t *testing.T) {
	t.Parallel()
	var versions []string
	c, u := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
		"tools/list": func(w http.ResponseWriter, r *http.Request, m jsonrpc.Message) {
			versions = append(versions, r.Header.Get("MCP-Protocol-Version"), r.Header.Get("Accept"), r.Header.Get("Content-Type"))
			answer(w, `{"jsonrpc":"2.0","id":%s,"result":{}}`, m.ID)
		},
	})
	c.send(hello)
	c.send(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
	c.send(`{"jsonrpc":"2.0","method":"notifications/one"}`)
	c.send(`{"jsonrpc":"2.0","method":"notifications/two"}`)
	c.send(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`)
	c.next()
	c.want(`{"jsonrpc":"2.0","id":1,"result":{}}`)
	c.s.Close(time.Second)
	var posts []string
	for _, r := range u.requests() {
		if !strings.HasPrefix(r, "GET") {
			posts = append(posts, r)
		}
	}
	want := "initialize;notifications/initialized one;notifications/one one;notifications/two one;tools/list one;DELETE one"
	if got := strings.Join(posts, ";"); got != want {
		t.Errorf("the server saw\n%s\nwant\n%s", got, want)
	}
	if got := strings.Join(versions, ";"); got != "2025-11-25;application/json, text/event-stream;application/json" {
		t.Errorf("headers: %s", got)
	}
}

func TestRequestsDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	c, _ := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
		"slow": func(w http.ResponseWriter, _ *http.Request, m jsonrpc.Message) {
			<-release
			answer(w, `{"jsonrpc":"2.0","id":%s,"result":{}}`, m.ID)
		},
	})
	shakeHands(c)
	for i := range 20 {
		c.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"slow"}`, i))
	}
	c.send(`{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}`)
	c.send(`{"jsonrpc":"2.0","id":"fast","method":"fast"}`)
	c.want(`{"jsonrpc":"2.0","id":"fast","result":{}}`)
	close(release)
	for range 20 {
		c.next()
	}
}

func TestServerAsksOnThePostStream(t *testing.T) {
	t.Parallel()
	reply := make(chan string, 1)
	c, _ := begin(t, Options{CallTimeout: time.Hour}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
		"tools/call": func(w http.ResponseWriter, _ *http.Request, m jsonrpc.Message) {
			send := stream(w)
			send("data: %s", `{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}}`)
			send("data: %s", `{"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{}}`)
			send(`data: {"jsonrpc":"2.0","id":%s,"result":{"said":%s}}`, m.ID, <-reply)
		},
		"response": func(w http.ResponseWriter, _ *http.Request, m jsonrpc.Message) {
			reply <- string(m.Result)
			w.WriteHeader(http.StatusAccepted)
		},
	})
	shakeHands(c)
	c.send(`{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"x"}}`)
	c.want(`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}}`)
	c.want(`{"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{}}`)
	c.send(`{"jsonrpc":"2.0","id":"q","result":{"action":"accept"}}`)
	c.want(`{"jsonrpc":"2.0","id":5,"result":{"said":{"action":"accept"}}}`)
}

func TestGetStream(t *testing.T) {
	t.Parallel()
	lines := make(chan string)
	c, _ := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
		"GET": func(w http.ResponseWriter, r *http.Request, _ jsonrpc.Message) {
			send := stream(w)
			for {
				select {
				case line := <-lines:
					send("data: %s", line)
				case <-r.Context().Done():
					return
				}
			}
		},
	})
	shakeHands(c)
	lines <- `{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}`
	c.want(`{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}`)
	lines <- `{"jsonrpc":"2.0","id":1,"method":"roots/list"}`
	c.want(`{"jsonrpc":"2.0","id":1,"method":"roots/list"}`)
}

func TestBufferedRoad(t *testing.T) {
	t.Parallel()
	const trimmed = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"elicitation":{"url":{}}},"clientInfo":{"name":"t","version":"1"}}}`
	for name, tt := range map[string]struct {
		keep bool
		want string
	}{"trimmed": {false, trimmed}, "kept": {true, hello}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var saw string
			c, u := begin(t, Options{Road: road{buffered: true}, KeepCapabilities: tt.keep}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
				"initialize": func(w http.ResponseWriter, r *http.Request, m jsonrpc.Message) {
					saw = string(m.Raw)
					welcomes("2025-11-25")(w, r, m)
				},
			})
			shakeHands(c)
			if saw != tt.want {
				t.Errorf("the server saw %s", saw)
			}
			for _, r := range u.requests() {
				if strings.HasPrefix(r, "GET") {
					t.Error("a GET stream was opened")
				}
			}
		})
	}
}

func TestStandbyAnswersInitialize(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	down := true
	c, _ := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
		"initialize": func(w http.ResponseWriter, r *http.Request, m jsonrpc.Message) {
			mu.Lock()
			defer mu.Unlock()
			if down {
				w.WriteHeader(http.StatusBadGateway)
				return
			}
			welcomes("2025-11-25")(w, r, m)
		},
	})
	c.send(strings.Replace(hello, `"id":0`, `"id":9007199254740993`, 1))
	m, err := jsonrpc.Parse([]byte(c.next()))
	if err != nil || string(m.ID) != "9007199254740993" {
		t.Fatalf("got %s, %v", m.Raw, err)
	}
	if text := jsonrpc.Text(m.Result, "instructions"); !strings.Contains(text, "HTTP 502") {
		t.Errorf("instructions: %s", text)
	}
	c.send(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
	c.send(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`)
	if got := c.next(); !strings.Contains(got, standby.StatusTool) {
		t.Errorf("tools/list: %s", got)
	}
	c.send(`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"search"}}`)
	if got := c.next(); !strings.Contains(got, `"isError":true`) || !strings.Contains(got, "HTTP 502") {
		t.Errorf("tools/call: %s", got)
	}
	mu.Lock()
	down = false
	mu.Unlock()
	c.send(`{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"search"}}`)
	c.want(`{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}`)
	c.want(`{"jsonrpc":"2.0","id":3,"result":{}}`)
	c.send(`{"jsonrpc":"2.0","id":4,"method":"prompts/list"}`)
	c.want(`{"jsonrpc":"2.0","id":4,"result":{"prompts":[]}}`)
	c.send(`{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"ucbridge_status"}}`)
	if got := c.next(); !strings.Contains(got, "State: connected") {
		t.Errorf("status: %s", got)
	}
}

func TestBatch(t *testing.T) {
	t.Parallel()
	batch := `[{"jsonrpc":"2.0","id":1,"method":"a"},{"jsonrpc":"2.0","method":"b"},{"jsonrpc":"2.0","id":2,"method":"c"}]`
	for version, want := range map[string][]string{
		"2025-03-26": {`[{"jsonrpc":"2.0","id":2,"result":{}},{"jsonrpc":"2.0","id":1,"result":{}}]`},
		"2025-06-18": nil,
	} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			c, _ := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
				"initialize": welcomes(version),
				"": func(w http.ResponseWriter, _ *http.Request, m jsonrpc.Message) {
					if string(m.Raw) != batch {
						t.Errorf("the server saw %s", m.Raw)
					}
					answer(w, "%s", want[0])
				},
			})
			shakeHands(c)
			c.send(batch)
			if want == nil {
				c.wantError("", "batch_not_allowed")
				return
			}
			for _, line := range want {
				c.want(line)
			}
		})
	}
}

func TestFailures(t *testing.T) {
	t.Parallel()
	page := func(status int, kind, body string) func(http.ResponseWriter, *http.Request, jsonrpc.Message) {
		return func(w http.ResponseWriter, _ *http.Request, _ jsonrpc.Message) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
			io.WriteString(w, body)
		}
	}
	tests := []struct {
		name   string
		answer func(http.ResponseWriter, *http.Request, jsonrpc.Message)
		reason string // "" where the body is the upstream's own answer
		want   string
	}{
		{"accepted without answer", page(202, "", ""), "no_answer", ""},
		{"no content", page(204, "", ""), "no_answer", ""},
		{"empty body", page(200, "application/json", ""), "no_answer", ""},
		{"a page", page(200, "text/html", "<html>"), "bad_answer", ""},
		{"a page with an error", page(502, "text/html", "<html>"), "upstream_error", ""},
		{"cut body", page(200, "application/json", `{"jsonrpc":"2.0","id":5,"res`), "connection_cut", ""},
		{"not a message", page(200, "application/json", `{"hello":1}`), "bad_answer", ""},
		{"plain 404", page(404, "text/plain", "not found"), "upstream_not_found", ""},
		{"plain 401", page(401, "text/plain", "no"), "upstream_unauthorized", ""},
		{"stream without answer", page(200, "text/event-stream", ": hi\n\n"), "connection_cut", ""},
		{"stream with another's answer", page(200, "text/event-stream", "data: {\"id\":77,\"result\":1}\n\n"), "connection_cut", ""},
		{"too large", page(200, "application/json", `{"id":5,"result":"`+strings.Repeat("x", 1<<20)+`"}`), "message_too_large", ""},
		{"own error at 404", page(404, "application/json", `{"jsonrpc":"2.0","id":5,"error":{"code":-32601,"message":"m","data":1.0}}`), "",
			`{"jsonrpc":"2.0","id":5,"error":{"code":-32601,"message":"m","data":1.0}}`},
		{"own error without id", page(400, "application/json", `{"jsonrpc":"2.0","error":{"code":-32602,"message":"m"}}`), "",
			`{"id":5,"jsonrpc":"2.0","error":{"code":-32602,"message":"m"}}`},
		{"rounded id", page(200, "application/json", `{"id":5.0,"result":1}`), "", `{"id":5,"result":1}`},
		{"json as text", page(200, "text/plain", `{"id":5,"result":1}`), "", `{"id":5,"result":1}`},
		{"two answers", page(200, "text/event-stream", "data: {\"id\":5,\"result\":1}\n\ndata: {\"id\":5,\"result\":2}\n\n"), "", `{"id":5,"result":1}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, _ := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){"tools/call": tt.answer})
			shakeHands(c)
			c.send(`{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"x"}}`)
			if tt.reason != "" {
				c.wantError("5", tt.reason)
			} else {
				c.want(tt.want)
			}
			c.send(`{"jsonrpc":"2.0","id":"up","method":"ping"}`) // nothing more came, and the session lives
			c.want(`{"jsonrpc":"2.0","id":"up","result":{}}`)
		})
	}
}

func TestDeadline(t *testing.T) {
	t.Parallel()
	cancelled := make(chan string, 1)
	c, _ := begin(t, Options{CallTimeout: 50 * time.Millisecond}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
		"hang": func(_ http.ResponseWriter, r *http.Request, _ jsonrpc.Message) { <-r.Context().Done() },
		"notifications/cancelled": func(w http.ResponseWriter, _ *http.Request, m jsonrpc.Message) {
			cancelled <- string(jsonrpc.Value(m.Params, "requestId"))
			w.WriteHeader(http.StatusAccepted)
		},
	})
	shakeHands(c)
	c.send(`{"jsonrpc":"2.0","id":"h","method":"hang"}`)
	c.wantError(`"h"`, "call_timeout")
	if got := <-cancelled; got != `"h"` {
		t.Errorf("cancelled %s", got)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	arrived, release := make(chan struct{}), make(chan struct{})
	c, _ := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
		"slow": func(w http.ResponseWriter, _ *http.Request, m jsonrpc.Message) {
			close(arrived)
			<-release
			answer(w, `{"jsonrpc":"2.0","id":%s,"error":{"code":-1,"message":"stopped"}}`, m.ID)
		},
		"notifications/cancelled": func(w http.ResponseWriter, _ *http.Request, _ jsonrpc.Message) {
			close(release)
			w.WriteHeader(http.StatusAccepted)
		},
	})
	shakeHands(c)
	c.send(`{"jsonrpc":"2.0","id":1,"method":"slow"}`)
	<-arrived
	c.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`)
	c.want(`{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"stopped"}}`)
}

func TestResume(t *testing.T) {
	t.Parallel()
	c, u := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
		"tools/call": func(w http.ResponseWriter, _ *http.Request, m jsonrpc.Message) {
			stream(w)("id: e1\nretry: 1\ndata: ")
		},
		"GET": func(w http.ResponseWriter, r *http.Request, _ jsonrpc.Message) {
			if r.Header.Get("Last-Event-ID") != "e1" {
				w.WriteHeader(http.StatusMethodNotAllowed)
				return
			}
			stream(w)(`id: e2` + "\n" + `data: {"jsonrpc":"2.0","id":5,"result":"resumed"}`)
		},
	})
	shakeHands(c)
	c.send(`{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"x"}}`)
	c.want(`{"jsonrpc":"2.0","id":5,"result":"resumed"}`)
	calls := 0
	for _, r := range u.requests() {
		if strings.HasPrefix(r, "tools/call") {
			calls++
		}
	}
	if calls != 1 {
		t.Errorf("tools/call was sent %d times", calls)
	}
}

// A connection that breaks in mid-answer must not repeat the call.
func TestBrokenConnection(t *testing.T) {
	t.Parallel()
	c, u := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
		"tools/call": func(w http.ResponseWriter, _ *http.Request, _ jsonrpc.Message) {
			conn, buf, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			writer := bufio.NewWriter(buf)
			writer.WriteString("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"id\":5,")
			writer.Flush()
		},
	})
	shakeHands(c)
	c.send(`{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"x"}}`)
	raw := c.next()
	if !strings.Contains(raw, "connection_cut") || !strings.Contains(raw, "may have run") {
		t.Errorf("got %s", raw)
	}
	if got := strings.Count(strings.Join(u.requests(), ";"), "tools/call"); got != 1 {
		t.Errorf("tools/call was sent %d times", got)
	}
}
