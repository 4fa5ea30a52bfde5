package gateway

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"ucbridge/bridge/telemetry"
)

// single is a listener of one connection.
type single struct {
	conn  chan net.Conn
	ended chan struct{}
}

func (l single) Accept() (net.Conn, error) {
	select {
	case c := <-l.conn:
		return c, nil
	case <-l.ended:
		return nil, net.ErrClosed
	}
}

func (l single) Close() error   { close(l.ended); return nil }
func (l single) Addr() net.Addr { return &net.TCPAddr{} }

// TestReaderOfNothing sends requests and takes no answer in. The connection is
// closed in time, however small the answer: it would be held for as long as the
// other end likes.
func TestReaderOfNothing(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/livez", "/metrics", "/elsewhere", "/mcp/x", "/page"} {
		synctest.Test(t, func(t *testing.T) {
			here, there := net.Pipe()
			l := single{make(chan net.Conn, 1), make(chan struct{})}
			l.conn <- there
			log := slog.New(slog.DiscardHandler)
			g := New(Options{Log: log, Tracer: telemetry.Open("0.0.0", log), Auth: Authenticator{Secret: "x"}})
			g.Page = http.NotFoundHandler()
			ctx, cancel := context.WithCancel(t.Context())
			served := make(chan error, 1)
			go func() { served <- g.Serve(ctx, l) }()
			if _, err := io.WriteString(here, "GET "+path+" HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Hour)
			if n, err := here.Read(make([]byte, 100)); !errors.Is(err, io.EOF) {
				t.Errorf("%s: the connection is still held: %d bytes, %v", path, n, err)
			}
			here.Close()
			cancel()
			if err := <-served; err != nil {
				t.Error(err)
			}
		})
	}
}
