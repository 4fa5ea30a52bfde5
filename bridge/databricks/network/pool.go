package network

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"ucbridge/bridge/requesttrace"
)

// Pool is the transport of all traffic: MCP messages, REST calls, and through the
// SDK's client the fetching of tokens. It begins with new connections after the
// machine has slept: those of before look alive and are not. One that carries a
// stream would otherwise be found out only by its pings, with new calls waiting
// on it. A connection that is found dead takes those with it that are idle, which
// lead the same way. It is safe for concurrent use.
type Pool struct {
	current atomic.Pointer[http.Transport]
	opening opening
	clock   clock
}

// NewPool reads the CA file, "" for the system's certificates alone. It opens no
// connection. The error names the flag.
func NewPool(caFile string) (*Pool, error) {
	t, err := newTransport(caFile)
	if err != nil {
		return nil, err
	}
	p := poolOf(t)
	dial := t.DialContext
	t.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return &mortal{Conn: conn, died: p.CloseIdleConnections}, nil
	}
	return p, nil
}

func poolOf(t *http.Transport) *Pool {
	p := &Pool{}
	p.current.Store(t)
	return p
}

// RoundTrip implements [http.RoundTripper].
func (p *Pool) RoundTrip(req *http.Request) (*http.Response, error) {
	if p.clock.slept(time.Now()) {
		old := p.current.Load()
		if p.current.CompareAndSwap(old, old.Clone()) {
			old.CloseIdleConnections()
			p.opening.reset()
		}
	}
	req, leave := p.opening.enter(req)
	defer leave()
	return sendBy(p.current.Load(), req)
}

// Fresh returns a transport with the same settings and no connection yet, which
// is the caller's to close.
func (p *Pool) Fresh() *http.Transport { return p.current.Load().Clone() }

// CloseIdleConnections closes the connections that carry nothing now.
func (p *Pool) CloseIdleConnections() { p.current.Load().CloseIdleConnections() }

// mortal is a connection that tells when the system has given it up, since the other
// side acknowledges nothing.
type mortal struct {
	net.Conn
	died func()
}

func (m *mortal) Read(b []byte) (int, error) {
	n, err := m.Conn.Read(b)
	if requesttrace.Dead(err) {
		m.died()
	}
	return n, err
}

func (m *mortal) Write(b []byte) (int, error) {
	n, err := m.Conn.Write(b)
	if requesttrace.Dead(err) {
		m.died()
	}
	return n, err
}

// sleepGap is how far the wall clock must run ahead of the monotonic clock, which
// stands still while a machine sleeps, to count as sleep. (Where it does not
// stand still, as on Windows, idle connections expire during the sleep.)
const sleepGap = 5 * time.Second

// clock compares the two clocks from one look to the next.
type clock struct {
	mu        sync.Mutex
	wall      time.Time // without a monotonic reading
	monotonic time.Time
}

func (c *clock) slept(now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	wall := now.Round(0)
	ahead := wall.Sub(c.wall) - now.Sub(c.monotonic)
	first := c.monotonic.IsZero()
	c.wall, c.monotonic = wall, now
	return !first && ahead > sleepGap
}
