package emulator_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"ucbridge/bridge/emulator"
)

// recorder is an upstream that remembers what it was sent.
type recorder struct {
	*httptest.Server
	mu      sync.Mutex
	request *http.Request
	body    []byte
}

func newRecorder(t *testing.T, answer http.HandlerFunc) *recorder {
	rec := &recorder{}
	rec.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		rec.mu.Lock()
		rec.request, rec.body = r, body
		rec.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(rec.Close)
	return rec
}

// oddMessage has everything that a parse and a re-encoding would change.
const oddMessage = " {\"jsonrpc\":\"2.0\",\"id\":9007199254740993,\"method\":\"x/y\",\"params\":{\"a\":1.0,\"b\":1E2,\"<&>\":\"\\u0041\\u2028é\"},\"futureMember\":1.0}\r"

func TestBytesAndCredentials(t *testing.T) {
	t.Parallel()
	const oddAnswer = "\n{\"jsonrpc\":\"2.0\",\"id\":9007199254740993,\"result\":{\"z\":1.0,\"a\":\"<é>\"}}\n"
	for _, r := range routes {
		if r.name == "mcp-service" || r.name == "path" {
			continue
		}
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			up := newRecorder(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.Header().Set("X-Upstream", "yes")
				w.Header().Set("X-Request-Id", "the upstream's")
				w.WriteHeader(418)
				_, _ = io.WriteString(w, oddAnswer)
			})
			w := start(t, emulator.Options{})
			w.AddConnection(emulator.Connection{Name: "github", Upstream: up.URL + "/base?k=v", Bearer: "upstream-secret"})
			c := newCaller(t, w, ada)
			got := c.post(r, oddMessage, "s1")
			if got.Status != 418 || got.Body != oddAnswer {
				t.Errorf("answer: %+v", got)
			}
			if passed := got.Header.Get("X-Upstream") == "yes"; passed == r.wrap {
				t.Errorf("X-Upstream passed: %v", passed)
			}
			if id := got.Header.Get("X-Request-Id"); id == "" || id == "the upstream's" {
				t.Errorf("X-Request-Id %q", id)
			}
			if string(up.body) != oddMessage {
				t.Errorf("upstream got %q", up.body)
			}
			if up.request.URL.RequestURI() != "/base?k=v" {
				t.Errorf("upstream path %q", up.request.URL.RequestURI())
			}
			for name, want := range map[string]string{
				"Authorization": "Bearer upstream-secret", "Mcp-Session-Id": "s1", "Content-Type": "application/json",
				"Accept": "application/json, text/event-stream",
			} {
				if got := up.request.Header.Get(name); got != want {
					t.Errorf("upstream %s: %q, want %q", name, got, want)
				}
			}
			if x := w.Exchanges()[0]; string(x.Upstream.Body) != oddMessage || x.RPCMethod != "x/y" {
				t.Errorf("audit: %q %q", x.RPCMethod, x.Upstream.Body)
			}
		})
	}
}

func TestLargeBodies(t *testing.T) {
	t.Parallel()
	big := `{"jsonrpc":"2.0","id":1,"method":"m","params":"` + strings.Repeat("é\\n", 1<<19) + `"}`
	for _, r := range []route{routes[0], routes[len(routes)-1]} {
		for _, chunked := range []bool{false, true} {
			up := newRecorder(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, big) })
			w := start(t, emulator.Options{})
			w.AddConnection(emulator.Connection{Name: "github", Upstream: up.URL})
			c := newCaller(t, w, ada)
			body := big
			if r.wrap {
				body = envelope("github", big, nil)
			}
			req := c.request("POST", r.path, body)
			if chunked {
				req.ContentLength, req.GetBody = -1, nil
			}
			resp, err := c.http.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil || !bytes.Equal(got, []byte(big)) || !bytes.Equal(up.body, []byte(big)) {
				t.Errorf("%s chunked=%v: sent %d, upstream got %d, answer %d, %v", r.name, chunked, len(big), len(up.body), len(got), err)
			}
			x := w.Exchanges()[0]
			if x.RPCMethod != "m" || len(x.Body) != 64<<10 || len(x.Upstream.Body) != 64<<10 {
				t.Errorf("%s: audit has method %q, %d and %d bytes", r.name, x.RPCMethod, len(x.Body), len(x.Upstream.Body))
			}
		}
	}
}

func TestSubPathAndMethods(t *testing.T) {
	t.Parallel()
	up := newRecorder(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) })
	w := start(t, emulator.Options{})
	w.AddConnection(emulator.Connection{Name: "my conn", Upstream: up.URL + "/mcp/"})
	c := newCaller(t, w, ada)
	const proxy = "/api/2.0/unity-catalog/connections/my%20conn/proxy"
	for _, tc := range []struct{ method, path, want string }{
		{"GET", proxy, "GET /mcp/"},
		{"DELETE", proxy + "/", "DELETE /mcp/"},
		{"PUT", proxy + "/a%2Fb/c/?q=1", "PUT /mcp/a%2Fb/c/?q=1"},
	} {
		got := c.do(tc.method, tc.path, "")
		if seen := up.request.Method + " " + up.request.URL.RequestURI(); got.Status != 204 || seen != tc.want {
			t.Errorf("%s %s: status %d, upstream saw %q", tc.method, tc.path, got.Status, seen)
		}
	}
	body := `{"connection_name":"my conn","method":"DELETE","path":"x/y","params":"{\"a\":1,\"b\":\"c d\"}"}`
	got := c.do("POST", "/api/2.0/external-function", body)
	if seen := up.request.Method + " " + up.request.URL.RequestURI(); got.Status != 204 || seen != "DELETE /mcp/x/y?a=1&b=c+d" {
		t.Errorf("external-function: %+v, upstream saw %q", got, seen)
	}
	if got := c.do("POST", proxy+"/../x", "{}"); got.Status != 400 {
		t.Errorf("climbing path: %+v", got)
	}
}
