package session

import (
	"fmt"
	"net/http"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"ucbridge/bridge/jsonrpc"
)

// A cancel of one request in a batch leaves the others to be answered.
func TestBatchCancel(t *testing.T) {
	t.Parallel()
	arrived, release := make(chan struct{}), make(chan struct{})
	c, _ := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
		"initialize": welcomes("2025-03-26"),
		"notifications/slow": func(w http.ResponseWriter, _ *http.Request, _ jsonrpc.Message) {
			close(arrived)
			<-release
			w.WriteHeader(http.StatusAccepted)
		},
		"": func(w http.ResponseWriter, _ *http.Request, _ jsonrpc.Message) {
			answer(w, `[{"jsonrpc":"2.0","id":1,"result":{}},{"jsonrpc":"2.0","id":2,"result":{}}]`)
		},
	})
	shakeHands(c)
	c.send(`{"jsonrpc":"2.0","method":"notifications/slow"}`)
	<-arrived // the batch has to wait behind it
	c.send(`[{"jsonrpc":"2.0","id":1,"method":"a"},{"jsonrpc":"2.0","id":2,"method":"b"}]`)
	first := c.s.inbound.pending.find(jsonrpc.ID("1"))
	c.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`)
	for !first.over.Load() {
		runtime.Gosched() // the cancel goes its own way
	}
	close(release)
	c.want(`{"jsonrpc":"2.0","id":2,"result":{}}`)
}

// What a batch answered in part is not answered again when it is repeated.
func TestBatchInParts(t *testing.T) {
	t.Parallel()
	var posts atomic.Int32
	c, _ := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
		"initialize": welcomes("2025-03-26"),
		"": func(w http.ResponseWriter, _ *http.Request, _ jsonrpc.Message) {
			if posts.Add(1) == 1 {
				stream(w)(`data: {"jsonrpc":"2.0","id":1,"result":{}}`)
				return
			}
			answer(w, `[{"jsonrpc":"2.0","id":1,"result":{}},{"jsonrpc":"2.0","id":2,"result":{}}]`)
		},
	})
	shakeHands(c)
	c.send(`[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","id":2,"method":"tools/list"}]`)
	c.want(`{"jsonrpc":"2.0","id":1,"result":{}}`)
	c.want(`{"jsonrpc":"2.0","id":2,"result":{}}`)
}

// A server that takes no arrays says so once, for all that is in one.
func TestBatchRefused(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusOK, http.StatusBadRequest} {
		c, _ := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
			"initialize": welcomes("2025-03-26"),
			"": func(w http.ResponseWriter, _ *http.Request, _ jsonrpc.Message) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(status)
				fmt.Fprint(w, `{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"no arrays"}}`)
			},
		})
		shakeHands(c)
		c.send(`[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","id":2,"method":"tools/list"}]`)
		c.want(`{"jsonrpc":"2.0","id":1,"error":{"code":-32600,"message":"no arrays"}}`)
		c.want(`{"jsonrpc":"2.0","id":2,"error":{"code":-32600,"message":"no arrays"}}`)
	}
}

// A question that the server takes back lets the clock of the call run on.
func TestWithdrawnQuestion(t *testing.T) {
	t.Parallel()
	c, _ := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
		"tools/call": func(w http.ResponseWriter, r *http.Request, _ jsonrpc.Message) {
			send := stream(w)
			send(`data: {"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{}}`)
			send(`data: {"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"q"}}`)
			<-r.Context().Done()
		},
	})
	shakeHands(c)
	c.s.timeouts.call = 300 * time.Millisecond // after the handshake, which a busy machine may hold up
	c.send(`{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"x"}}`)
	c.want(`{"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{}}`)
	c.want(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"q"}}`)
	c.wantError("5", "call_timeout")
}

// The deadline runs while a request waits for its turn, too.
func TestDeadlineInTheQueue(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	c, u := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
		"notifications/slow": func(w http.ResponseWriter, _ *http.Request, _ jsonrpc.Message) {
			<-release
			w.WriteHeader(http.StatusAccepted)
		},
	})
	shakeHands(c)
	c.s.timeouts.call = 50 * time.Millisecond // after the handshake, which a busy machine may hold up
	c.send(`{"jsonrpc":"2.0","method":"notifications/slow"}`)
	c.send(`{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":"x"}}`)
	c.wantError("5", "call_timeout")
	close(release)
	for _, r := range u.requests() {
		if r == "tools/call one" {
			t.Error("the call was sent after its deadline")
		}
	}
}

// A client that says initialize again begins anew, and leaves nothing behind.
func TestSecondInitialize(t *testing.T) {
	t.Parallel()
	deleted := make(chan string, 2)
	c, u := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
		"DELETE": func(_ http.ResponseWriter, r *http.Request, _ jsonrpc.Message) {
			deleted <- r.Header.Get("Mcp-Session-Id")
		},
	})
	shakeHands(c)
	c.send(`{"jsonrpc":"2.0","id":1,"method":"resources/subscribe","params":{"uri":"a://1"}}`)
	c.next()
	shakeHands(c)
	if got := <-deleted; got != "one" {
		t.Errorf("deleted %q", got)
	}
	if known := c.s.link.setup.messages(); len(known) != 0 {
		t.Errorf("%d requests of the old session are remembered", len(known))
	}
	if got := len(u.requests()); got < 8 {
		t.Errorf("the server saw %d requests", got)
	}
}
