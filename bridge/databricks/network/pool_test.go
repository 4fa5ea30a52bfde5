package network

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"os"
	"sync/atomic"
	"syscall"
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

// A connection that the system has given up takes the idle ones with it.
func TestDeadConnectionTakesIdleOnes(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hold" {
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}
	}))
	defer server.Close()
	p, err := NewPool("")
	if err != nil {
		t.Fatal(err)
	}
	var reused atomic.Bool
	get := func(path string) *http.Response {
		t.Helper()
		trace := &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) { reused.Store(i.Reused) }}
		req, err := http.NewRequestWithContext(httptrace.WithClientTrace(t.Context(), trace), http.MethodGet, server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := p.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		return resp
	}
	held := get("/hold")
	defer held.Body.Close()
	Drop(get("/"))
	if Drop(get("/")); !reused.Load() {
		t.Fatal("no connection stays idle")
	}
	dead := &mortal{Conn: refusing{os.NewSyscallError("read", syscall.ETIMEDOUT)}, died: p.CloseIdleConnections}
	if _, err := dead.Read(nil); err == nil {
		t.Fatal("the connection lives")
	}
	if Drop(get("/")); reused.Load() {
		t.Error("an idle connection is used that leads where another was found dead")
	}
	p.CloseIdleConnections()
}

// refusing is a connection that only fails.
type refusing struct{ err error }

func (r refusing) Read([]byte) (int, error)         { return 0, r.err }
func (r refusing) Write([]byte) (int, error)        { return 0, r.err }
func (r refusing) Close() error                     { return nil }
func (r refusing) LocalAddr() net.Addr              { return nil }
func (r refusing) RemoteAddr() net.Addr             { return nil }
func (r refusing) SetDeadline(time.Time) error      { return nil }
func (r refusing) SetReadDeadline(time.Time) error  { return nil }
func (r refusing) SetWriteDeadline(time.Time) error { return nil }
