package network

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

func TestSleepRenewsConnections(t *testing.T) {
	t.Parallel()
	var connections atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "hello") // a client that left would fail the test by itself
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	p := poolOf(&http.Transport{})
	defer p.CloseIdleConnections()
	call := func() {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := p.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		Drop(resp)
	}
	call()
	call()
	if got := connections.Load(); got != 1 {
		t.Fatalf("%d connections for two calls", got)
	}
	p.clock.wall = p.clock.wall.Add(-time.Hour) // the wall clock ran on for an hour
	call()
	call()
	if got := connections.Load(); got != 2 {
		t.Errorf("%d connections after a sleep, want one more", got)
	}
}
