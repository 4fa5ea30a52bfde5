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
	calls   []*call
	ctx     context.Context
	cancel  context.CancelCauseFunc
	clock   deadline
	idle    deadline // begins anew with every sign of the server
	made    time.Time
	// lastHeard is when the server gave a sign, or was sent the message, after made.
	lastHeard atomic.Int64
	// fate is decided once: begun, and on its way to the network, or revoked by a
	// cancel that came before that.
	fate atomic.Int32
	// written is closed once the request is on the wire, or never will be.
	written chan struct{}
	wrote   atomic.Bool
	// counted is the counter of unwritten requests that this one is in, nil before.
	counted *counter
	// settled is closed once every call is answered or given up.
	settled chan struct{}
	open    atomic.Int32
	// withdrawn is set by a cancel that came too late to revoke: the exchange must
	// not be sent again.
	withdrawn atomic.Bool
	// extended is set when the deadline was put off for a question of the server that
	// may be of another call.
	extended atomic.Bool
	// retired is set when the exchange is over.
	retired atomic.Bool
	// slots is where the slot of the exchange goes back, nil while it has none. Only the
	// goroutine that carries the exchange knows it.
	slots chan struct{}
	// unawaited is set when nobody waits for the exchange at the session's end.
	unawaited atomic.Bool
	// era is the revision of a request of the new era, "" in the old one.
	era string
	// relisted says that the tools were listed anew for this call.
	relisted bool
	// disowned is called where the server says in the midst of an answer that it does
	// not know the session; nil outside of one.
	disowned func()
	// session is the Mcp-Session-Id that came with the answer.
	session string
	// strays are the responses on its stream that are not known to answer an open request.
	strays []jsonrpc.Message
}

// call is one request under way. It ends exactly once.
type call struct {
	id       jsonrpc.ID
	method   string
	request  jsonrpc.Message
	exchange *exchange
	// take receives the response, which is the call's own.
	take func(jsonrpc.Message)
	// lost receives the failure where there is no response.
	lost func(*refusal.Error)
	over atomic.Bool
	// spent is set where take was called and nobody holds anything of the response.
	spent bool
	// cancelled is set by the first cancel of the client.
	cancelled atomic.Bool
}

// newExchange prepares the exchange of m, whose requests become its calls.
func newExchange(ctx context.Context, m jsonrpc.Message) *exchange {
	x := &exchange{message: m, made: time.Now(), written: make(chan struct{}), settled: make(chan struct{})}
	x.ctx, x.cancel = context.WithCancelCause(ctx)
	for _, r := range mcp.Requests(m) {
		x.calls = append(x.calls, &call{id: r.ID, method: r.Method, request: r, exchange: x})
	}
	x.open.Store(int32(len(x.calls)))
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

// end claims the call's one ending; only the first caller gets it, and must
// call done when the ending has been delivered.
func (c *call) end() bool { return c.over.CompareAndSwap(false, true) }

func (c *call) done() {
	if c.exchange.open.Add(-1) == 0 {
		close(c.exchange.settled)
	}
}

// mark returns a message of the server with the request on whose stream it came; x is nil
// for no such stream. On that of a batch it may be about any of its requests.
func (x *exchange) mark(m jsonrpc.Message) jsonrpc.Message {
	if x != nil && len(x.calls) == 1 {
		m.Within = x.calls[0].id
	}
	return m
}

// match finds the call of x that a response belongs to by its id, see jsonrpc.Owner.
// alone says that the response can be to nothing but x.
func (x *exchange) match(id jsonrpc.ID, alone bool) *call {
	ids := make([]jsonrpc.ID, len(x.calls))
	for i, c := range x.calls {
		ids[i] = c.id
	}
	if i := jsonrpc.Owner(ids, id, alone); i >= 0 {
		return x.calls[i]
	}
	return nil
}

// matchExactly finds the call of x with the very id.
func (x *exchange) matchExactly(id jsonrpc.ID) *call {
	for _, c := range x.calls {
		if c.id.Is(id) {
			return c
		}
	}
	return nil
}

// keepsIDs reports whether a response to x that has the id of another request under
// way is taken for that one's. A stream may carry several responses. The first one to a
// request may as well have a wrong id, as a server gives that answers all requests
// under one: until the request has its own response, whose id was right, another id
// proves nothing.
func (x *exchange) keepsIDs() bool { return len(x.calls) > 1 || x.open.Load() == 0 }

// release gives the slot back; it may be called again.
func (x *exchange) release() {
	if x.slots != nil {
		<-x.slots
		x.slots = nil
	}
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
	timer := time.NewTimer(writeTimeout)
	defer timer.Stop()
	select {
	case <-x.written:
	case <-timer.C:
	}
}

// gone reports whether the client has cancelled x, so that nothing of it matters.
func (x *exchange) gone() bool { return errors.Is(context.Cause(x.ctx), errCancelled) }

// pending finds the requests of the client under way by their ids. The zero pending
// is ready for use.
type pending struct {
	mu   sync.Mutex
	byID map[string]*call
}

func (p *pending) add(x *exchange) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.byID == nil {
		p.byID = make(map[string]*call)
	}
	for _, c := range x.calls {
		p.byID[string(c.id)] = c
	}
}

func (p *pending) remove(x *exchange) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range x.calls {
		if p.byID[string(c.id)] == c { // not a later request of the same id
			delete(p.byID, string(c.id))
		}
	}
}

func (p *pending) len() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.byID)
}

func (p *pending) find(id jsonrpc.ID) *call {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.byID[string(id)]
}

// exchanges returns every exchange under way, once.
func (p *pending) exchanges() []*exchange {
	p.mu.Lock()
	defer p.mu.Unlock()
	seen := make(map[*exchange]bool, len(p.byID))
	var all []*exchange
	for _, c := range p.byID {
		if !seen[c.exchange] {
			seen[c.exchange] = true
			all = append(all, c.exchange)
		}
	}
	return all
}
