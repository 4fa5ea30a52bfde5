package session

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/streamable"
)

// streamLead is how far ahead of what the server may react to its own stream is asked
// for. On one connection that is enough for it to come first; to wait for its answer
// would cost each start a round trip.
const streamLead = 25 * time.Millisecond

// initialize runs the client's handshake and returns when it is answered, by the
// server or, when that cannot be reached in time, by the standby.
func (s *Session) initialize(x *exchange) {
	s.link.reset(x.message)
	c := x.calls[0]
	if raw := s.link.warm.begin(x.ctx, x.message); raw != nil {
		s.inbound.answer(x, raw)
		s.retire(x)
		return
	}
	c.take = func(answer jsonrpc.Message) {
		if faulty := faultyHello(answer); faulty != nil {
			c.lost(faulty)
			return
		}
		s.link.note(c, answer)
		if answer.Result != nil {
			s.link.begin(answer, x)
		}
		s.client.Emit(s.inbound.edits.restoreID(answer, c.id))
	}
	c.lost = func(cause *refusal.Error) { s.client.Emit(s.link.fallBack(c, cause)) }
	go s.guarded(x, func() {
		x.clock.start(s.timeouts.connect, func() { x.cancel(errDeadline) })
		defer x.clock.stop()
		s.inbound.fail(x, s.link.carry(x))
		s.retire(x)
	})
	<-x.settled
}

// faultyHello says what is wrong with an answer to initialize: a result that agrees on
// no revision begins nothing, and clients give up at it without a word.
func faultyHello(answer jsonrpc.Message) *refusal.Error {
	if answer.Result == nil || jsonrpc.Text(answer.Result, "protocolVersion") != "" {
		return nil
	}
	return detailed(refusal.New(refusal.BadAnswer, "The answer to initialize names no protocol version: this is not an MCP server, or a faulty one.").
		WithHint("check the address of the connection, above all its base path"), string(answer.Result))
}

// reset takes a new initialize of the client, and drops what an earlier one left.
func (l *serverLink) reset(hello jsonrpc.Message) {
	l.warm.end()
	l.mu.Lock()
	conv, stop := l.conv, l.stopListen
	l.phase, l.conv, l.stopListen = phaseFresh, streamable.Conversation{}, nil
	l.setup, l.fellBack, l.granted, l.told = setup{}, false, nil, ""
	l.showsTool, l.relisted = false, nil
	l.generation++
	l.hello = hello
	l.mu.Unlock()
	if stop != nil {
		stop()
	}
	if conv == (streamable.Conversation{}) {
		return
	}
	l.sender.inbound.withdrawQuestions()
	l.life.background.run(func() { l.sender.end(conv) })
}

// begin takes the server's InitializeResult: from here on requests carry its
// session and revision.
func (l *serverLink) begin(answer jsonrpc.Message, x *exchange) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.phase = phaseLive
	l.generation++
	l.conv = conversationOf(answer, x)
	l.told = l.conv.Version
}

// conversationOf reads what an InitializeResult begins.
func conversationOf(answer jsonrpc.Message, x *exchange) streamable.Conversation {
	version := jsonrpc.Text(answer.Result, "protocolVersion")
	if !mcp.FitsHeader(version) {
		version = ""
	}
	return streamable.Conversation{Session: x.session, Version: version}
}

// initialized tells the server that the client is ready. The server may speak on its
// own at once, and the official TypeScript server drops what it says while nobody
// listens: so its stream is asked for first, and again where the server takes it for
// too early. A session that the bridge began by itself has been told already.
func (l *serverLink) initialized(m jsonrpc.Message) {
	l.mu.Lock()
	told := l.fellBack
	l.mu.Unlock()
	if told {
		return
	}
	early := l.openStream()
	early.lead()
	if !l.tell(m) {
		return
	}
	select {
	case <-early.decided:
		if early.refused {
			l.openStream().lead()
		}
	default: // some servers answer only when they have something to say
		l.life.background.run(func() {
			if <-early.decided; early.refused {
				l.openStream()
			}
		})
	}
}

// opening is a stream of the server's own that was asked for.
type opening struct {
	asked   time.Time
	decided chan struct{} // closed when it stands, or does not
	refused bool          // other than for good
}

// openTimeout is how long after it was asked for the stream is waited for: some servers
// answer only when they have something to say.
const openTimeout = 500 * time.Millisecond

// mayAsk are the requests at which servers put questions of their own.
var mayAsk = map[string]bool{mcp.CallTool: true, "prompts/get": true, "resources/read": true, "completion/complete": true}

// awaitStream holds a request back until the server's own stream stands, or does not,
// where the server may put a question on it: one that comes before would be lost, and
// the answer with it. Lists are not held back.
func (l *serverLink) awaitStream(x *exchange) {
	if !mayAsk[x.message.Method] {
		return
	}
	l.mu.Lock()
	o := l.stream
	l.mu.Unlock()
	if o == nil {
		return
	}
	select {
	case <-o.decided:
		return
	default:
	}
	timer := time.NewTimer(openTimeout - time.Since(o.asked))
	defer timer.Stop()
	select {
	case <-o.decided:
	case <-timer.C:
	case <-x.ctx.Done():
	}
}

// lead gives the stream its head start: a question that the server asks before its
// stream stands would be lost, and the call that waits for the answer with it.
func (o *opening) lead() {
	timer := time.NewTimer(streamLead)
	defer timer.Stop()
	select {
	case <-o.decided:
	case <-timer.C:
	}
}

// openStream asks for the stream on which the server speaks on its own, where the route
// lets it.
func (l *serverLink) openStream() *opening {
	o := &opening{asked: time.Now(), decided: make(chan struct{})}
	l.mu.Lock()
	if l.phase != phaseLive || l.sender.route.Buffered() {
		l.mu.Unlock()
		close(o.decided)
		return o
	}
	if l.stopListen != nil {
		l.stopListen()
	}
	ctx, cancel := context.WithCancel(l.life.ctx)
	l.stopListen, l.stream = cancel, o
	conv, generation := l.conv, l.generation
	l.mu.Unlock()
	l.life.background.run(func() {
		var once sync.Once
		decide := func(refused bool) { once.Do(func() { o.refused = refused; close(o.decided) }) }
		defer decide(false)
		decide(l.listen(ctx, conv, generation, func() { decide(false) }))
	})
	return o
}

// listen delivers what the server sends on the GET stream. It reports whether the
// server refused the stream, other than because it has none (405).
func (l *serverLink) listen(ctx context.Context, conv streamable.Conversation, generation int, opened func()) (again bool) {
	stood := false
	for m, err := range l.sender.upstream.Listen(ctx, conv, func() { stood = true; opened() }) {
		var refused *streamable.StatusError
		switch {
		case err == nil:
			l.sender.inbound.deliver(m, origin{version: conv.Version})
		case stood && isLoss(err, conv):
			l.renewInBackground(generation) // it had worked: the session is gone
		case errors.As(err, &refused):
			l.life.log.Debug("the server offers no stream of its own", "status", refused.Status)
			again = !stood && refused.Status != http.StatusMethodNotAllowed
		default:
			l.life.log.Warn("reading the server's stream", "err", err)
		}
	}
	return again
}
