package endpoint

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
)

// TestQuestionWaits: a question that comes while the client has no stream is put to it on
// the next one, once, and answered to the server that asked.
func TestQuestionWaits(t *testing.T) {
	t.Parallel()
	for _, by := range []string{http.MethodGet, http.MethodPost} {
		inBubble(t, &fake{}, func(s *stage) {
			session := s.begin("ada")
			s.server.ask(7)
			body := ""
			if by == http.MethodPost {
				body = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"wait"}}`
			}
			time.Sleep(questionTimeout - time.Second)
			stream := s.start("ada", by, session, body, nil)
			asked := stream.heard("elicitation/create")
			if len(asked) != 1 {
				t.Fatalf("%s: asked %d times: %s", by, len(asked), stream.text())
			}
			time.Sleep(questionTimeout)
			s.post("ada", session, `{"jsonrpc":"2.0","id":`+string(asked[0].ID)+`,"result":{"action":"accept"}}`)
			if got := s.server.saw(""); len(got) != 1 || string(got[0].ID) != "7" || jsonrpc.Text(got[0].Result, "action") != "accept" {
				t.Errorf("%s: the server was answered %v", by, got)
			}
			stream.cancel()
			<-stream.done
		})
	}
}

// TestQuestionAnsweredBadly: an answer that is no message ends its question at once, for the
// client whose question it is.
func TestQuestionAnsweredBadly(t *testing.T) {
	t.Parallel()
	inBubble(t, &fake{}, func(s *stage) {
		session := s.begin("ada")
		stream := s.start("ada", http.MethodGet, session, "", nil)
		s.server.ask(7)
		asked := stream.heard("elicitation/create")
		if len(asked) != 1 {
			t.Fatalf("asked %d times: %s", len(asked), stream.text())
		}
		bad := `{"jsonrpc":"2.0","id":` + string(asked[0].ID) + `,"result":null}`
		if a := s.post("bob", session, bad); a.status != http.StatusNotFound || len(s.server.saw("")) != 0 {
			t.Errorf("another caller: HTTP %d, the server was answered %v", a.status, s.server.saw(""))
		}
		if a := s.post("ada", session, bad); a.status != http.StatusBadRequest || !strings.Contains(a.text(), string(refusal.InvalidRequest)) {
			t.Errorf("HTTP %d %s", a.status, a.text())
		}
		got := s.server.saw("")
		if len(got) != 1 || string(got[0].ID) != "7" || jsonrpc.Text(got[0].Error, "data", "reason") != string(refusal.InvalidRequest) {
			t.Errorf("the server was answered %v", got)
		}
		stream.cancel()
		<-stream.done
	})
}

// refused checks that the server has got one answer, which says that its question could
// not be put.
func (s *stage) refused(id string) {
	s.t.Helper()
	got := s.server.saw("")
	if len(got) != 1 || string(got[0].ID) != id || jsonrpc.Text(got[0].Error, "data", "reason") != string(refusal.InputRefused) {
		s.t.Errorf("the server was answered %v", got)
	}
}

// TestQuestionWithoutStream: a question for which no stream comes is answered with an
// error, and not put later.
func TestQuestionWithoutStream(t *testing.T) {
	t.Parallel()
	inBubble(t, &fake{}, func(s *stage) {
		session := s.begin("ada")
		s.server.ask(7)
		if got := s.server.saw(""); len(got) != 0 {
			t.Errorf("answered at once: %v", got)
		}
		time.Sleep(questionTimeout)
		s.refused("7")
		stream := s.start("ada", http.MethodGet, session, "", nil)
		if asked := stream.heard("elicitation/create"); len(asked) != 0 {
			t.Errorf("asked %d times", len(asked))
		}
		stream.cancel()
		<-stream.done
	})
}

// TestFullBacklog: a question for which there is no room is answered at once.
func TestFullBacklog(t *testing.T) {
	t.Parallel()
	inBubble(t, &fake{}, func(s *stage) {
		s.begin("ada")
		for range maxBacklog {
			s.server.client.Emit([]byte(`{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"x"}}`))
		}
		s.server.ask(8)
		s.refused("8")
	})
}

// TestWithdrawnQuestion: what a server takes back before it was put is not put.
func TestWithdrawnQuestion(t *testing.T) {
	t.Parallel()
	inBubble(t, &fake{}, func(s *stage) {
		session := s.begin("ada")
		s.server.ask(7)
		s.server.client.Emit([]byte(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}`))
		stream := s.start("ada", http.MethodGet, session, "", nil)
		if got := stream.text(); got != "" {
			t.Errorf("heard %s", got)
		}
		time.Sleep(questionTimeout)
		if got := s.server.saw(""); len(got) != 0 {
			t.Errorf("the server was answered %v", got)
		}
		stream.cancel()
		<-stream.done
	})
}

// TestUnread: a question on a stream that breaks before it was read goes another way.
// Progress of the call that broke with it does not.
func TestUnread(t *testing.T) {
	t.Parallel()
	inBubble(t, &fake{}, func(s *stage) {
		session := s.begin("ada")
		for id, unread := range []func(){
			func() {
				s.server.client.Emit([]byte(`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"p","progress":1}}`))
			},
			func() { s.server.ask(7) },
		} {
			call := fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"wait","_meta":{"progressToken":"p"}}}`, id+1)
			broken := s.start("ada", http.MethodPost, session, call, func(_ *http.Request, a *answer) { a.broken = true })
			unread()
			<-broken.done
		}
		stream := s.start("ada", http.MethodGet, session, "", nil)
		if asked, told := stream.heard("elicitation/create"), stream.heard("notifications/progress"); len(asked) != 1 || len(told) != 0 {
			t.Errorf("asked %d times, told of progress %d times", len(asked), len(told))
		}
		stream.cancel()
		<-stream.done
	})
}

// TestSessions: a session is its caller's, and ends for good when it is told to. One that
// has ended as nothing was heard of it, or as its caller has begun many others, goes on when
// it is heard of again.
func TestSessions(t *testing.T) {
	t.Parallel()
	inBubble(t, &fake{}, func(s *stage) {
		const ping = `{"jsonrpc":"2.0","id":1,"method":"ping"}`
		first := s.begin("ada")
		for _, of := range []struct {
			caller, session string
			want            int
		}{
			{"ada", first, http.StatusOK}, {"bob", first, http.StatusNotFound}, {"ada", "unknown", http.StatusNotFound}, {"ada", "", http.StatusBadRequest},
		} {
			if a := s.post(of.caller, of.session, ping); a.status != of.want || !strings.HasPrefix(a.text(), `{"jsonrpc":"2.0","id":1,`) {
				t.Errorf("%s in %q: HTTP %d %s, want %d", of.caller, of.session, a.status, a.text(), of.want)
			}
		}
		time.Sleep(time.Second) // the first is the one used the longest ago
		second := s.begin("ada")
		for range maxSessions - 1 {
			s.begin("ada")
		}
		s.e.mu.Lock()
		if s.e.sessions[first] != nil || len(s.e.sessions) != maxSessions {
			t.Errorf("%d sessions, the oldest of which should have ended", len(s.e.sessions))
		}
		s.e.mu.Unlock()
		time.Sleep(time.Second)
		if a := s.post("ada", first, ping); a.status != http.StatusOK {
			t.Errorf("the oldest of too many, heard of again: HTTP %d", a.status)
		}
		if a := s.post("ada", second, ping); a.status != http.StatusOK {
			t.Errorf("the next: HTTP %d", a.status)
		}
		ended := s.start("ada", http.MethodDelete, second, "", nil)
		<-ended.done
		if a := s.post("ada", second, ping); ended.status != http.StatusNoContent || a.status != http.StatusNotFound {
			t.Errorf("DELETE: HTTP %d, then %d", ended.status, a.status)
		}
		kept := s.begin("bob")
		stream := s.start("bob", http.MethodGet, kept, "", nil)
		idle := s.begin("eve")
		time.Sleep(idleTimeout + 2*time.Minute)
		s.e.mu.Lock()
		if s.e.sessions[idle] != nil || len(s.e.ended) != 0 {
			t.Errorf("the idle session is there, or %d that have long ended are remembered", len(s.e.ended))
		}
		s.e.mu.Unlock()
		if a := s.post("eve", idle, ping); a.status != http.StatusOK {
			t.Errorf("an idle one, heard of again: HTTP %d", a.status)
		}
		if a := s.post("bob", kept, ping); a.status != http.StatusOK {
			t.Errorf("one with a stream: HTTP %d", a.status)
		}
		stream.cancel()
		<-stream.done
	})
}

// TestSessionsInUse: a session with a stream or a call never ends for another; where all
// are such, no other one begins before one is free.
func TestSessionsInUse(t *testing.T) {
	t.Parallel()
	inBubble(t, &fake{}, func(s *stage) {
		const hello = `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"test","version":"1"}}}`
		var streams []*answer
		for range maxSessions {
			streams = append(streams, s.start("ada", http.MethodGet, s.begin("ada"), "", nil))
		}
		time.Sleep(time.Second)
		a := s.post("ada", "", hello)
		m, _ := jsonrpc.Parse([]byte(a.text())) // checked by what it holds
		if a.status != http.StatusTooManyRequests || jsonrpc.Text(m.Error, "data", "hint") == "" || string(m.ID) != "0" || a.header.Get("Mcp-Session-Id") != "" {
			t.Errorf("one more than may be: HTTP %d %s", a.status, a.text())
		}
		if a := s.modernCall("go", "another"); a.status != http.StatusTooManyRequests {
			t.Errorf("one more of 2026-07-28: HTTP %d %s", a.status, a.text())
		}
		s.begin("bob")
		streams[0].cancel()
		<-streams[0].done
		time.Sleep(time.Second)
		s.begin("ada")
		for i, stream := range streams[1:] {
			select {
			case <-stream.done:
				t.Errorf("the stream of session %d has ended", i+1)
			default:
			}
			stream.cancel()
			<-stream.done
		}
	})
}

// TestStreamEnds: the end of a session, however it comes, is that of its GET stream.
func TestStreamEnds(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(s *stage, session string){
		"DELETE": func(s *stage, session string) { <-s.start("ada", http.MethodDelete, session, "", nil).done },
		"close":  func(s *stage, _ string) { s.e.Close() },
	} {
		inBubble(t, &fake{}, func(s *stage) {
			session := s.begin("ada")
			ended := s.e.sessions[session]
			stream := s.start("ada", http.MethodGet, session, "", nil)
			end(s, session)
			synctest.Wait()
			select {
			case <-stream.done:
			default:
				t.Errorf("%s: the stream goes on", name)
			}
			late := &answer{header: make(http.Header)}
			ctx, cancel := context.WithCancel(s.t.Context())
			cancel()
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://gateway/mcp", nil)
			if err != nil {
				t.Fatal(err)
			}
			if ended.listen(late, r); late.status != http.StatusNotFound {
				t.Errorf("%s: a stream of a session that has ended: HTTP %d", name, late.status)
			}
		})
	}
}

// TestBodies: what is no message is refused in the words and with the status of HTTP.
func TestBodies(t *testing.T) {
	t.Parallel()
	inBubble(t, &fake{}, func(s *stage) {
		session := s.begin("ada")
		for body, want := range map[string]struct {
			status   int
			code, id string
		}{
			`{"jsonrpc":"2.0","id":5,`:                           {http.StatusBadRequest, "-32700", ""},
			`{"jsonrpc":"1.0","id":5,"method":"x"}`:              {http.StatusBadRequest, "-32600", "5"},
			`[{"jsonrpc":"2.0","id":5,"method":"ping"}]`:         {http.StatusBadRequest, "-32600", ""},
			`"` + strings.Repeat("x", 1<<20) + `"`:               {http.StatusRequestEntityTooLarge, "-32603", ""},
			`{"jsonrpc":"2.0","id":5,"method":"ping"}`:           {http.StatusOK, "", "5"},
			`{"jsonrpc":"2.0","method":"notifications/unknown"}`: {http.StatusAccepted, "", ""},
		} {
			a := s.post("ada", session, body)
			m, _ := jsonrpc.Parse([]byte(a.text())) // none for a notification
			if a.status != want.status || string(jsonrpc.Value(m.Error, "code")) != want.code || string(m.ID) != want.id {
				t.Errorf("%.60s: HTTP %d %s", body, a.status, a.text())
			}
		}
	})
}

// modernCall is a call of a client of 2026-07-28.
func (s *stage) modernCall(tool, name string) *answer {
	s.t.Helper()
	const meta = `"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"new","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}`
	return s.start("ada", http.MethodPost, "", fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":%q,"arguments":{"of":%q},"_meta":{"progressToken":"p",%s}}}`, tool, name, meta),
		func(r *http.Request, _ *answer) { r.Header.Set("Mcp-Protocol-Version", "2026-07-28") })
}

// TestSharedSession: two clients of one caller use one id and one token of progress. Each
// hears of its own call; where one has gone, its call is cancelled and the other hears
// nothing of it.
func TestSharedSession(t *testing.T) {
	t.Parallel()
	inBubble(t, &fake{modern: true}, func(s *stage) {
		first, second := s.modernCall("wait", "first"), s.modernCall("wait", "second")
		calls := s.server.saw(mcp.CallTool)
		if len(calls) != 2 {
			t.Fatalf("%d calls", len(calls))
		}
		for _, call := range calls { // some servers do not answer a text
			if id, err := strconv.Atoi(string(call.ID)); err != nil || string(jsonrpc.Value(call.Params, "_meta", "progressToken")) != strconv.Itoa(id) {
				t.Errorf("the server got %s", call.Raw)
			}
		}
		progress := func(of jsonrpc.Message) {
			s.server.client.Emit(jsonrpc.Set([]byte(`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":1}}`), jsonrpc.Value(of.Params, "_meta", "progressToken"), "params", "progressToken"))
			synctest.Wait()
		}
		for _, call := range calls {
			progress(call)
		}
		for _, a := range []*answer{first, second} {
			if heard := a.heard("notifications/progress"); len(heard) != 1 || jsonrpc.Text(heard[0].Params, "progressToken") != "p" {
				t.Errorf("heard %s", a.text())
			}
		}
		for _, within := range []jsonrpc.ID{calls[0].ID, nil} {
			m, err := jsonrpc.Parse([]byte(`{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"of the first"}}`))
			if err != nil {
				t.Fatal(err)
			}
			m.Within = within
			s.server.client.Deliver(m)
		}
		if n, others := len(first.heard("notifications/message")), len(second.heard("notifications/message")); n != 1 || others != 0 {
			t.Errorf("the caller of the first heard %d lines of its log, the other %d", n, others)
		}
		first.cancel()
		<-first.done
		if got := s.server.saw(mcp.Cancelled); len(got) != 1 || string(jsonrpc.Value(got[0].Params, "requestId")) != string(calls[0].ID) {
			t.Errorf("cancelled %v", got)
		}
		progress(calls[0])
		s.server.client.Emit(jsonrpc.Result(calls[1].ID, []byte(`{"content":[],"resultType":"complete"}`)))
		<-second.done
		if n := strings.Count(second.text(), "data: "); n != 2 || !strings.Contains(second.text(), `"id":1,`) {
			t.Errorf("the second heard %s", second.text())
		}
		if a := s.modernCall("go", "third"); a.header.Get("Content-Type") != "application/json" || a.status != http.StatusOK {
			t.Errorf("an answer at once: HTTP %d %s", a.status, a.text())
		}
	})
}
