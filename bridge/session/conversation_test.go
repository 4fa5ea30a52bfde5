package session

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/requesttrace"
	"ucbridge/bridge/standby"
	"ucbridge/bridge/streamable"
)

// client plays the AI client: it sends lines and reads what comes back.
type client struct {
	t       *testing.T
	s       *Session
	emitted chan string
	renewed atomic.Int32
	// patience is how long to wait for a message, 20 s at least.
	patience time.Duration
	// delivered and ended, if set, are told of what Deliver and Ended get. They are set
	// before anything is sent.
	delivered, ended func(jsonrpc.Message)
}

func (c *client) Emit(raw []byte) {
	if len(raw) == 0 {
		c.t.Error("an empty message was emitted")
	}
	c.emitted <- string(raw)
}

func (c *client) Reject(raw []byte)                        { c.Emit(raw) }
func (c *client) Traced(jsonrpc.Message, streamable.Trace) {}
func (c *client) Renewed()                                 { c.renewed.Add(1) }
func (c *client) Unreachable(*refusal.Error) bool          { return false }

func (c *client) Deliver(m jsonrpc.Message) (written bool) {
	if c.delivered != nil {
		c.delivered(m)
	}
	c.Emit(m.Raw)
	return true
}

func (c *client) Ended(m jsonrpc.Message) {
	if c.ended != nil {
		c.ended(m)
	}
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
	case <-time.After(max(c.patience, 20*time.Second)):
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
func (c *client) wantError(id string, reason refusal.Reason) {
	c.t.Helper()
	raw := c.next()
	m, err := jsonrpc.Parse([]byte(raw))
	e := refusal.Read(append(m.Error, jsonrpc.Value(m.Result, "_meta", refusal.MetaError)...))
	if err != nil || string(m.ID) != id || e == nil || e.Data.Reason != reason {
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

type route struct{ buffered bool }

func (r route) Buffered() bool { return r.buffered }

const hello = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"roots":{},"sampling":{},"elicitation":{"form":{},"url":{}}},"clientInfo":{"name":"t","version":"1"}}}`

// welcomes answers initialize with a revision and opens session "one".
func welcomes(version string) func(http.ResponseWriter, *http.Request, jsonrpc.Message) {
	return func(w http.ResponseWriter, _ *http.Request, m jsonrpc.Message) {
		w.Header().Set("Mcp-Session-Id", "one")
		answer(w, `{"jsonrpc":"2.0","id":%s,"result":{"protocolVersion":%q,"capabilities":{"tools":{}}}}`, m.ID, version)
	}
}

// telling tells when a request has been written.
type telling struct{ http.RoundTripper }

func (t telling) RoundTrip(r *http.Request) (*http.Response, error) {
	if written := requesttrace.Written(r.Context()); written != nil {
		r = r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { written() }}))
	}
	return t.RoundTripper.RoundTrip(r)
}

// begin starts a session against handlers.
func begin(t *testing.T, opts Options, handlers map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message)) (*client, *upstream) {
	t.Helper()
	u := &upstream{t: t, handlers: handlers}
	if handlers["initialize"] == nil {
		handlers["initialize"] = welcomes("2025-11-25")
	}
	server := httptest.NewServer(u)
	transport := &http.Transport{MaxIdleConnsPerHost: maxInFlight, DisableCompression: true}
	c := &client{t: t, emitted: make(chan string, 10_000), patience: 2 * time.Minute}
	address, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	opts.Upstream = &streamable.Client{URL: address, RoundTripper: telling{transport}, MaxMessage: 1 << 20}
	if opts.Route == nil {
		opts.Route = route{}
	}
	opts.Standby = standby.New(standby.Options{Version: "0.0.0-test"})
	opts.Client = c
	opts.Log = slog.New(slog.DiscardHandler)
	if opts.ConnectTimeout == 0 {
		opts.ConnectTimeout = c.patience
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
