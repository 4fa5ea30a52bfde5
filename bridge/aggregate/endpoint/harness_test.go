package endpoint

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ucbridge/bridge/aggregate"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/seal"
)

// fake is the one server behind an endpoint, without a session and a network. Its tool
// "wait" is not answered, any other is at once.
type fake struct {
	modern bool

	mu     sync.Mutex
	client aggregate.Client
	seen   []jsonrpc.Message
	closed int
}

func (f *fake) open(ctx context.Context, _ *Caller, emit func([]byte, jsonrpc.ID)) *aggregate.Aggregate {
	return aggregate.New(ctx, aggregate.Options{
		Servers: []aggregate.Server{{
			Name: "fake",
			Open: func(_ context.Context, client aggregate.Client) aggregate.Conversation {
				f.client = client
				return f
			},
			State: func() (string, *refusal.Error) { return "", nil },
		}},
		Version: "0.0.0-test", ConnectTimeout: time.Second, Emit: emit, Log: slog.New(slog.DiscardHandler),
	})
}

func (f *fake) Reach(context.Context) error { return nil }

func (f *fake) Close(time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed++
}

func (f *fake) Handle(m jsonrpc.Message) {
	f.mu.Lock()
	f.seen = append(f.seen, m)
	f.mu.Unlock()
	result := ""
	switch {
	case m.Method == mcp.Initialize && !f.modern:
		result = `{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"fake","version":"1"}}`
	case m.Method == mcp.Discover && f.modern:
		result = `{"supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"resultType":"complete"}`
	case m.Method == mcp.ListTools:
		result = `{"tools":[{"name":"wait","inputSchema":{}},{"name":"go","inputSchema":{}}]}`
	case m.Method == mcp.CallTool && jsonrpc.Text(m.Params, "name") == "go":
		result = `{"content":[]}`
	case m.Method == mcp.Initialize, m.Method == mcp.Discover:
		go f.client.Emit(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%s,"error":{"code":-32601,"message":"no"}}`, m.ID))
	}
	if result != "" {
		go f.client.Emit(jsonrpc.Result(m.ID, []byte(result)))
	}
}

// saw returns the messages of that method, or the responses for "".
func (f *fake) saw(method string) []jsonrpc.Message {
	synctest.Wait()
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []jsonrpc.Message
	for _, m := range f.seen {
		if m.Method == method {
			all = append(all, m)
		}
	}
	return all
}

// ask has the server ask the client.
func (f *fake) ask(id int) {
	f.client.Emit(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%d,"method":"elicitation/create","params":{"message":"%d"}}`, id, id))
	synctest.Wait()
}

// answer is what a client reads: an http.ResponseWriter that may fail.
type answer struct {
	header http.Header
	cancel context.CancelFunc // the client goes away
	done   chan struct{}      // closed when the request has been answered
	broken bool               // what is written does not arrive

	mu     sync.Mutex
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header { return a.header }
func (a *answer) Flush()              {}

func (a *answer) WriteHeader(status int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.status = status
}

func (a *answer) Write(p []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.broken {
		return 0, errors.New("the client has gone")
	}
	return a.body.Write(p)
}

func (a *answer) text() string {
	synctest.Wait()
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.body.String()
}

// heard returns the messages on the stream that have this method.
func (a *answer) heard(method string) []jsonrpc.Message {
	var all []jsonrpc.Message
	for line := range strings.Lines(a.text()) {
		data, ok := strings.CutPrefix(line, "data: ")
		if m, err := jsonrpc.Parse([]byte(strings.TrimSpace(data))); ok && err == nil && m.Method == method {
			all = append(all, m)
		}
	}
	return all
}

// maxSessions bounds those of one caller.
const maxSessions = 32

// stage is an endpoint before a fake.
type stage struct {
	t      *testing.T
	server *fake
	e      *Endpoint
}

func inBubble(t *testing.T, f *fake, test func(s *stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &stage{t: t, server: f, e: replica(t, f, "a key of all replicas")}
		defer s.e.Close()
		test(s)
	})
}

// replica is an endpoint before the server, with that key.
func replica(t *testing.T, f *fake, key string) *Endpoint {
	t.Helper()
	sealer, err := seal.New(key)
	if err != nil {
		t.Fatal(err)
	}
	return New(Options{Open: f.open, MaxSessions: maxSessions, MaxMessage: 1 << 20, Seal: sealer, Log: slog.New(slog.DiscardHandler)})
}

// start sends a request of HTTP by a caller; adjust may change it. The answer goes on.
func (s *stage) start(caller, method, session, body string, adjust func(*http.Request, *answer)) *answer {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.t.Context())
	r, err := http.NewRequestWithContext(ctx, method, "http://gateway/mcp", strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Accept", "application/json, text/event-stream")
	if session != "" {
		r.Header.Set("Mcp-Session-Id", session)
	}
	a := &answer{header: make(http.Header), cancel: cancel, done: make(chan struct{})}
	s.t.Cleanup(cancel)
	if adjust != nil {
		adjust(r, a)
	}
	go func() {
		defer close(a.done)
		s.e.Serve(a, r, caller)
	}()
	synctest.Wait()
	return a
}

// begin begins a session of a client that has no stream yet.
func (s *stage) begin(caller string) (session string) {
	s.t.Helper()
	return s.beginIn(caller, "2025-11-25")
}

// beginIn is begin for a client of that revision.
func (s *stage) beginIn(caller, revision string) (session string) {
	s.t.Helper()
	a := s.start(caller, http.MethodPost, "", `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"`+revision+`","capabilities":{"elicitation":{}},"clientInfo":{"name":"test","version":"1"}}}`, nil)
	<-a.done
	if session = a.header.Get("Mcp-Session-Id"); session == "" || a.status != http.StatusOK {
		s.t.Fatalf("initialize: HTTP %d %s", a.status, a.text())
	}
	return session
}

// post sends a message and waits for the end of the answer.
func (s *stage) post(caller, session, body string) *answer {
	s.t.Helper()
	a := s.start(caller, http.MethodPost, session, body, nil)
	<-a.done
	return a
}
