package gateway

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"ucbridge/bridge/databricks"
	"ucbridge/bridge/emulator"
	"ucbridge/bridge/scim"
	"ucbridge/bridge/telemetry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// stage is a workspace and a gateway in front of it, each on a port of this
// machine.
type stage struct {
	workspace *emulator.Workspace
	gateway   *Gateway
	client    *http.Transport
	url       string
	end       func() error // ends the gateway, as SIGTERM does
	log       *lockedBuffer
}

// lockedBuffer is a log that several goroutines write to.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// set starts a gateway that serves one target at /mcp/x on behalf of its callers,
// with the options that change makes.
func set(t *testing.T, target databricks.Target, change func(*Options)) *stage {
	t.Helper()
	w, err := emulator.Start(emulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{workspace: w, log: &lockedBuffer{}, client: &http.Transport{MaxIdleConnsPerHost: 100}}
	log := slog.New(slog.NewJSONHandler(s.log, nil))
	me, err := databricks.Open(databricks.Options{Target: databricks.Target{URL: scim.MePath}, OnBehalf: true, Host: w.URL(), Log: log})
	if err != nil {
		t.Fatal(err)
	}
	transport, err := me.Beside(target)
	if err != nil {
		t.Fatal(err)
	}
	tracing := telemetry.Open("0.0.0", log)
	o := Options{
		Endpoints: []Endpoint{{Path: "/mcp/x", Transport: transport}}, MaxMessage: 1 << 20, Tracer: tracing, Log: log,
		Auth: Authenticator{OnBehalf: true, Believed: true, People: NewPeople(me)},
	}
	if change != nil {
		change(&o)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.gateway, s.url = New(o), "http://"+l.Addr().String()
	ctx, cancel := context.WithCancelCause(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.gateway.Serve(ctx, l) }()
	s.end = sync.OnceValue(func() error {
		cancel(errors.New("the test is over"))
		return <-ended
	})
	t.Cleanup(func() {
		s.client.CloseIdleConnections()
		if err := errors.Join(s.end(), tracing.Close(context.Background()), w.Close()); err != nil {
			t.Error(err)
		}
		me.Close()
	})
	return s
}

// send sends a request under a user's token; more are headers, "Name: value".
func (s *stage) send(ctx context.Context, method, token, body string, more ...string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, s.url+"/mcp/x", strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	if token != "" {
		req.Header.Set("X-Forwarded-Access-Token", token)
	}
	for _, h := range more {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	return s.client.RoundTrip(req)
}

// call sends a request and returns its whole answer.
func (s *stage) call(t *testing.T, method, token, body string, more ...string) (int, string, http.Header) {
	t.Helper()
	resp, err := s.send(t.Context(), method, token, body, more...)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(raw), resp.Header
}

const hello = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{"sampling":{}},"clientInfo":{"name":"test","version":"1"}}}`

// ada is the token of a user who may use everything.
const ada = "dapi-demo-ada"

// begin begins a session and returns its header.
func (s *stage) begin(t *testing.T, token string) string {
	t.Helper()
	status, body, h := s.call(t, "POST", token, hello)
	if status != http.StatusOK || h.Get("Mcp-Session-Id") == "" {
		t.Fatalf("initialize: %d %s", status, body)
	}
	return "Mcp-Session-Id: " + h.Get("Mcp-Session-Id")
}
