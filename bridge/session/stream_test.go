package session

import (
	"io"
	"net/http"
	"sync/atomic"
	"testing"

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
			var ready, listening atomic.Bool
			c, u := begin(t, Options{}, map[string]func(http.ResponseWriter, *http.Request, jsonrpc.Message){
				"GET": func(w http.ResponseWriter, r *http.Request, _ jsonrpc.Message) {
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
