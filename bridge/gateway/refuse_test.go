package gateway

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"ucbridge/bridge/databricks"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/scim"
)

// TestRefusedRequest refuses what was asked for: the response says so, under a
// status at which every client reads it. What is no request gets a status.
func TestRefusedRequest(t *testing.T) {
	t.Parallel()
	s := set(t, databricks.Target{Connection: "github"}, nil)
	absent := set(t, databricks.Target{Connection: "absent"}, nil)
	const bob, list, told = "dapi-demo-bob", `{"jsonrpc":"2.0","id":2,"method":"tools/list"}`, `{"jsonrpc":"2.0","method":"notifications/initialized"}`
	tests := []struct {
		to                  *stage
		method, token, body string
		status              int
		reason              refusal.Reason
	}{
		{s, "POST", bob, list, http.StatusOK, `"id":2,"error":`},
		{s, "POST", bob, list, http.StatusOK, `"reason":"connection_forbidden"`},
		{s, "POST", bob, "[" + list + "," + told + "]", http.StatusOK, `[{"jsonrpc":"2.0","id":2,"error":`},
		{s, "POST", bob, "[" + told + "]", http.StatusForbidden, `"reason":"connection_forbidden"`},
		{absent, "POST", ada, list, http.StatusOK, `"reason":"connection_not_found"`},
		{s, "POST", bob, told, http.StatusForbidden, `"reason":"connection_forbidden"`},
		{s, "GET", bob, "", http.StatusForbidden, "GRANT USE CONNECTION"},
		{s, "POST", "dapi-nobody", list, http.StatusUnauthorized, `"id":2`},
		{s, "POST", bob, list[1:], http.StatusBadRequest, "parse_error"},
	}
	for _, tt := range tests {
		status, body, h := tt.to.call(t, tt.method, tt.token, tt.body)
		if status != tt.status || !strings.Contains(body, string(tt.reason)) || (h.Get("WWW-Authenticate") != "") != (status == http.StatusUnauthorized) {
			t.Errorf("%s %s by %s: %d %s, want %d %s", tt.method, tt.body, tt.token, status, body, tt.status, tt.reason)
		}
	}
}

// TestMayHaveRun: that a request may have run is said of calls, and of nothing else.
func TestMayHaveRun(t *testing.T) {
	t.Parallel()
	over := make(chan struct{})
	silent := func(http.ResponseWriter, *http.Request) { <-over }
	s := behind(t, "proxy", silent, func(o *Options) { o.CallTimeout = 50 * time.Millisecond })["open"]
	t.Cleanup(func() { close(over) }) // before the server waits for its requests
	const list, call = `{"jsonrpc":"2.0","id":2,"method":"tools/list"}`, `{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"x"}}`
	for body, warned := range map[string]bool{list: false, call: true, "[" + list + "," + call + "]": true} {
		_, answer, _ := s.call(t, "POST", ada, body)
		if !strings.Contains(answer, `"call_timeout"`) || strings.Contains(answer, refusal.CheckFirst) != warned {
			t.Errorf("%s: %s", body, answer)
		}
	}
}

// TestMalformedAnswer has a client answer a question of the server's with what is no message:
// the server gets an error and goes on, in the session of the question.
func TestMalformedAnswer(t *testing.T) {
	t.Parallel()
	const question = `{"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{"message":"sure?","requestedSchema":{"type":"object","properties":{}}}}`
	answers := make(chan string, 4)
	server := func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if !strings.Contains(string(body), `"method"`) {
			answers <- r.Header.Get("Mcp-Session-Id") + " " + string(body)
			w.WriteHeader(http.StatusAccepted)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "data: "+question+"\n\n")
		_ = http.NewResponseController(w).Flush()
		select {
		case got := <-answers:
			_, _ = fmt.Fprintf(w, "data: {\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"contents\":[],\"got\":%q}}\n\n", got)
		case <-r.Context().Done():
		}
	}
	for name, s := range behind(t, "proxy", server, nil) {
		for _, nonsense := range []string{`{"jsonrpc":"2.0","id":"q","result":null}`, `{"jsonrpc":"2.0","id":"q","result":{},"error":{"code":1,"message":"x"}}`} {
			resp, err := s.send(t.Context(), "POST", ada, oneCall, "Mcp-Session-Id: s1")
			if err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewScanner(resp.Body)
			hears(t, lines, "elicitation/create")
			status, body, _ := s.call(t, "POST", ada, nonsense, "Mcp-Session-Id: s1")
			if status != http.StatusBadRequest || !strings.Contains(body, `"code":-32600`) || strings.Contains(body, "client's answer") {
				t.Errorf("%s, %s: %d %s", name, nonsense, status, body)
			}
			hears(t, lines, `"got":"s1 {\"jsonrpc\":\"2.0\",\"id\":\"q\",\"error\":{\"code\":-32603,\"message\":\"The client's answer is not a JSON-RPC message.\"`)
			resp.Body.Close()
		}
	}
}

// TestOwnCredentials has the workspace refuse the gateway's own credentials. It is
// not for the caller to sign in then, as clients do that are told 401.
func TestOwnCredentials(t *testing.T) {
	t.Setenv("DATABRICKS_TOKEN", "dapi-expired")
	t.Setenv("DATABRICKS_CONFIG_FILE", os.DevNull)
	s := set(t, databricks.Target{Connection: "github"}, nil)
	t.Setenv("DATABRICKS_HOST", s.workspace.URL())
	me, err := databricks.Open(databricks.Options{Target: databricks.Target{URL: scim.MePath}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(me.Close)
	for _, secret := range []string{"the-secret", ""} { // --auth local, and app
		o := s.gateway.opts
		o.Auth = Authenticator{Secret: secret, Loopback: true, People: NewPeople(me)}
		g := New(o)
		for shown, want := range map[string]int{"Bearer the-secret": http.StatusBadGateway, "Bearer x": http.StatusUnauthorized} {
			if secret == "" {
				want = http.StatusBadGateway
			}
			r := httptest.NewRequest("POST", "http://localhost/mcp/x", strings.NewReader(hello))
			r.Header.Set("Authorization", shown)
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			g.ServeMCP(w, r)
			if w.Code != want || (w.Header().Get("WWW-Authenticate") != "") != (want == http.StatusUnauthorized) || !strings.Contains(w.Body.String(), "not_authenticated") {
				t.Errorf("secret %q, shown %q: %d %v %s, want %d", secret, shown, w.Code, w.Header(), w.Body, want)
			}
		}
	}
}
