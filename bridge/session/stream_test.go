package session

import (
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ucbridge/bridge/jsonrpc"
)

// TestStreamStandsFirst has a server say something in reaction to initialized, and drop
// it where nobody listens, as the official TypeScript server does.
func TestStreamStandsFirst(t *testing.T) {
	t.Parallel()
	const changed = `{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}`
	for name, early := range map[string]bool{"heard at once": true, "refused until initialized": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reactions := make(chan string, 1)
			asked := make(chan struct{}) // closed at the first GET
			asking := sync.OnceFunc(func() { close(asked) })
			var ready, listening atomic.Bool
			c, u := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
				"GET": func(w http.ResponseWriter, r *http.Request, _ jsonrpc.Message) {
					defer asking()
					if !early && !ready.Load() {
						http.Error(w, "not initialized", http.StatusBadRequest)
						return
					}
					listening.Store(true)
					say := stream(w)
					w.(http.Flusher).Flush()
					if ready.Load() { // too late for the reaction, and not for what follows
						say("data: " + changed)
					}
					select {
					case reaction := <-reactions:
						say("data: " + reaction)
					case <-r.Context().Done():
					}
					<-r.Context().Done()
				},
				"notifications/initialized": func(w http.ResponseWriter, _ *http.Request, _ jsonrpc.Message) {
					if !early {
						<-asked // under way already
					}
					if ready.Store(true); listening.Load() {
						reactions <- changed
					}
					w.WriteHeader(http.StatusAccepted)
					_, _ = io.WriteString(w, "")
				},
			})
			c.send(hello)
			c.next()
			c.send(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
			c.want(changed)
			gets := 0
			for _, r := range u.requests() {
				if r == "GET one" {
					gets++
				}
			}
			if want := map[bool]int{true: 1, false: 2}[early]; gets != want {
				t.Errorf("%d GETs, want %d", gets, want)
			}
		})
	}
}

// A call waits for the server's own stream, on which the server may put a question, and
// for a while at most; a list does not wait.
func TestCallsWaitForTheStream(t *testing.T) {
	t.Parallel()
	for stands, wait := range map[time.Duration]time.Duration{300 * time.Millisecond: 300 * time.Millisecond, time.Hour: openTimeout} {
		u := &scripted{stands: stands}
		inBubble(t, Options{}, u, func(t *testing.T, c *client) {
			began := time.Now()
			c.send(`{"jsonrpc":"2.0","id":2,"method":"tools/list"}`)
			c.next()
			if took := time.Since(began); took > streamLead {
				t.Errorf("a list was held back for %v", took)
			}
			c.send(fmt.Sprintf(callX, 3))
			c.next()
			if took := time.Since(began); took != wait {
				t.Errorf("the call was answered after %v, want %v", took, wait)
			}
			began = time.Now()
			c.send(fmt.Sprintf(callX, 4))
			c.next()
			if took := time.Since(began); took != 0 {
				t.Errorf("the next call was held back for %v", took)
			}
		})
	}
}

// A notification is accepted by the status of its answer. A stream that the server holds
// open in answer to it holds up nothing, and what it says there is heard.
func TestNotificationAnsweredByAStream(t *testing.T) {
	t.Parallel()
	const said = `{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"x"}}`
	ended := make(chan struct{})
	listed := make(chan bool, 1)
	c, _ := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
		"notifications/roots/list_changed": func(w http.ResponseWriter, r *http.Request, _ jsonrpc.Message) {
			stream(w)("data: " + said)
			<-r.Context().Done()
			close(ended)
		},
		"tools/list": func(w http.ResponseWriter, _ *http.Request, m jsonrpc.Message) {
			select {
			case <-ended:
				listed <- false
			default:
				listed <- true
			}
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"result":{"tools":[]}}`, m.ID)
		},
	})
	c.send(hello)
	c.next()
	c.send(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
	c.send(`{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}`)
	c.want(said)
	c.send(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`)
	c.want(`{"jsonrpc":"2.0","id":1,"result":{"tools":[]}}`)
	if !<-listed {
		t.Error("the list came only when the stream had ended")
	}
}
