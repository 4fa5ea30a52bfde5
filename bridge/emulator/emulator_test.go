package emulator_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"ucbridge/bridge/emulator"
)

const (
	ada = "dapi-demo-ada"
	bob = "dapi-demo-bob"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// start starts a workspace that ends with the test.
func start(t *testing.T, opts emulator.Options) *emulator.Workspace {
	t.Helper()
	w, err := emulator.Start(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// caller makes plain HTTP requests to one workspace.
type caller struct {
	t     *testing.T
	http  *http.Client
	base  string
	token string
}

func newCaller(t *testing.T, w *emulator.Workspace, token string) *caller {
	tr := &http.Transport{DisableCompression: true}
	t.Cleanup(tr.CloseIdleConnections)
	return &caller{t: t, base: w.URL(), token: token, http: &http.Client{
		Transport:     tr,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

type reply struct {
	Status int
	Header http.Header
	Body   string
}

func (c *caller) request(method, path, body string, header ...string) *http.Request {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	req.Header.Set("Accept", "application/json, text/event-stream")
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return req
}

func (c *caller) do(method, path, body string, header ...string) reply {
	c.t.Helper()
	resp, err := c.http.Do(c.request(method, path, body, header...))
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return reply{resp.StatusCode, resp.Header, string(b)}
}

// envelope makes the body of an external-function call around a message.
func envelope(connection, message string, headers map[string]string) string {
	if headers == nil {
		headers = map[string]string{"Accept": "application/json, text/event-stream"}
	}
	h, _ := json.Marshal(headers)
	b, _ := json.Marshal(map[string]string{
		"connection_name": connection, "method": "POST", "path": "/", "headers": string(h), "json": message,
	})
	return string(b)
}

const (
	initialize = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}`
	callEcho   = `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"echo","arguments":{"text":"hi"}}}`
	callCreate = `{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"create_issue","arguments":{"owner":"octo","repo":"hello-mcp","title":"t"}}}`
	echoed     = `{"jsonrpc":"2.0","id":2,"result":{"content":[{"type":"text","text":"hi"}]}}`
)

// route is one way to the sample server.
type route struct {
	name, path string
	wrap       bool // messages go into an envelope
}

var routes = []route{
	{name: "proxy", path: "/api/2.0/unity-catalog/connections/github/proxy"},
	{name: "proxy", path: "/api/2.0/unity-catalog/connections/github/proxy/"},
	{name: "mcp-external", path: "/api/2.0/mcp/external/github"},
	{name: "mcp-service", path: "/ai-gateway/mcp-services/system.ai.github"},
	{name: "path", path: "/api/2.0/mcp/genie/01ef"},
	{name: "external-function", path: "/api/2.0/external-function", wrap: true},
}

// post sends a message down a route.
func (c *caller) post(r route, message, session string) reply {
	c.t.Helper()
	inner := []string{}
	if session != "" {
		inner = append(inner, "Mcp-Session-Id", session)
	}
	if !r.wrap {
		return c.do("POST", r.path, message, inner...)
	}
	headers := map[string]string{"Accept": "application/json, text/event-stream"}
	if session != "" {
		headers["Mcp-Session-Id"] = session
	}
	return c.do("POST", r.path, envelope("github", message, headers), "Accept", "text/plain")
}

func TestRoads(t *testing.T) {
	t.Parallel()
	for _, r := range routes {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			w := start(t, emulator.Options{})
			w.AddPath("/api/2.0/mcp/genie/01ef", "")
			c := newCaller(t, w, ada)

			got := c.post(r, initialize, "")
			session := got.Header.Get("Mcp-Session-Id")
			if got.Status != 200 || session == "" || !strings.Contains(got.Body, `"ucbridge-sample"`) {
				t.Fatalf("initialize: %+v", got)
			}
			wantType := "application/json"
			if r.wrap {
				wantType = "text/plain"
			}
			if ct := got.Header.Get("Content-Type"); ct != wantType {
				t.Errorf("Content-Type %q, want %q", ct, wantType)
			}
			if got := c.post(r, `{"jsonrpc":"2.0","method":"notifications/initialized"}`, session); got.Status != 202 || got.Body != "" {
				t.Errorf("notification: %+v", got)
			}
			if got := c.post(r, callEcho, session); got.Status != 200 || got.Body != echoed {
				t.Errorf("tools/call: %+v", got)
			}
			if got := c.post(r, callEcho, "no-such-session"); got.Status != 404 {
				t.Errorf("unknown session: %+v", got)
			}

			type seen struct {
				User, Route, RPCMethod, Upstream string
				Status                           int
			}
			var audit []seen
			for _, x := range w.Exchanges() {
				audit = append(audit, seen{x.User, x.Route, x.RPCMethod, x.Upstream.Method + " " + x.Upstream.Path, x.Status})
				if auth := x.Header.Get("Authorization"); auth != "Bearer ***" {
					t.Errorf("audit holds Authorization %q", auth)
				}
				if auth := x.Upstream.Header.Get("Authorization"); r.name != "path" && auth != "Bearer ***" {
					t.Errorf("audit holds upstream Authorization %q", auth)
				}
			}
			want := []seen{
				{"ada@example.com", r.name, "initialize", "POST /mcp", 200},
				{"ada@example.com", r.name, "notifications/initialized", "POST /mcp", 202},
				{"ada@example.com", r.name, "tools/call", "POST /mcp", 200},
				{"ada@example.com", r.name, "tools/call", "POST /mcp", 404},
			}
			if diff := cmp.Diff(want, audit); diff != "" {
				t.Errorf("audit (-want +got):\n%s", diff)
			}
		})
	}
}

func TestStartRefusesForeignAddresses(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{"0.0.0.0:0", ":0", "192.0.2.1:0", "example.com:0", "127.0.0.1"} {
		if w, err := emulator.Start(emulator.Options{Addr: addr}); err == nil {
			_ = w.Close()
			t.Errorf("%s: listening on %s", addr, w.URL())
		}
	}
}

func TestCloseEndsStreamsAndCalls(t *testing.T) {
	t.Parallel()
	w, err := emulator.Start(emulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := newCaller(t, w, ada)
	session := c.post(routes[0], initialize, "").Header.Get("Mcp-Session-Id")
	stream, err := c.http.Do(c.request("GET", routes[0].path, "", "Mcp-Session-Id", session))
	if err != nil || stream.StatusCode != 200 {
		t.Fatal(stream, err)
	}
	defer stream.Body.Close()
	w.Inject(emulator.Fault{RPCMethod: "ping", Hang: true})
	ended := make(chan error, 2)
	for _, message := range []string{
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"slow","arguments":{"duration":"1h"}}}`,
		`{"jsonrpc":"2.0","id":2,"method":"ping"}`,
	} {
		req := c.request("POST", routes[0].path, message, "Mcp-Session-Id", session)
		go func() {
			resp, err := c.http.Do(req)
			if err == nil {
				resp.Body.Close()
			}
			ended <- err
		}()
	}
	for w.Executions("slow") == 0 || !arrived(w, "ping") {
		c.do("GET", "/.well-known/databricks-config", "")
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := <-ended; err == nil {
			t.Error("a call was answered by a workspace that closed")
		}
	}
	if _, err := io.ReadAll(stream.Body); err == nil {
		t.Error("the stream ended as if complete")
	}
	if err := w.Close(); err != nil {
		t.Errorf("closing again: %v", err)
	}
}

func arrived(w *emulator.Workspace, method string) bool {
	for _, x := range w.Exchanges() {
		if x.RPCMethod == method {
			return true
		}
	}
	return false
}

// Everything may be used at once, by the race detector's leave.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	session := newCaller(t, w, ada).post(routes[0], initialize, "").Header.Get("Mcp-Session-Id")
	var wg sync.WaitGroup
	for range 8 {
		c := newCaller(t, w, ada)
		wg.Go(func() {
			for i := range 10 {
				r := routes[i%len(routes)]
				if r.name == "path" {
					r = routes[0]
				}
				if got := c.post(r, callEcho, session); got.Body != echoed {
					t.Errorf("%s: %+v", r.name, got)
				}
				w.AddConnection(emulator.Connection{Name: "other", Users: []string{"x"}})
				w.AddPath("/other", "")
				w.AddUser(emulator.User{Name: "u", PAT: "p"})
				w.SignIn("other", "x")
				w.Inject(emulator.Fault{Route: "oidc", Status: 500})
				w.Exchanges()
				w.ClearFaults()
				w.ExpireTokens()
			}
		})
	}
	wg.Wait()
	if n := w.Executions("echo"); n != 80 {
		t.Errorf("%d executions", n)
	}
}
