package session

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"ucbridge/bridge/jsonrpc"
)

// As many requests as may run do, as many as may wait do, one more is refused,
// and a cancel still reaches the server.
func TestAsManyAsThereMayBe(t *testing.T) {
	t.Parallel()
	var running, most atomic.Int32
	full, release, cancelled := make(chan struct{}), make(chan struct{}), make(chan struct{})
	allRun := sync.OnceFunc(func() { close(full) })
	c, _ := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
		"slow": func(w http.ResponseWriter, _ *http.Request, m jsonrpc.Message) {
			n := running.Add(1)
			if n > most.Load() {
				most.Store(n)
			}
			if n == maxInFlight {
				allRun()
			}
			<-release
			running.Add(-1)
			answer(w, `{"jsonrpc":"2.0","id":%s,"result":{}}`, m.ID)
		},
		"notifications/cancelled": func(w http.ResponseWriter, _ *http.Request, _ jsonrpc.Message) {
			close(cancelled)
			w.WriteHeader(http.StatusAccepted)
		},
	})
	shakeHands(c)
	send := func(id int) { c.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"slow"}`, id)) }
	for id := range maxInFlight {
		send(id)
	}
	<-full
	for id := range maxQueued {
		send(maxInFlight + id)
	}
	send(-1)
	c.wantError("-1", "overloaded")
	c.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":0}}`)
	<-cancelled
	// Most of those that wait are taken back, so that the rest of the test is short.
	for id := range maxQueued - 100 {
		c.send(fmt.Sprintf(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":%d}}`, maxInFlight+100+id))
	}
	for c.s.inbound.pending.len() > maxInFlight+100 {
		runtime.Gosched()
	}
	close(release)
	for left := maxInFlight + 99; left > 0; { // 0 is answered if not too long has passed since its cancel
		raw := c.next()
		if !strings.Contains(raw, `"result":{}`) {
			t.Fatalf("got %s", raw)
		}
		if !strings.Contains(raw, `"id":0,`) {
			left--
		}
	}
	if most.Load() != maxInFlight {
		t.Errorf("%d requests ran at once", most.Load())
	}
}

// A client that does not read holds up what is meant for it, and nothing else.
func TestClientThatDoesNotRead(t *testing.T) {
	t.Parallel()
	cancelled, over := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() { close(over) }) // after the session's own end
	c, _ := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
		"flood": func(w http.ResponseWriter, r *http.Request, _ jsonrpc.Message) {
			send := stream(w)
			for n := 0; r.Context().Err() == nil; n++ {
				send(`data: {"jsonrpc":"2.0","method":"notifications/message","params":{"n":%d}}`, n)
			}
		},
		"notifications/cancelled": func(w http.ResponseWriter, _ *http.Request, _ jsonrpc.Message) {
			close(cancelled)
			w.WriteHeader(http.StatusAccepted)
		},
	})
	shakeHands(c)
	c.send(`{"jsonrpc":"2.0","id":1,"method":"flood"}`)
	for len(c.emitted) < cap(c.emitted) { // the client's pipe is full now
		c.send(`{"jsonrpc":"2.0","id":2,"method":"ping"}`)
		if raw := c.next(); raw == "" {
			t.Fatal("an empty message")
		}
	}
	c.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`)
	<-cancelled
	go func() { // reads again, until the session has ended
		for {
			select {
			case <-c.emitted:
			case <-over:
				return
			}
		}
	}()
}

// A message without end is given up at the limit, not kept.
func TestEndlessMessage(t *testing.T) {
	t.Parallel()
	c, _ := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
		"tools/call": func(w http.ResponseWriter, r *http.Request, _ jsonrpc.Message) {
			w.Header().Set("Content-Type", "text/event-stream")
			chunk := []byte(strings.Repeat("x", 64<<10))
			for _, err := w.Write([]byte("data: ")); err == nil && r.Context().Err() == nil; {
				_, err = w.Write(chunk)
			}
		},
	})
	shakeHands(c)
	c.send(`{"jsonrpc":"2.0","id":1,"method":"tools/call"}`)
	c.wantError("1", "message_too_large")
}
