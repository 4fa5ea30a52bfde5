package endpoint

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"ucbridge/bridge/aggregate"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
)

// TestResume: a replica with the same key goes on with a session, for its caller alone, as
// the client began it.
func TestResume(t *testing.T) {
	t.Parallel()
	const ping = `{"jsonrpc":"2.0","id":1,"method":"ping"}`
	inBubble(t, &fake{}, func(s *stage) {
		id := s.beginIn("ada", "2025-06-18")
		at := func(key string) (*stage, *fake) {
			f := &fake{}
			other := &stage{t: s.t, server: f, e: replica(s.t, f, key)}
			s.t.Cleanup(other.e.Close)
			return other, f
		}
		other, server := at("a key of all replicas")
		stranger, _ := at("another key altogether")
		for name, of := range map[string]struct {
			stage           *stage
			caller, session string
		}{
			"another caller":   {other, "bob", id},
			"another key":      {stranger, "ada", id},
			"an id cut short":  {other, "ada", id[:len(id)-1]},
			"an id of nothing": {other, "ada", "x"},
		} {
			if a := of.stage.post(of.caller, of.session, ping); a.status != http.StatusNotFound {
				t.Errorf("%s: HTTP %d", name, a.status)
			}
		}
		if len(server.saw("")) != 0 || len(server.saw(mcp.Initialize)) != 0 {
			t.Error("the server has been asked for strangers")
		}
		call := other.post("ada", id, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"go"}}`)
		if call.status != http.StatusOK || !strings.Contains(call.text(), `"id":1,"result":{"content":[]}`) || strings.Count(call.text(), "jsonrpc") != 1 {
			t.Errorf("a call at another replica: HTTP %d %s", call.status, call.text())
		}
		other.post("ada", id, ping)
		hellos := server.saw(mcp.Initialize)
		if len(hellos) != 1 || !strings.Contains(string(hellos[0].Raw), `"elicitation":{}`) || !strings.Contains(string(hellos[0].Raw), `"name":"test"`) {
			t.Errorf("the other replica's server has been greeted by %d: %v", len(hellos), hellos)
		}
		stream := other.start("ada", http.MethodGet, id, "", nil)
		server.ask(7)
		if got := stream.heard("elicitation/create"); len(got) != 1 {
			t.Errorf("on the stream of the other replica: %s", stream.text())
		}
		stream.cancel()
		<-stream.done
		ended := other.start("ada", http.MethodDelete, id, "", nil)
		<-ended.done
		if a := other.post("ada", id, ping); ended.status != http.StatusNoContent || a.status != http.StatusNotFound {
			t.Errorf("DELETE: HTTP %d, then %d", ended.status, a.status)
		}
		again := other.start("ada", http.MethodDelete, id, "", nil)
		<-again.done
		if again.status != http.StatusNotFound {
			t.Errorf("DELETE again: HTTP %d", again.status)
		}
		time.Sleep(resumable)
		third, _ := at("a key of all replicas")
		if a := third.post("ada", id, ping); a.status != http.StatusNotFound {
			t.Errorf("a session of long ago: HTTP %d", a.status)
		}
	})
}

// beginning is a log that looks up the session that is being begun.
type beginning struct {
	slog.Handler
	e     *Endpoint
	found []*session
}

func (b *beginning) Handle(context.Context, slog.Record) error {
	b.found = append(b.found, b.e.sessions["x"]) // e.mu is held
	return nil
}

// TestBegin: a session has taken what it begins with when another request can find it,
// which would otherwise be told to begin with initialize.
func TestBegin(t *testing.T) {
	t.Parallel()
	inBubble(t, &fake{}, func(s *stage) {
		b := &beginning{Handler: slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelDebug}), e: s.e}
		s.e.opts.Open = func(ctx context.Context, _ *Caller, emit func([]byte, jsonrpc.ID)) *aggregate.Aggregate {
			return aggregate.New(ctx, aggregate.Options{Emit: emit, Log: slog.New(b)})
		}
		logged := jsonrpc.MustParse([]byte(`{"jsonrpc":"2.0","id":"to no question","result":{}}`))
		begun := s.e.begin(newSession("x", "ada", false, s.e.opts.Log), httptest.NewRequest(http.MethodPost, "/mcp", nil), logged)
		if len(b.found) != 1 || b.found[0] != nil || s.e.sessions["x"] != begun {
			t.Errorf("looked up %d times: %v, and afterwards %v", len(b.found), b.found, s.e.sessions["x"])
		}
	})
}

// TestResumeElsewhere: DELETE ends a session at a replica that has never heard of it.
func TestResumeElsewhere(t *testing.T) {
	t.Parallel()
	inBubble(t, &fake{}, func(s *stage) {
		id := s.begin("ada")
		f := &fake{}
		other := &stage{t: s.t, server: f, e: replica(s.t, f, "a key of all replicas")}
		defer other.e.Close()
		for caller, want := range map[string]int{"bob": http.StatusNotFound, "ada": http.StatusNoContent} {
			a := other.start(caller, http.MethodDelete, id, "", nil)
			<-a.done
			if a.status != want {
				t.Errorf("DELETE by %s: HTTP %d, want %d", caller, a.status, want)
			}
		}
		if a := other.post("ada", id, `{"jsonrpc":"2.0","id":1,"method":"ping"}`); a.status != http.StatusNotFound {
			t.Errorf("after DELETE: HTTP %d", a.status)
		}
		if hellos := f.saw(mcp.Initialize); len(hellos) != 0 {
			t.Errorf("the server has been greeted for it: %v", hellos)
		}
	})
}

// TestResumeFull: a session that finds no room is told so, and one whose client says more
// than an id may hold has an id that means nothing elsewhere.
func TestResumeFull(t *testing.T) {
	t.Parallel()
	const ping = `{"jsonrpc":"2.0","id":1,"method":"ping"}`
	inBubble(t, &fake{}, func(s *stage) {
		id := s.begin("ada")
		f := &fake{}
		other := &stage{t: s.t, server: f, e: replica(s.t, f, "a key of all replicas")}
		defer other.e.Close()
		var streams []*answer
		for range maxSessions {
			streams = append(streams, other.start("ada", http.MethodGet, other.begin("ada"), "", nil))
		}
		if a := other.post("ada", id, ping); a.status != http.StatusTooManyRequests {
			t.Errorf("without room: HTTP %d", a.status)
		}
		for _, stream := range streams {
			stream.cancel()
			<-stream.done
		}
		long := s.post("ada", "", `{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"`+strings.Repeat("x", maxBirth)+`","version":"1"}}}`)
		id = long.header.Get("Mcp-Session-Id")
		if a := s.post("ada", id, ping); len(id) > 100 || a.status != http.StatusOK {
			t.Errorf("a talkative client: an id of %d, HTTP %d", len(id), a.status)
		}
		if a := other.post("ada", id, ping); a.status != http.StatusNotFound {
			t.Errorf("a talkative client elsewhere: HTTP %d", a.status)
		}
	})
}
