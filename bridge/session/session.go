package session

import (
	"context"
	"iter"
	"log/slog"
	"time"

	"ucbridge/bridge/guard"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/streamable"
)

// maxQueued is how many requests may wait; more are refused at once.
const maxQueued = 10_000

// Route is what a session must know of the way its messages take.
type Route interface {
	// Buffered reports whether answers come whole: then there is no GET stream,
	// and a request of the server could not reach the client in time.
	Buffered() bool
}

// Upstream carries messages to the MCP server: a streamable.Client, or what stands
// between it and the session. Its methods are those of streamable.Client.
type Upstream interface {
	Send(context.Context, streamable.Post) (*streamable.Answer, error)
	Listen(ctx context.Context, conv streamable.Conversation, opened func()) iter.Seq2[jsonrpc.Message, error]
	Delete(context.Context, streamable.Conversation) error
}

// Standby answers for a server that cannot be reached.
type Standby interface {
	// Explain says why the server cannot be reached, nil once it can be.
	Explain(cause *refusal.Error)
	// Answer returns the response to a request, nil where the standby leaves the
	// method to the server.
	Answer(ctx context.Context, request jsonrpc.Message) []byte
	// Learn keeps a result of the server for the next time that it is out of reach.
	Learn(ctx context.Context, request jsonrpc.Message, result []byte)
	// Save has what was learned outlast the process. It may wait for a disk.
	Save()
	// Recall returns the response to initialize that the server gave to such a client not
	// long ago, nil where none is remembered, or none is to be used.
	Recall(ctx context.Context, initialize jsonrpc.Message) []byte
	// RecallList is Recall for the result of a list; it follows Recall.
	RecallList(request jsonrpc.Message) []byte
	// LacksDiscover reports whether the server had no server/discover not long ago, and
	// NoteDiscover takes note of whether it has.
	LacksDiscover(ctx context.Context) bool
	NoteDiscover(ctx context.Context, lacks bool)
	// Status answers a call of the standby's own tool. stale says that the client has not
	// read the list of tools since the server came back.
	Status(request jsonrpc.Message, stale bool) []byte
	// WithTool returns the result of tools/list with the standby's tool in it.
	WithTool(ctx context.Context, result []byte) []byte
	// Owns reports whether a request calls the standby's own tool, OwnsTool whether that is
	// the name of it.
	Owns(request jsonrpc.Message) bool
	OwnsTool(name string) bool
	// EmptyList returns the result of a list method that lists nothing, nil for
	// any other method.
	EmptyList(method string) []byte
}

// Options are the parts and settings of a Session; all but the durations and
// KeepCapabilities are required.
type Options struct {
	Upstream Upstream
	Route    Route
	Standby  Standby
	Client   Client
	Log      *slog.Logger
	// CallTimeout is the deadline of a request, 0 for none.
	CallTimeout time.Duration
	// CallIdleTimeout is the deadline between two signs of the server, 0 for none.
	CallIdleTimeout time.Duration
	// ConnectTimeout is how long initialize may take before the standby answers.
	ConnectTimeout time.Duration
	// KeepCapabilities leaves initialize as it is on a buffered route.
	KeepCapabilities bool
}

// Session is one client's conversation. Handle must be called from one goroutine,
// in the order of the client's messages; all else is safe for concurrent use.
type Session struct {
	life     *life
	client   Client
	route    Route
	timeouts *timeouts
	inbound  *inbound
	sender   *sender
	link     *serverLink
	workers  *workers

	ordered   queue         // requests and notifications
	urgent    queue         // answers to the server's requests
	late      queue         // cancels of requests that are not open
	unwritten counter       // requests that are not on the wire yet
	local     chan struct{} // a place for each answer of the session's own that waits for the client
}

// New returns a session that lives until ctx is done or Close.
func New(ctx context.Context, o Options) *Session {
	shared := &life{log: o.Log, working: tasks{log: o.Log}, background: tasks{log: o.Log}}
	shared.ctx, shared.cancel = context.WithCancelCause(ctx)
	timeouts := &timeouts{call: o.CallTimeout, idle: o.CallIdleTimeout, connect: o.ConnectTimeout}
	edits := &edits{log: o.Log}
	in := &inbound{client: o.Client, log: o.Log, edits: edits, timeouts: timeouts}
	out := &sender{
		life: shared, upstream: o.Upstream, route: o.Route, client: o.Client, inbound: in,
		edits: edits, timeouts: timeouts, keepCapabilities: o.KeepCapabilities,
	}
	link := &serverLink{
		learner: &learner{life: shared, standby: o.Standby, results: queue{log: o.Log}},
		life:    shared, client: o.Client, standby: o.Standby, sender: out,
		retries: &retries{timeouts: timeouts, log: o.Log}, declined: queue{log: o.Log},
	}
	link.warm = &warmStart{link: link}
	in.decline = link.decline
	s := &Session{
		life: shared, client: o.Client, route: o.Route, timeouts: timeouts, inbound: in, sender: out, link: link,
		ordered: queue{log: o.Log}, urgent: queue{log: o.Log}, late: queue{log: o.Log}, local: make(chan struct{}, maxLocal),
	}
	s.workers = newWorkers(s.run, shared.ctx.Done())
	return s
}

// Handle takes the client's next message. It does not block while the client reads
// what it is sent.
func (s *Session) Handle(m jsonrpc.Message) {
	switch {
	case m.Batch != nil:
		s.handleBatch(m)
	case m.IsResponse():
		s.putBounded(&s.urgent, m, func() { s.reply(m) })
	case m.Method == mcp.Cancelled && m.IsNotification():
		s.handleCancel(m)
	case m.Method == mcp.Listen && m.IsNotification(): // it would be held open as a stream, with all that is behind it
		e := refusal.New(refusal.InvalidRequest, "%s is a request, but has no id.", mcp.Listen)
		e.Code = jsonrpc.CodeInvalidRequest
		s.Reject(e, nil)
	case m.IsNotification():
		s.putBounded(&s.ordered, m, func() { s.notify(m) })
	case m.Method == mcp.Initialize && mcp.Revision(m) == "":
		x := s.open(m)
		s.ordered.put(func() { s.guarded(x, func() { s.initialize(x) }) })
	default:
		x := s.open(m)
		switch {
		case m.Method == mcp.Discover:
			if x.era == "" { // the method itself tells the era
				x.era = mcp.Modern
			}
			s.ordered.pass(func() { s.guarded(x, func() { s.discover(x) }) })
		case m.Method == mcp.Listen && x.era != "":
			s.ordered.pass(func() { s.guarded(x, func() { s.subscribe(x) }) })
		default:
			s.startClock(x)
			s.ordered.pass(func() { s.guarded(x, func() { s.start(x) }) })
		}
	}
}

// putBounded puts a step for a message that wants no answer. While the server hangs
// a client could fill the memory with them: beyond maxQueued they are dropped.
func (s *Session) putBounded(q *queue, m jsonrpc.Message, step func()) {
	if q.len() >= maxQueued {
		s.life.log.Warn("dropping a message of the client: too many wait for the server", "method", m.Method)
		return
	}
	s.life.working.add(1)
	q.put(func() { defer s.life.working.add(-1); step() })
}

// handleBatch takes an array of messages, which only revision 2025-03-26 has.
func (s *Session) handleBatch(m jsonrpc.Message) {
	if conv, _ := s.link.current(); !mcp.HasBatches(conv.Version) {
		e := refusal.Line.BatchRefused()
		s.runLocal(func() {
			s.client.Ended(m) // before the client hears of it, and may use its ids again
			s.client.Reject(e.Answer(jsonrpc.Message{}))
		})
		return
	}
	x := s.open(m)
	for _, c := range x.calls {
		if c.method == mcp.Initialize {
			s.answerLocally(x, refusal.InitializeInBatch())
			return
		}
	}
	if len(x.calls) == 0 {
		s.ordered.put(func() { defer s.retire(x); s.notify(m) })
		return
	}
	s.startClock(x)
	s.ordered.pass(func() { s.guarded(x, func() { s.start(x) }) })
}

// startClock begins the deadline of x, which runs while x waits for its turn, too:
// then it is answered here.
func (s *Session) startClock(x *exchange) {
	x.clock.start(s.timeouts.call, func() {
		x.cancel(errDeadline)
		if x.revoke() {
			guard.Run(s.life.log, nil, func() { s.inbound.fail(x, errDeadline) })
		}
	})
}

// open registers the requests of m, so that a cancel finds them from here on.
func (s *Session) open(m jsonrpc.Message) *exchange {
	x := newExchange(s.life.ctx, m)
	if m.Batch == nil {
		x.era = mcp.Revision(m)
	}
	for _, c := range x.calls {
		c.take = func(answer jsonrpc.Message) {
			answer = s.link.keepTool(s.life.ctx, c, s.read(c, answer))
			if c.id.Is(answer.ID) {
				spent := s.client.Deliver(answer)
				c.spent = spent && c.method == mcp.CallTool // lists are kept beside
				return
			}
			s.client.Emit(s.inbound.edits.restoreID(answer, c.id))
		}
		c.lost = func(cause *refusal.Error) { s.client.Emit(s.link.refuse(c, cause)) }
	}
	s.inbound.pending.add(x)
	s.life.working.add(1)
	return x
}

// read takes from a response what later requests need, and returns it as the client
// may see it.
func (s *Session) read(c *call, answer jsonrpc.Message) jsonrpc.Message {
	if c.exchange.era == "" {
		s.link.note(c, answer)
		return answer
	}
	if c.method == mcp.ListTools && answer.Result != nil {
		return s.sender.admitTools(answer)
	}
	return answer
}

// retire undoes open. It may be called again.
func (s *Session) retire(x *exchange) {
	if !x.retired.CompareAndSwap(false, true) {
		return
	}
	defer s.stopAwaiting(x)
	x.markWritten()
	x.cancel(errSettled)
	s.inbound.pending.remove(x)
	guard.Run(s.life.log, nil, func() { s.client.Ended(x.message) })
}

// guarded runs a step of x. Where it is at fault, x is answered and over.
func (s *Session) guarded(x *exchange, step func()) {
	guard.Run(s.life.log, func() {
		defer s.retire(x)
		s.inbound.fail(x, internalFault())
	}, step)
}

// stopAwaiting takes x out of the work that the session's end waits for.
func (s *Session) stopAwaiting(x *exchange) {
	if x.unawaited.CompareAndSwap(false, true) {
		s.life.working.add(-1)
	}
}

// start runs the exchange beside the others. Called in the order of the
// client's messages, it counts the request as not written yet.
func (s *Session) start(x *exchange) {
	if s.inbound.pending.len() > maxInFlight+maxQueued {
		s.answerLocally(x, refusal.New(refusal.Overloaded, "%d requests are already waiting.", maxQueued))
		return
	}
	x.counted = &s.unwritten
	s.unwritten.add(1)
	s.workers.start(x)
}

// answerLocally gives every request of x the same error, without the server.
func (s *Session) answerLocally(x *exchange, e *refusal.Error) {
	s.runLocal(func() {
		defer s.retire(x)
		s.inbound.fail(x, e)
	})
}

// maxLocal is how many answers of the session's own may wait for the client.
const maxLocal = 1000

// runLocal runs an answer that takes no time but the client's: the reader of its
// messages must not wait for its writer. A client that sends and never reads is no
// longer read from, once maxLocal answers wait for it.
func (s *Session) runLocal(answer func()) {
	select {
	case s.local <- struct{}{}:
		s.life.working.run(func() {
			defer func() { <-s.local }()
			answer()
		})
	case <-s.life.ctx.Done():
	}
}

// Reject answers a line that is no message; id is that of the request in it, nil where
// that is not known.
func (s *Session) Reject(e *refusal.Error, id jsonrpc.ID) {
	s.runLocal(func() { s.client.Reject(e.Answer(jsonrpc.Message{ID: id})) })
}

// Close ends the session: calls under way may be answered for as long as drain,
// then get an error; the server's session is deleted. It returns when all that
// is done, at most half a second after drain.
func (s *Session) Close(drain time.Duration) {
	s.life.working.wait(drain)
	conv := s.link.close()
	s.life.cancel(errClosing)
	end := time.Now().Add(closeTimeout)
	s.life.background.run(func() { s.sender.end(conv) })
	s.life.working.wait(time.Until(end))
	s.life.background.wait(time.Until(end))
}
