package session

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
)

// Why an exchange was ended before its answer came; causes of its context.
var (
	errDeadline  = errors.New("deadline of the call")
	errIdle      = errors.New("no sign of the server")
	errCancelled = errors.New("cancelled by the client")
	errClosing   = errors.New("session is closing")
	errSettled   = errors.New("every answer has come")
)

// exchange is one POST that wants answers: a request, or a batch with requests
// in it.
type exchange struct {
	message jsonrpc.Message
	flights []*flight
	ctx     context.Context
	cancel  context.CancelCauseFunc
	clock   deadline
	idle    deadline // begins anew with every sign of the server
	// fate is decided once: begun, and on its way to the network, or revoked by a
	// cancel that came before that.
	fate atomic.Int32
	// written is closed once the request is on the wire, or never will be.
	written chan struct{}
	wrote   atomic.Bool
	// counted is the tally of unwritten requests that this one is in, nil before.
	counted *tally
	// settled is closed once every flight is answered or given up.
	settled chan struct{}
	open    atomic.Int32
	// withdrawn is set by a cancel that came too late to revoke: the exchange must
	// not be sent again.
	withdrawn atomic.Bool
	// release gives the slot back; it may be called again.
	release func()
	// aside is set when nobody waits for the exchange at the session's end.
	aside atomic.Bool
	// era is the revision of a request of the new era, "" in the old one.
	era string
	// relisted says that the tools were listed anew for this call.
	relisted bool
	// session is the Mcp-Session-Id that came with the answer.
	session string
}

// flight is one request under way. It ends exactly once.
type flight struct {
	id       jsonrpc.ID
	method   string
	exchange *exchange
	// take receives the response, which is the flight's own.
	take func(jsonrpc.Message)
	// lost, where set, receives the failure instead of the client.
	lost func(*refusal.Error)
	over atomic.Bool
}

// lose gives the flight an error for its answer.
func (f *flight) lose(s *Session, e *refusal.Error) {
	if f.lost != nil {
		f.lost(e)
		return
	}
	s.Emit(e.Response(f.id))
}

// newExchange prepares the exchange of m, whose requests become its flights.
func newExchange(ctx context.Context, m jsonrpc.Message) *exchange {
	x := &exchange{message: m, written: make(chan struct{}), settled: make(chan struct{})}
	x.ctx, x.cancel = context.WithCancelCause(ctx)
	for _, r := range mcp.Requests(m) {
		x.flights = append(x.flights, &flight{id: r.ID, method: r.Method, exchange: x})
	}
	x.open.Store(int32(len(x.flights)))
	return x
}

const (
	undecided = iota
	begun
	revoked
)

// begin reports whether the exchange may be sent; from then on it cannot be
// taken back.
func (x *exchange) begin() bool {
	return !x.withdrawn.Load() && (x.fate.CompareAndSwap(undecided, begun) || x.fate.Load() == begun)
}

// revoke takes back an exchange that was not sent, and reports whether it could.
func (x *exchange) revoke() bool { return x.fate.CompareAndSwap(undecided, revoked) }

// end claims the flight's one ending; only the first caller gets it, and must
// call done when the ending has been delivered.
func (f *flight) end() bool { return f.over.CompareAndSwap(false, true) }

func (f *flight) done() {
	if f.exchange.open.Add(-1) == 0 {
		close(f.exchange.settled)
	}
}

// match finds the flight of x that a response belongs to: the same id, or else
// the same number in another spelling, or else, where the response carries no
// usable id, the only request there is.
func (x *exchange) match(id jsonrpc.ID) *flight {
	for _, f := range x.flights {
		if f.id.Is(id) {
			return f
		}
	}
	for _, f := range x.flights {
		if f.id.Means(id) {
			return f
		}
	}
	if (id == nil || id.IsNull()) && len(x.flights) == 1 {
		return x.flights[0]
	}
	return nil
}

// markWritten says that the request is on the wire, or never will be. It may be
// called again.
func (x *exchange) markWritten() {
	if !x.wrote.CompareAndSwap(false, true) {
		return
	}
	close(x.written)
	if x.counted != nil {
		x.counted.add(-1)
	}
}

// awaitWritten waits until the request is on the wire, or for the longest time
// that anything may wait for that.
func (x *exchange) awaitWritten() {
	timer := time.NewTimer(longestWrite)
	defer timer.Stop()
	select {
	case <-x.written:
	case <-timer.C:
	}
}

// flights finds the requests under way by their ids.
type flights struct {
	mu   sync.Mutex
	byID map[string]*flight
}

func (t *flights) add(x *exchange) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, f := range x.flights {
		t.byID[string(f.id)] = f
	}
}

func (t *flights) remove(x *exchange) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, f := range x.flights {
		if t.byID[string(f.id)] == f { // not a later request of the same id
			delete(t.byID, string(f.id))
		}
	}
}

func (t *flights) len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.byID)
}

func (t *flights) find(id jsonrpc.ID) *flight {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.byID[string(id)]
}

// exchanges returns every exchange under way, once.
func (t *flights) exchanges() []*exchange {
	t.mu.Lock()
	defer t.mu.Unlock()
	seen := make(map[*exchange]bool, len(t.byID))
	var all []*exchange
	for _, f := range t.byID {
		if !seen[f.exchange] {
			seen[f.exchange] = true
			all = append(all, f.exchange)
		}
	}
	return all
}
