package network

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestFirstRequests: requests that come at once to a host that nobody has a connection to
// share the one that the first of them opens.
func TestFirstRequests(t *testing.T) {
	t.Parallel()
	const requests = 20
	var connections atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.EnableHTTP2 = true
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	p := poolOf(server.Client().Transport.(*http.Transport))
	t.Cleanup(p.CloseIdleConnections)
	var asking sync.WaitGroup
	for range requests {
		asking.Go(func() {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
			if err != nil {
				t.Error(err)
				return
			}
			resp, err := p.RoundTrip(req)
			if err != nil {
				t.Error(err)
				return
			}
			resp.Body.Close()
			if resp.ProtoMajor != 2 {
				t.Errorf("HTTP/%d", resp.ProtoMajor)
			}
		})
	}
	asking.Wait()
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

// entering has a request enter and returns when it may go, since the beginning.
func entering(t *testing.T, o *opening, ctx context.Context, url string) (went time.Duration, leave func()) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	_, leave = o.enter(req)
	return time.Since(began), leave
}

// TestOpening: nobody waits long for a connection that does not come, nor for one that
// could not be had, nor where a connection carries one request at a time anyway.
func TestOpening(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var o opening
		ctx := t.Context()
		brief, cancel := context.WithTimeout(ctx, maxOpening/4)
		defer cancel()
		_, leave := entering(t, &o, ctx, "https://workspace/")
		for _, tt := range []struct {
			name, url string
			ctx       context.Context
			want      time.Duration
		}{
			{"the first to another host", "https://other/", ctx, 0},
			{"without TLS", "http://workspace/", ctx, 0},
			{"one that is given up", "https://workspace/", brief, maxOpening / 4},
			{"another", "https://workspace/", ctx, maxOpening},
		} {
			if went, _ := entering(t, &o, tt.ctx, tt.url); went != tt.want {
				t.Errorf("%s went after %v, want %v", tt.name, went, tt.want)
			}
		}
		time.AfterFunc(maxOpening/2, leave) // it has failed
		for _, want := range []time.Duration{maxOpening / 2, 0} {
			if went, _ := entering(t, &o, ctx, "https://workspace/"); went != want {
				t.Errorf("after the first has failed one went after %v, want %v", went, want)
			}
		}
	})
}
