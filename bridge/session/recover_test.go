package session

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"ucbridge/bridge/jsonrpc"
)

// forgetful is a server that knows its current session only.
type forgetful struct {
	mu      sync.Mutex
	session int
	refuse  func(w http.ResponseWriter, m jsonrpc.Message)
}

func (f *forgetful) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.session++
}

func (f *forgetful) name() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return fmt.Sprintf("s%d", f.session)
}

func (f *forgetful) handlers(methods ...string) map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message) {
	all := map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
		"initialize": func(w http.ResponseWriter, _ *http.Request, m jsonrpc.Message) {
			w.Header().Set("Mcp-Session-Id", f.name())
			answer(w, `{"jsonrpc":"2.0","id":%s,"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{"listChanged":true},"prompts":{}}}}`, m.ID)
		},
	}
	for _, method := range append(methods, "notifications/initialized") {
		all[method] = func(w http.ResponseWriter, r *http.Request, m jsonrpc.Message) {
			switch {
			case r.Header.Get("Mcp-Session-Id") != f.name():
				f.refuse(w, m)
			case m.IsRequest():
				answer(w, `{"jsonrpc":"2.0","id":%s,"result":{}}`, m.ID)
			default:
				w.WriteHeader(http.StatusAccepted)
			}
		}
	}
	return all
}

func TestLostSessionIsInvisible(t *testing.T) {
	t.Parallel()
	refusals := map[string]func(w http.ResponseWriter, m jsonrpc.Message){
		"404": func(w http.ResponseWriter, _ jsonrpc.Message) { w.WriteHeader(http.StatusNotFound) },
		"404 with a JSON-RPC error": func(w http.ResponseWriter, _ jsonrpc.Message) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"jsonrpc":"2.0","error":{"code":-32001,"message":"Session not found"},"id":null}`)
		},
		"400 that names the session": func(w http.ResponseWriter, _ jsonrpc.Message) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"jsonrpc":"2.0","error":{"code":-32000,"message":"Bad Request: No valid session ID provided"},"id":null}`)
		},
	}
	for name, refuse := range refusals {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := &forgetful{refuse: refuse}
			c, u := begin(t, Options{}, server.handlers("tools/call", "ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe"))
			shakeHands(c)
			for i, request := range []string{
				`"method":"logging/setLevel","params":{"level":"debug"}`,
				`"method":"resources/subscribe","params":{"uri":"a://1"}`,
				`"method":"resources/subscribe","params":{"uri":"a://2"}`,
				`"method":"resources/unsubscribe","params":{"uri":"a://1"}`,
			} {
				c.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,%s}`, i, request))
				c.next()
			}
			server.forget()
			before := len(u.requests())
			const calls = 20
			for i := range calls {
				c.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call"}`, 100+i))
			}
			answers, changes := 0, 0
			for range calls + 1 {
				switch raw := c.next(); {
				case strings.Contains(raw, `"result":{}`):
					answers++
				case strings.Contains(raw, "notifications/tools/list_changed"):
					changes++
				default:
					t.Fatalf("got %s", raw)
				}
			}
			if answers != calls || changes != 1 || c.renewed.Load() != 1 {
				t.Errorf("%d answers, %d changes, renewed %d times", answers, changes, c.renewed.Load())
			}
			count := make(map[string]int)
			for _, r := range u.requests()[before:] {
				count[r]++
			}
			for request, want := range map[string]int{
				"initialize": 1, "notifications/initialized s1": 1, "tools/call s1": calls,
				"logging/setLevel s1": 1, "resources/subscribe s1": 1, "resources/unsubscribe s1": 0,
			} {
				if count[request] != want {
					t.Errorf("%q was sent %d times, want %d", request, count[request], want)
				}
			}
		})
	}
}

// A loss that is told after the answer has begun is the answer to that call, which may
// have run. The next call is made in a new session.
func TestLossInTheMidstOfAnAnswer(t *testing.T) {
	t.Parallel()
	server := &forgetful{}
	server.refuse = func(w http.ResponseWriter, m jsonrpc.Message) {
		say := stream(w)
		say(`data: {"jsonrpc":"2.0","method":"notifications/message","params":{}}`)
		say(fmt.Sprintf(`data: {"jsonrpc":"2.0","id":%s,"error":{"code":-32001,"message":"Session not found"}}`, m.ID))
	}
	c, u := begin(t, Options{}, server.handlers("tools/call"))
	shakeHands(c)
	server.forget()
	c.send(`{"jsonrpc":"2.0","id":1,"method":"tools/call"}`)
	c.want(`{"jsonrpc":"2.0","method":"notifications/message","params":{}}`)
	c.want(`{"jsonrpc":"2.0","id":1,"error":{"code":-32001,"message":"Session not found"}}`)
	c.send(`{"jsonrpc":"2.0","id":2,"method":"tools/call"}`)
	c.want(`{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}`)
	c.want(`{"jsonrpc":"2.0","id":2,"result":{}}`)
	calls := 0
	for _, r := range u.requests() {
		if strings.HasPrefix(r, "tools/call") {
			calls++
		}
	}
	if calls != 2 {
		t.Errorf("%d calls were sent, want 2", calls)
	}
}

// An unknown method is no lost session, and a server that never knows its own
// session is asked once more and then quoted.
func TestNoLoss(t *testing.T) {
	t.Parallel()
	notFound := func(code int) func(http.ResponseWriter, *http.Request, jsonrpc.Message) {
		return func(w http.ResponseWriter, _ *http.Request, m jsonrpc.Message) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"error":{"code":%d,"message":"m"}}`, m.ID, code)
		}
	}
	c, u := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
		"unknown": notFound(-32601), "disowned": notFound(-32001),
	})
	shakeHands(c)
	c.send(`{"jsonrpc":"2.0","id":1,"method":"unknown"}`)
	c.want(`{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"m"}}`)
	c.send(`{"jsonrpc":"2.0","id":2,"method":"disowned"}`)
	c.want(`{"jsonrpc":"2.0","id":2,"error":{"code":-32001,"message":"m"}}`)
	if got := strings.Count(strings.Join(u.requests(), ";"), "initialize;"); got > 2 {
		t.Errorf("initialize was sent %d times", got)
	}
	if got := strings.Count(strings.Join(u.requests(), ";"), "disowned"); got != 2 {
		t.Errorf("the request was sent %d times", got)
	}
}

// The questions of a lost session are withdrawn, and late answers dropped.
func TestLossWithdrawsQuestions(t *testing.T) {
	t.Parallel()
	server := &forgetful{refuse: func(w http.ResponseWriter, _ jsonrpc.Message) { w.WriteHeader(http.StatusNotFound) }}
	handlers := server.handlers("tools/call", "ping")
	handlers["ask"] = func(w http.ResponseWriter, r *http.Request, _ jsonrpc.Message) {
		stream(w)(`data: {"jsonrpc":"2.0","id":"q","method":"roots/list"}`)
		<-r.Context().Done()
	}
	c, u := begin(t, Options{}, handlers)
	shakeHands(c)
	c.send(`{"jsonrpc":"2.0","id":1,"method":"ask"}`)
	c.want(`{"jsonrpc":"2.0","id":"q","method":"roots/list"}`)
	server.forget()
	c.send(`{"jsonrpc":"2.0","id":2,"method":"tools/call"}`)
	c.want(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"q","reason":"the server's session was lost"}}`)
	c.want(`{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}`)
	c.want(`{"jsonrpc":"2.0","id":2,"result":{}}`)
	c.send(`{"jsonrpc":"2.0","id":"q","result":{"roots":[]}}`)
	c.s.Close(10 * time.Millisecond)
	if got := strings.Join(u.requests(), ";"); strings.Contains(got, "response") {
		t.Errorf("the server saw %s", got)
	}
}
