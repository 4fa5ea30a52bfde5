package gateway

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ucbridge/bridge/databricks"
	"ucbridge/bridge/emulator"
	"ucbridge/bridge/seal"
)

// eve is the token of a user who may use everything, as ada may.
const eve = "dapi-demo-eve"

// sealing are Sessions that replicas with the key share.
func sealing(t *testing.T, key string) Sessions {
	t.Helper()
	sealer, err := seal.New(key)
	if err != nil {
		t.Fatal(err)
	}
	return SealSessions(sealer)
}

// kinds make both Sessions, each call as another process makes them.
func kinds(t *testing.T) map[string]func() Sessions {
	return map[string]func() Sessions{
		"sealed":     func() Sessions { return sealing(t, "a key of all replicas") },
		"remembered": RememberSessions,
	}
}

// setSessions is a stage with ada and eve, whom the server does not tell apart.
func setSessions(t *testing.T, sessions Sessions) *stage {
	t.Helper()
	s := set(t, databricks.Target{Connection: "github"}, func(o *Options) { o.Sessions = sessions })
	s.workspace.AddUser(emulator.User{Name: "eve@example.com", PAT: eve})
	s.workspace.AddConnection(emulator.Connection{Name: "github", MCP: true})
	return s
}

// replica is the stage with another gateway in front of the same workspace.
func (s *stage) replica(t *testing.T, change func(*Options)) *stage {
	t.Helper()
	o := s.gateway.opts
	change(&o)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	other := &stage{workspace: s.workspace, gateway: New(o), client: s.client, url: "http://" + l.Addr().String(), log: s.log}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- other.gateway.Serve(ctx, l) }()
	t.Cleanup(func() {
		s.client.CloseIdleConnections()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return other
}

const echo = `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"echo","arguments":{"text":"hello"}}}`

// calls reports whether a user can call in a session; else it has to be told 404 in MCP's
// words.
func (s *stage) calls(t *testing.T, token, session string) bool {
	t.Helper()
	status, body, _ := s.call(t, "POST", token, echo, session)
	switch {
	case status == http.StatusOK && strings.Contains(body, `"text":"hello"`):
		return true
	case status != http.StatusNotFound || !strings.Contains(body, `"id":7,"error":{`) || !strings.Contains(body, `"reason":"not_served"`):
		t.Errorf("a call: %d %s", status, body)
	}
	return false
}

// TestForeignSession: what another user sends under the id of a session does not reach the
// server, by any method.
func TestForeignSession(t *testing.T) {
	t.Parallel()
	for name, sessions := range kinds(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setSessions(t, sessions())
			session := s.begin(t, ada)
			if !s.calls(t, ada, session) {
				t.Fatal("the session is not its own user's")
			}
			s.workspace.ResetExchanges()
			if s.calls(t, eve, session) {
				t.Error("another user calls in the session")
			}
			for _, foreign := range []struct{ method, body, more string }{
				{"POST", `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}`, "X: 1"},
				{"POST", `{"jsonrpc":"2.0","id":3,"result":{"action":"accept"}}`, "X: 1"},
				{"POST", `{"jsonrpc":"2.0","id":3,"result":null}`, "X: 1"},
				{"GET", "", "X: 1"}, {"GET", "", "Last-Event-Id: 1"}, {"DELETE", "", "X: 1"},
			} {
				status, body, _ := s.call(t, foreign.method, eve, foreign.body, session, foreign.more)
				if status != http.StatusNotFound && !(status == http.StatusBadRequest && strings.Contains(foreign.body, "null")) {
					t.Errorf("%+v: %d %s", foreign, status, body)
				}
			}
			for _, x := range s.workspace.Exchanges() {
				if x.Connection != "" {
					t.Errorf("reached the server: %s %s", x.Method, x.Upstream.Body)
				}
			}
			if own := s.begin(t, eve); own == session || !s.calls(t, eve, own) || s.calls(t, ada, own) {
				t.Error("the other user has no session of their own")
			}
		})
	}
}

// TestForeignSessionAudited: the audit log tells of a message in another user's session.
func TestForeignSessionAudited(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "audit.jsonl")
	sessions := sealing(t, "a key of all replicas")
	s := governed(t, http.NotFoundHandler(), "proxy", fmt.Sprintf("audit: {file: %q, required: true}", log), func(o *Options) { o.Sessions = sessions })
	status, body, _ := s.call(t, "POST", ada, echo, "Mcp-Session-Id: "+sessions.give(holder{"/mcp/x", "eve@example.com"}, "one"))
	if status != http.StatusNotFound {
		t.Errorf("%d %s", status, body)
	}
	s.gateway.opts.Endpoints[0].Governor.Close()
	rows, err := os.ReadFile(log)
	if want := `"user":"ada@example.com"`; err != nil || strings.Count(string(rows), "\n") != 1 || !strings.Contains(string(rows), want) || !strings.Contains(string(rows), `"tool":"echo"`) || !strings.Contains(string(rows), `"verdict":"deny"`) {
		t.Errorf("%v, rows %s", err, rows)
	}
}

// TestOwnSession: its own user has all of a session, and initialize under a foreign id begins
// another one.
func TestOwnSession(t *testing.T) {
	t.Parallel()
	for name, sessions := range kinds(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setSessions(t, sessions())
			session := s.begin(t, ada)
			s.call(t, "POST", ada, `{"jsonrpc":"2.0","id":2,"method":"resources/subscribe","params":{"uri":"repo://octo/hello-mcp/issues"}}`, session)
			stream, err := s.send(t.Context(), "GET", ada, "", session)
			if err != nil {
				t.Fatal(err)
			}
			defer stream.Body.Close()
			other := s.begin(t, ada)
			s.call(t, "POST", ada, `{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"create_issue","arguments":{"owner":"octo","repo":"hello-mcp","title":"x"}}}`, other)
			hears(t, bufio.NewScanner(stream.Body), "notifications/resources/updated")
			status, body, h := s.call(t, "POST", eve, hello, session)
			if begun := "Mcp-Session-Id: " + h.Get("Mcp-Session-Id"); status != http.StatusOK || begun == session || !s.calls(t, eve, begun) {
				t.Errorf("initialize under a foreign id: %d %s", status, body)
			}
			if status, body, _ := s.call(t, "DELETE", ada, "", session); status != http.StatusNoContent {
				t.Errorf("DELETE: %d %s", status, body)
			}
			if status, body, _ := s.call(t, "POST", ada, echo, session); status != http.StatusNotFound || !strings.Contains(body, "upstream_not_found") {
				t.Errorf("after DELETE: %d %s", status, body)
			}
		})
	}
}

// TestSessionElsewhere: at a replica, and after a restart, a session goes on for its user;
// without a key it goes on for whoever comes first.
func TestSessionElsewhere(t *testing.T) {
	t.Parallel()
	for name, sessions := range kinds(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setSessions(t, sessions())
			session := s.begin(t, ada)
			for _, first := range []string{ada, eve} {
				other := s.replica(t, func(o *Options) { o.Sessions = sessions() })
				want := map[string]bool{ada: first == ada || name == "sealed", eve: first == eve && name == "remembered"}
				other.calls(t, first, session)
				for token, goesOn := range want {
					if got := other.calls(t, token, session); got != goesOn {
						t.Errorf("%s comes first, %s goes on with the session: %v", first, token, got)
					}
				}
			}
			if name == "sealed" {
				if s.replica(t, func(o *Options) { o.Sessions = sealing(t, "another key altogether") }).calls(t, ada, session) {
					t.Error("a session goes on under another key")
				}
			}
			ofTwo := sessions()
			shown := ofTwo.give(holder{"/mcp/x", "ada"}, "one")
			ofTwo.give(holder{"/mcp/y", "eve"}, "one")
			for at, want := range map[holder]bool{{"/mcp/x", "ada"}: true, {"/mcp/x", "eve"}: false, {"/mcp/y", "ada"}: false} {
				if _, own := ofTwo.find(at, shown); own != want {
					t.Errorf("%+v has a session: %v", at, own)
				}
			}
		})
	}
}

// TestResumedElsewhere: a stream is resumed by its own user alone, and the server sees the id
// that it gave, once, on each request and on none of the answers.
func TestResumedElsewhere(t *testing.T) {
	t.Parallel()
	seen := make(chan string, 10)
	server := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen <- fmt.Sprint(r.Method, " ", r.Header["Mcp-Session-Id"], r.Header["Last-Event-Id"])
		w.Header().Set("Mcp-Session-Id", "one")
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "id: e1\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"level\":\"info\",\"data\":1}}\n\n")
	})
	s := governed(t, server, "proxy", "")
	s.workspace.AddUser(emulator.User{Name: "eve@example.com", PAT: eve})
	s = s.replica(t, func(o *Options) { o.Sessions = sealing(t, "a key of all replicas") })
	_, _, h := s.call(t, "POST", ada, hello)
	session := h.Get("Mcp-Session-Id")
	for _, resumes := range []struct {
		token  string
		status int
	}{{ada, 200}, {eve, 404}, {ada, 200}} {
		status, body, h := s.call(t, "GET", resumes.token, "", "Mcp-Session-Id: "+session, "Last-Event-Id: e1")
		if shown := h.Get("Mcp-Session-Id"); status != resumes.status || status == 200 && shown != session {
			t.Errorf("%s: %d %s, of session %s", resumes.token, status, body, shown)
		}
	}
	close(seen)
	var got []string
	for one := range seen {
		got = append(got, one)
	}
	if want := "POST [] [] GET [one] [e1] GET [one] [e1]"; strings.Join(got, " ") != want || strings.Contains(session, "one") {
		t.Errorf("the server has seen %q, want %s; the client has %s", got, want, session)
	}
}

// TestSessionNamedOtherwise: the server sees no session that was not looked at, however a
// request spells it.
func TestSessionNamedOtherwise(t *testing.T) {
	t.Parallel()
	seen := make(chan http.Header, 1)
	server := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen <- r.Header
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"jsonrpc":"2.0","id":7,"result":{}}`)
	})
	for name, sessions := range map[string]Sessions{"sealed": sealing(t, "a key of all replicas"), "remembered": RememberSessions(), "of one user": nil} {
		s := governed(t, server, "proxy", "", func(o *Options) { o.Sessions = sessions })
		own := "own"
		if sessions != nil {
			own = sessions.give(holder{"/mcp/x", "ada@example.com"}, own)
		}
		for _, c := range []struct{ sent, want http.Header }{
			{http.Header{headerSession: {"", "other"}}, http.Header{}},
			{http.Header{headerSession: {own, "other"}}, http.Header{headerSession: {"own"}}},
			{http.Header{"Mcp-Session_id": {"other"}, "Mcp-Param-my_id": {"1"}}, http.Header{"Mcp-Param-My_id": {"1"}}},
			{http.Header{"Last-Event-Id": {"e1", "e2"}, "Mcp-Protocol-Version": {"2025-06-18", "x"}}, http.Header{"Last-Event-Id": {"e1"}, "Mcp-Protocol-Version": {"2025-06-18"}}},
		} {
			req, err := http.NewRequestWithContext(t.Context(), "POST", s.url+"/mcp/x", strings.NewReader(echo))
			if err != nil {
				t.Fatal(err)
			}
			req.Header = c.sent
			req.Header["Content-Type"], req.Header["X-Forwarded-Access-Token"] = []string{"application/json"}, []string{ada}
			resp, err := s.client.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			got := <-seen
			for header := range got {
				if !strings.HasPrefix(header, "Mcp-") && header != "Last-Event-Id" {
					delete(got, header)
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("%s: sent %v, the server has seen %v, want %v", name, c.sent, got, c.want)
			}
		}
	}
}

// TestSessionsOfOthers: nobody can have the sessions of others forgotten, nor get them at
// another endpoint, which may lead to the same server.
func TestSessionsOfOthers(t *testing.T) {
	t.Parallel()
	r := RememberSessions().(*rememberedSessions)
	r.give(holder{"/mcp/x", "ada"}, "one")
	for n := range 3 * maxRemembered {
		if _, own := r.find(holder{"/mcp/x", "eve"}, fmt.Sprint("made up ", n)); !own {
			t.Fatal("an id that is not known is refused")
		}
	}
	r.give(holder{"/mcp/own", "eve"}, "one") // by a server of hers
	for _, path := range []string{"/mcp/x", "/mcp/y"} {
		if _, own := r.find(holder{path, "eve"}, "one"); own {
			t.Errorf("another user has the session at %s", path)
		}
	}
	r.give(holder{"/mcp/x", "ada"}, "two")
	if _, own := r.find(holder{"/mcp/y", "ada"}, "two"); !own {
		t.Error("its user does not have the id at another endpoint")
	}
	if kept := len(r.recent) + len(r.older); kept > 2*maxOfOwner {
		t.Errorf("%d sessions are remembered of two users", kept)
	}
}

// TestRememberedSessions: what is in use stays known, what is not is forgotten, and a server
// that gives one id to all keeps its users.
func TestRememberedSessions(t *testing.T) {
	t.Parallel()
	r := RememberSessions().(*rememberedSessions)
	of := func(owner string) holder { return holder{"/mcp/x", owner} }
	finds := func(owner, id string, want bool) {
		t.Helper()
		if got, ok := r.find(of(owner), id); ok != want || ok && got != id {
			t.Errorf("%s shows %s: %q %v", owner, id, got, ok)
		}
	}
	r.give(of("ada"), "used")
	r.give(of("ada"), "idle")
	r.give(of("ada"), "same")
	r.give(of("eve"), "same")
	finds("ada", "same", true)
	finds("eve", "same", true)
	finds("bob", "same", false)
	for n := range 3 * maxRemembered {
		r.give(of(fmt.Sprint("user ", n%100)), fmt.Sprint(n))
		if n%1000 == 0 {
			finds("ada", "used", true)
		}
	}
	finds("eve", "used", false)
	finds("eve", "idle", true)
	if known := len(r.recent) + len(r.older); known > 2*maxRemembered {
		t.Errorf("%d sessions are remembered", known)
	}
}
