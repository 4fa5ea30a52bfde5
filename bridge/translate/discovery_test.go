package translate

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/streamable"
)

// Where server/discover could not be carried, nobody knows what the server speaks: the
// session hears why, which may repeat the handshake or let the standby answer, and not
// the refusal of initialize.
func TestDiscoveryBlocked(t *testing.T) {
	limited := refusal.New("rate_limited", "Too many requests.")
	limited.Data.Retryable = true
	a := before(server(func(_ *http.Request, m jsonrpc.Message) (int, string, error) {
		if m.Method == "server/discover" {
			return 0, "", limited
		}
		return http.StatusNotFound, fmt.Sprintf(noMethod, m.ID), nil
	}))
	if got, err := carry(t.Context(), a, streamable.Conversation{}, hello); !errors.Is(err, limited) {
		t.Errorf("got %s and %v", got, err)
	}
}

// A client that begins anew while the server has asked it something: its answer still
// finds the question, and no other one.
func TestInitializedAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ask := server(func(_ *http.Request, m jsonrpc.Message) (int, string, error) {
			switch {
			case m.Method == "initialize":
				return http.StatusNotFound, fmt.Sprintf(noMethod, m.ID), nil
			case m.Method == "server/discover":
				return http.StatusOK, fmt.Sprintf(found, m.ID), nil
			case jsonrpc.Value(m.Params, "inputResponses") == nil:
				return http.StatusOK, fmt.Sprintf(whoIsIt, m.ID), nil
			}
			return http.StatusOK, fmt.Sprintf(done, m.ID), nil
		})
		a := translating(t, ask)
		messages, end := begin(t, a, callTool)
		question := <-messages
		if _, err := carry(t.Context(), a, streamable.Conversation{}, hello); err != nil {
			t.Error(err)
		}
		others, otherEnd := begin(t, a, callTool)
		other := <-others
		if other.ID.Is(question.ID) {
			t.Errorf("two questions have the id %s", other.ID)
		}
		for _, q := range []struct {
			jsonrpc.Message
			messages <-chan jsonrpc.Message
			end      <-chan error
		}{{question, messages, end}, {other, others, otherEnd}} {
			accept(t, a, q.Message)
			if got := string((<-q.messages).Raw); got != fmt.Sprintf(done, "1") {
				t.Errorf("got %s", got)
			}
			if err := <-q.end; err != nil {
				t.Error(err)
			}
		}
	})
}

// A handshake that fails leaves the translation as it was: the session may make it
// beside a conversation that goes on.
func TestHandshakeFailsBeside(t *testing.T) {
	a := translating(t, server(func(_ *http.Request, m jsonrpc.Message) (int, string, error) {
		return 0, "", errors.New("out of reach")
	}))
	if _, err := carry(t.Context(), a, streamable.Conversation{}, hello); err == nil {
		t.Error("the handshake did not fail")
	}
	if got, err := carry(t.Context(), a, conversation, `{"jsonrpc":"2.0","id":1,"method":"ping"}`); err != nil || got[0] != `{"jsonrpc":"2.0","id":1,"result":{}}` {
		t.Errorf("got %s and %v", got, err)
	}
}

// A server that grants initialize is a server of the old era from then on.
func TestServerTurnsOld(t *testing.T) {
	const granted = `{"jsonrpc":"2.0","id":%s,"result":{"protocolVersion":"2025-03-26"}}`
	a := translating(t, server(func(_ *http.Request, m jsonrpc.Message) (int, string, error) {
		return http.StatusOK, fmt.Sprintf(granted, m.ID), nil
	}))
	for _, raw := range []string{hello, `{"jsonrpc":"2.0","id":1,"method":"ping"}`} {
		m, _ := jsonrpc.Parse([]byte(raw))
		conv := conversation
		if m.Method == "initialize" {
			conv = streamable.Conversation{}
		}
		if got, err := carry(t.Context(), a, conv, raw); err != nil || got[0] != fmt.Sprintf(granted, m.ID) {
			t.Errorf("got %s and %v", got, err)
		}
	}
}

// A server that never answers server/discover does not hold up its refusal of
// initialize.
func TestDiscoveryIgnored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := before(server(func(r *http.Request, m jsonrpc.Message) (int, string, error) {
			if m.Method == "server/discover" {
				<-r.Context().Done()
				return 0, "", r.Context().Err()
			}
			return http.StatusOK, fmt.Sprintf(noMethod, m.ID), nil
		}))
		began := time.Now()
		got, err := carry(t.Context(), a, streamable.Conversation{}, hello)
		if err != nil || len(got) != 1 || !strings.Contains(got[0], `"error"`) {
			t.Errorf("got %s and %v", got, err)
		}
		if took := time.Since(began); took > probeTimeout {
			t.Errorf("after %s", took)
		}
	})
}
