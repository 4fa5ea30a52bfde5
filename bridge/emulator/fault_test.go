package emulator_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"ucbridge/bridge/emulator"
)

// faulty starts a workspace and a session on its sample server.
func faulty(t *testing.T) (*emulator.Workspace, *caller, string) {
	w := start(t, emulator.Options{})
	c := newCaller(t, w, ada)
	session := c.post(routes[0], initialize, "").Header.Get("Mcp-Session-Id")
	w.ResetExchanges()
	return w, c, session
}

func TestFaultAnswer(t *testing.T) {
	t.Parallel()
	w, c, session := faulty(t)
	w.Inject(emulator.Fault{
		RPCMethod: "tools/call", Skip: 1, Times: 2, Status: 302, Body: "<html>",
		Header: http.Header{"Location": {"/login.html"}}, Delay: time.Millisecond,
	})
	for i, want := range []int{200, 302, 302, 200} {
		if got := c.post(routes[0], callEcho, session); got.Status != want {
			t.Errorf("call %d: %+v, want %d", i, got, want)
		} else if want == 302 && (got.Body != "<html>" || got.Header.Get("Location") != "/login.html") {
			t.Errorf("call %d: %+v", i, got)
		}
	}
	if n := w.Executions("echo"); n != 2 {
		t.Errorf("%d executions", n)
	}
	if x := w.Exchanges()[1]; x.Status != 302 || x.Upstream.Method != "" {
		t.Errorf("audit %+v", x)
	}
}

func TestFaultMatching(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		fault emulator.Fault
		want  [4]int // of echo on proxy, of GET Me, of the token endpoint, of host metadata
	}{
		{"anything", emulator.Fault{}, [4]int{503, 503, 400, 200}},
		{"route", emulator.Fault{Route: "proxy"}, [4]int{503, 200, 400, 200}},
		{"API", emulator.Fault{Route: "api"}, [4]int{200, 503, 400, 200}},
		{"token endpoint", emulator.Fault{Route: "oidc"}, [4]int{200, 200, 503, 200}},
		{"host metadata", emulator.Fault{Route: "well-known"}, [4]int{200, 200, 400, 503}},
		{"message", emulator.Fault{RPCMethod: "tools/call"}, [4]int{503, 200, 400, 200}},
		{"other message", emulator.Fault{RPCMethod: "ping"}, [4]int{200, 200, 400, 200}},
		{"method", emulator.Fault{HTTPMethod: "GET"}, [4]int{200, 503, 400, 200}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w, c, session := faulty(t)
			tc.fault.Status = 503
			w.Inject(tc.fault)
			probe := func() [4]int {
				return [4]int{
					c.post(routes[0], callEcho, session).Status,
					c.do("GET", "/api/2.0/preview/scim/v2/Me", "").Status,
					c.do("POST", "/oidc/v1/token", "").Status,
					c.do("GET", "/.well-known/databricks-config", "").Status,
				}
			}
			if got := probe(); got != tc.want {
				t.Errorf("statuses %v, want %v", got, tc.want)
			}
			w.ClearFaults()
			if got := probe(); got != [4]int{200, 200, 400, 200} {
				t.Errorf("after ClearFaults: %v", got)
			}
		})
	}
}

func TestFaultInEnvelope(t *testing.T) {
	t.Parallel()
	w, c, session := faulty(t)
	w.Inject(emulator.Fault{Route: "external-function", RPCMethod: "tools/call", Times: 1, Status: 429})
	r := routes[len(routes)-1]
	if got := c.post(r, callEcho, session); got.Status != 429 {
		t.Errorf("%+v", got)
	}
	if got := c.post(r, callEcho, session); got.Body != echoed {
		t.Errorf("%+v", got)
	}
}

func TestFaultCut(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		route route
		fault emulator.Fault
		want  string // of the body, where there is an answer at all
	}{
		{"before any byte", routes[0], emulator.Fault{Cut: true}, ""},
		{"in the body", routes[0], emulator.Fault{CutAfter: 7}, echoed[:7]},
		{"in the body of an envelope", routes[len(routes)-1], emulator.Fault{CutAfter: 7}, echoed[:7]},
		{"beyond the body", routes[0], emulator.Fault{CutAfter: 1000}, echoed},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w, c, session := faulty(t)
			w.Inject(tc.fault)
			body, path := callEcho, tc.route.path
			if tc.route.wrap {
				body = envelope("github", callEcho, map[string]string{"Accept": "*/*", "Mcp-Session-Id": session})
			}
			resp, err := c.http.Do(c.request("POST", path, body, "Mcp-Session-Id", session))
			if n := w.Executions("echo"); n != 1 {
				t.Errorf("%d executions", n)
			}
			if tc.want == "" {
				if !errors.Is(err, io.EOF) {
					t.Errorf("error %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			got, err := io.ReadAll(resp.Body)
			if complete := tc.want == echoed; string(got) != tc.want || complete != (err == nil) {
				t.Errorf("body %q, error %v", got, err)
			}
		})
	}
}

func TestFaultReset(t *testing.T) {
	t.Parallel()
	w, c, session := faulty(t)
	w.Inject(emulator.Fault{RPCMethod: "tools/call", Times: 1, Reset: true})
	_, err := c.http.Do(c.request("POST", routes[0].path, callCreate, "Mcp-Session-Id", session))
	if !errors.Is(err, errReset) {
		t.Errorf("error %v", err)
	}
	if n := w.Executions("create_issue"); n != 0 {
		t.Errorf("%d executions", n)
	}
	if got := c.post(routes[0], callCreate, session); got.Status != 200 || w.Executions("create_issue") != 1 {
		t.Errorf("afterwards: %+v", got)
	}
}

func TestFaultHang(t *testing.T) {
	t.Parallel()
	w, c, session := faulty(t)
	w.Inject(emulator.Fault{RPCMethod: "ping", Hang: true})
	ctx, cancel := context.WithCancel(t.Context())
	req := c.request("POST", routes[0].path, `{"jsonrpc":"2.0","id":1,"method":"ping"}`, "Mcp-Session-Id", session)
	ended := make(chan error, 1)
	go func() {
		_, err := c.http.Do(req.WithContext(ctx))
		ended <- err
	}()
	for !arrived(w, "ping") {
		c.do("GET", "/.well-known/databricks-config", "")
	}
	select {
	case err := <-ended:
		t.Errorf("answered: %v", err)
	default:
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestFaultLoseSession(t *testing.T) {
	t.Parallel()
	for _, r := range []route{routes[0], routes[len(routes)-1]} {
		w, c, session := faulty(t)
		w.Inject(emulator.Fault{Times: 1, LoseSession: true})
		for range 2 { // lost for good
			if got := c.post(r, callEcho, session); got.Status != 404 || !strings.Contains(got.Body, "session not found") {
				t.Errorf("%s: %+v", r.name, got)
			}
		}
		if n := w.Executions("echo"); n != 0 {
			t.Errorf("%s: %d executions", r.name, n)
		}
		again := c.post(r, initialize, "").Header.Get("Mcp-Session-Id")
		if got := c.post(r, callEcho, again); got.Body != echoed {
			t.Errorf("%s, new session: %+v", r.name, got)
		}
	}
}
