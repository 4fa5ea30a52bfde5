// Package session carries one client's conversation with one MCP server: the
// handshake, the requests in flight, the notifications in their order, and the
// server's own requests, which the client answers.
//
// Messages go through as the bytes they came as. The few that are changed are
// listed in edits.go.
//
// The rules of order: initialize is a barrier, nothing overtakes it. Requests
// run side by side and never wait for each other. A notification is sent when
// the requests before it are on the wire, and is awaited before anything behind
// it is sent. Answers to the server's requests have a lane of their own, and a
// cancel waits for nothing but its request, since a call may hang on them.
package session

import (
	"context"
	"iter"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/streamable"
)

const (
	// MaxInFlight is how many requests run at once; more wait their turn.
	MaxInFlight = 256
	// maxQueued is how many requests may wait; more are refused at once.
	maxQueued = 10_000
	// maxIdle is how many goroutines stay for the next request.
	maxIdle = 64
	// longestNotify bounds the wait for the acceptance of a notification.
	longestNotify = 10 * time.Second
	// longestOpening bounds the wait for the server's own stream.
	longestOpening = 500 * time.Millisecond
	// longestWrite bounds the wait for a request to get onto the wire before a
	// notification follows it.
	longestWrite = 2 * time.Second
	// afterCancel is how long a cancelled request may still be answered.
	afterCancel = 5 * time.Second
	// afterAnswer is how long a stream may stay open behind its last answer.
	afterAnswer = 5 * time.Second
)

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
	// Refuse returns the response to a tools/call that could not be carried.
	Refuse(request jsonrpc.Message, cause *refusal.Error) []byte
	// Learn keeps a result of the server for the next time that it is out of reach.
	Learn(ctx context.Context, request jsonrpc.Message, result []byte)
	// Owns reports whether a request calls the standby's own tool.
	Owns(request jsonrpc.Message) bool
	// EmptyList returns the result of a list method that lists nothing, nil for
	// any other method.
	EmptyList(method string) []byte
}

// Options are the parts and settings of a Session; all but the durations are
// required.
type Options struct {
	Upstream Upstream
	Route    Route
	Standby  Standby
	// Emit writes one message to the client. It may block while the client does
	// not read, and is called from many goroutines.
	Emit func(raw []byte)
	// Deliver, if set, takes the place of Emit for the responses of the server that
	// pass as they came, which spares a reader another reading.
	Deliver func(m jsonrpc.Message)
	Log     *slog.Logger
	// CallTimeout is the deadline of a request, 0 for none.
	CallTimeout time.Duration
	// CallIdleTimeout is the deadline between two signs of the server, 0 for none.
	CallIdleTimeout time.Duration
	// ConnectTimeout is how long initialize may take before the standby answers.
	ConnectTimeout time.Duration
	// KeepCapabilities leaves initialize as it is on a buffered route.
	KeepCapabilities bool
	// Unreachable, if set, is called instead of letting the standby answer
	// initialize; the request gets the error.
	Unreachable func(*refusal.Error)
	// Traced, if set, is told what a message of the client that holds requests is
	// known by elsewhere, as soon as its answer begins.
	Traced func(m jsonrpc.Message, t streamable.Trace)
	// Ended, if set, is called when a message of the client that holds requests is
	// over, answered or not.
	Ended func(m jsonrpc.Message)
	// Renewed, if set, is called when another session of the server's has taken the
	// place of the one before, or of the standby: what that had listed may be so no
	// more.
	Renewed func()
}

// Session is one client's conversation. Handle must be called from one goroutine,
// in the order of the client's messages; all else is safe for concurrent use.
type Session struct {
	Options
	ctx    context.Context
	cancel context.CancelCauseFunc

	ordered   lane  // requests and notifications
	urgent    lane  // answers to the server's requests
	learning  lane  // results that the standby keeps
	unwritten tally // requests that are not on the wire yet
	working   tally // exchanges and notifications under way
	aside     tally // what the session does on its own account
	slots     chan struct{}
	hands     chan *exchange // to a goroutine that waits for work
	idle      atomic.Int32   // how many do
	flights   flights
	asked     asked
	gate      gate
	headers   streamable.Headers
	questions atomic.Int64 // that the bridge has asked on its own account
	trying    atomic.Bool  // to reach the server, in the background
	once      sync.Map     // edits that were logged

	mu         sync.Mutex
	phase      phase
	conv       streamable.Conversation
	generation int             // counts the server's sessions
	hello      jsonrpc.Message // the client's initialize
	memory     memory          // what a new session has to be told
	understudy bool            // the standby has answered the client's initialize
	granted    []byte          // then, the server's own InitializeResult
	told       string          // the revision that the client was told
	connecting *attempt
	attempts   int
	stopListen context.CancelFunc
}

type phase int

const (
	phaseFresh   phase = iota // no initialize was answered yet
	phaseLive                 // the server has answered initialize
	phaseStandby              // the standby has, for a server out of reach
)

// New returns a session that lives until ctx is done or Close.
func New(ctx context.Context, opts Options) *Session {
	s := &Session{Options: opts, slots: make(chan struct{}, MaxInFlight), hands: make(chan *exchange)}
	s.flights.byID = make(map[string]*flight)
	s.asked.byID = make(map[string]*question)
	s.ctx, s.cancel = context.WithCancelCause(ctx)
	return s
}

// Handle takes the client's next message. It does not block.
func (s *Session) Handle(m jsonrpc.Message) {
	switch {
	case m.Batch != nil:
		s.handleBatch(m)
	case m.IsResponse():
		s.putBounded(&s.urgent, m, func() { s.reply(m) })
	case m.Method == mcp.Cancelled && m.IsNotification():
		s.working.add(1)
		go func() { // each on its own: one that is not accepted must not hold up the others
			defer s.working.add(-1)
			s.cancelCall(m)
		}()
	case m.IsNotification():
		s.putBounded(&s.ordered, m, func() { s.notify(m) })
	case m.Method == mcp.Initialize && mcp.Revision(m) == "":
		x := s.open(m)
		s.ordered.put(func() { s.initialize(x) })
	default:
		x := s.open(m)
		switch {
		case m.Method == mcp.Discover:
			if x.era == "" { // the method itself tells the era
				x.era = mcp.Modern
			}
			s.ordered.pass(func() { s.discover(x) })
		case m.Method == mcp.Listen && x.era != "":
			s.ordered.pass(func() { s.subscribe(x) })
		default:
			s.startClock(x)
			s.ordered.pass(func() { s.start(x) })
		}
	}
}

// putBounded puts a step for a message that wants no answer. While the server hangs
// a client could fill the memory with them: beyond maxQueued they are dropped.
func (s *Session) putBounded(l *lane, m jsonrpc.Message, step func()) {
	if l.len() >= maxQueued {
		s.Log.Warn("dropping a message of the client: too many wait for the server", "method", m.Method)
		return
	}
	s.working.add(1)
	l.put(func() { defer s.working.add(-1); step() })
}

// handleBatch takes an array of messages, which only revision 2025-03-26 has.
func (s *Session) handleBatch(m jsonrpc.Message) {
	if !s.allowsBatches() {
		s.refuse(jsonrpc.CodeInvalidRequest, refusal.BatchNotAllowed, "A batch of messages is not part of the protocol revision in use.", "send one message a line")
		return
	}
	x := s.open(m)
	for _, f := range x.flights {
		if f.method == "initialize" {
			s.answerLocally(x, &refusal.Error{
				Code: jsonrpc.CodeInvalidRequest, Message: "initialize must not be part of a batch.",
				Data: refusal.Data{Source: "ucbridge", Reason: refusal.BatchNotAllowed},
			})
			return
		}
	}
	if len(x.flights) == 0 {
		s.ordered.put(func() { defer s.retire(x); s.notify(m) })
		return
	}
	s.startClock(x)
	s.ordered.pass(func() { s.start(x) })
}

// startClock begins the deadline of x, which runs while x waits for its turn, too:
// then it is answered here.
func (s *Session) startClock(x *exchange) {
	x.clock.start(s.CallTimeout, func() {
		x.cancel(errDeadline)
		if x.revoke() {
			s.fail(x, errDeadline)
		}
	})
}

// allowsBatches reports whether the negotiated revision has batch arrays.
func (s *Session) allowsBatches() bool {
	return mcp.HasBatches(s.conversation().Version)
}

// open registers the requests of m, so that a cancel finds them from here on.
func (s *Session) open(m jsonrpc.Message) *exchange {
	x := newExchange(s.ctx, m)
	for _, f := range x.flights {
		f.take = func(answer jsonrpc.Message) {
			if s.Deliver != nil && f.id.Is(answer.ID) {
				s.Deliver(answer)
				return
			}
			s.Emit(s.restoreID(answer, f.id))
		}
	}
	if m.Batch == nil {
		x.era = mcp.Revision(m)
	}
	s.flights.add(x)
	s.working.add(1)
	return x
}

// retire undoes open.
func (s *Session) retire(x *exchange) {
	x.markWritten()
	x.cancel(errSettled)
	s.flights.remove(x)
	if s.Ended != nil {
		s.Ended(x.message)
	}
	s.setAside(x)
}

// setAside takes x out of the work that the session's end waits for.
func (s *Session) setAside(x *exchange) {
	if x.aside.CompareAndSwap(false, true) {
		s.working.add(-1)
	}
}

// start runs the exchange beside the others. Called in the order of the
// client's messages, it counts the request as not written yet.
func (s *Session) start(x *exchange) {
	if s.flights.len() > MaxInFlight+maxQueued {
		s.answerLocally(x, refusal.New(refusal.Overloaded, "%d requests are waiting already.", maxQueued))
		return
	}
	x.counted = &s.unwritten
	s.unwritten.add(1)
	select {
	case s.hands <- x:
	default:
		go s.work(x)
	}
}

// work runs exchanges, x first. A goroutine stays for the next one: a new one
// would have to grow its stack for every call, which costs more than the rest of
// the bridge's part.
func (s *Session) work(x *exchange) {
	for {
		s.run(x)
		if s.idle.Add(1) > maxIdle {
			s.idle.Add(-1)
			return
		}
		select {
		case x = <-s.hands:
			s.idle.Add(-1)
		case <-s.ctx.Done():
			return
		}
	}
}

// answerLocally gives every request of x the same error, without the server.
func (s *Session) answerLocally(x *exchange, e *refusal.Error) {
	go func() { // Emit may block, the reader of the client's messages must not
		defer s.retire(x)
		s.fail(x, e)
	}()
}

// Reject answers a line that is no message, by the error of jsonrpc.Parse or by
// that of the reader.
func (s *Session) Reject(e *refusal.Error, id jsonrpc.ID) {
	s.working.add(1)
	go func() {
		defer s.working.add(-1)
		s.Emit(e.Response(id))
	}()
}

func (s *Session) refuse(code int, reason refusal.Reason, message, hint string) {
	s.Reject(&refusal.Error{Code: code, Message: message, Data: refusal.Data{Source: "ucbridge", Reason: reason, Hint: hint}}, nil)
}

func (s *Session) conversation() streamable.Conversation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conv
}

func (s *Session) currentPhase() phase {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.phase
}
