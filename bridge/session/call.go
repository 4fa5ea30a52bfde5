package session

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/streamable"
)

// run carries one exchange from its slot to its last answer.
func (s *Session) run(x *exchange) {
	defer s.retire(x)
	defer s.survive(x)
	select {
	case s.slots <- struct{}{}:
		x.release = sync.OnceFunc(func() { <-s.slots })
		defer x.release()
	case <-x.ctx.Done():
		s.fail(x, context.Cause(x.ctx))
		return
	}
	defer x.clock.stop()
	x.idle.start(s.CallIdleTimeout, func() { x.cancel(errIdle) })
	defer x.idle.stop()
	if x.era == "" && (s.standIn(x) || !s.reach(x)) {
		return
	}
	s.fail(x, s.performPatiently(x))
	if cause := context.Cause(x.ctx); errors.Is(cause, errDeadline) || errors.Is(cause, errIdle) {
		if x.era == "" { // in the new era the closed stream says it
			s.withdraw(x)
		}
	}
}

// survive answers x where a fault of the bridge's own would end the process, and
// with it everything else that the client does.
func (s *Session) survive(x *exchange) {
	if fault := recover(); fault != nil {
		s.Log.Error("a fault of ucbridge", "method", x.message.Method, "fault", fault, "stack", string(debug.Stack()))
		s.fail(x, refusal.New(refusal.InternalFault, "A fault of ucbridge kept the request from being answered."))
	}
}

// withdraw tells the server that nobody waits for x any more (2025-11-25,
// Lifecycle, "Timeouts").
func (s *Session) withdraw(x *exchange) {
	s.aside.add(1)
	go func() {
		defer s.aside.add(-1)
		for _, f := range x.flights {
			s.post(jsonrpc.Message{
				Method: "notifications/cancelled",
				Raw:    fmt.Appendf(nil, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":%s,"reason":"deadline of the call"}}`, f.id),
			})
		}
	}()
}

// perform sends the exchange and delivers what comes back. Its error says why
// requests are left without an answer; nil, with requests open, that the server
// gave none.
func (s *Session) perform(x *exchange, conv streamable.Conversation) error {
	if !x.begin() {
		x.cancel(errCancelled)
		return errCancelled
	}
	defer x.markWritten()
	answer, err := s.send(x, conv)
	if err != nil {
		return err
	}
	defer answer.Close()
	x.session = answer.Session
	if s.Traced != nil {
		s.Traced(x.message, answer.Trace)
	}
	var unreadable error
	var linger *time.Timer
	for m, err := range answer.Messages() {
		x.idle.again()
		switch {
		case isMalformed(err):
			s.Log.Warn("dropping a message of the server that is not JSON-RPC", "err", err)
			unreadable = err
		case err != nil:
			return err
		case x.era != "" && x.gone():
			return errCancelled
		case conv.Session != "" && disowns(answer.Status, m):
			return &sessionLost{answer: m}
		case x.isMismatch(answer.Status, m):
			return &headerMismatch{answer: m}
		default:
			s.deliver(m, x)
		}
		if x.release != nil && x.open.Load() == 0 {
			x.release()
		}
		if linger == nil && answer.Streams() && x.open.Load() == 0 {
			answer.Settle()
			x.clock.stop()
			x.idle.stop()
			linger = time.AfterFunc(afterAnswer, func() { x.cancel(errSettled) })
			defer linger.Stop()
		}
	}
	return unreadable
}

// send POSTs the exchange; again where the route has changed under it, since the
// message may have to be another one there.
func (s *Session) send(x *exchange, conv streamable.Conversation) (*streamable.Answer, error) {
	for {
		body, original := s.outgoing(x)
		answer, err := s.Upstream.Send(x.ctx, streamable.Post{
			Conversation: conv, Body: body, Original: original,
			Header: s.modernHeaders(x), Final: x.era != "", Written: x.markWritten,
		})
		var changed interface{ Rerouted() bool }
		if errors.As(err, &changed) && changed.Rerouted() {
			continue
		}
		return answer, err
	}
}

// isMalformed reports whether err is about one message that came whole: what
// follows it on a stream may still be read.
func isMalformed(err error) bool {
	var cut *streamable.CutError
	var syntax *jsonrpc.SyntaxError
	var envelope *jsonrpc.EnvelopeError
	return !errors.As(err, &cut) && (errors.As(err, &syntax) || errors.As(err, &envelope))
}

// deliver hands one message of the server to the client. x is the exchange whose
// stream it came on, nil for the GET stream and for answers to notifications.
func (s *Session) deliver(m jsonrpc.Message, x *exchange) {
	switch {
	case m.Batch != nil:
		s.deliverBatch(m, x)
	case m.IsResponse():
		s.deliverResponse(m, x)
	case m.IsRequest():
		s.ask(m, x)
	default:
		if m.Method == "notifications/cancelled" { // the server's own: it no longer wants an answer
			s.asked.drop(jsonrpc.Value(m.Params, "requestId"))
		}
		s.Emit(m.Raw)
	}
}

// deliverBatch hands over an array: whole where the revision has arrays and each
// response in it is the first to its request, message by message elsewhere.
func (s *Session) deliverBatch(m jsonrpc.Message, x *exchange) {
	ended, whole := s.claim(m.Batch, x)
	if whole {
		s.Emit(m.Raw)
		for _, f := range ended {
			f.done()
		}
		return
	}
	for i, element := range m.Batch {
		if f := ended[i]; f != nil {
			f.take(element)
			f.done()
		} else if !element.IsResponse() {
			s.deliver(element, x)
		}
	}
}

// claim ends the requests that the responses of a batch answer, and returns them
// by the place of the response. It reports whether the batch may be handed over as
// it is.
func (s *Session) claim(batch []jsonrpc.Message, x *exchange) (ended map[int]*flight, whole bool) {
	ended, whole = make(map[int]*flight), s.allowsBatches()
	for i, element := range batch {
		if !element.IsResponse() {
			whole = whole && !element.IsRequest()
			continue
		}
		if f := s.find(element.ID, x); f != nil && f.end() {
			ended[i] = f
			whole = whole && f.id.Is(element.ID)
			continue
		}
		s.Log.Warn("dropping a response of the server that answers no open request", "id", string(element.ID))
		whole = false
	}
	return ended, whole
}

func (s *Session) deliverResponse(m jsonrpc.Message, x *exchange) {
	f := s.find(m.ID, x)
	if f == nil || !f.end() {
		s.Log.Warn("dropping a response of the server that answers no open request", "id", string(m.ID))
		return
	}
	switch {
	case f.exchange.era == "":
		s.remember(f, m)
		s.learn(f, m)
	case f.method == "tools/list" && m.Result != nil:
		m = s.admitTools(m)
	}
	f.take(m)
	f.done()
}

// find returns the request that a response answers: one of its own exchange, or,
// where a stream was resumed elsewhere, another one under way.
func (s *Session) find(id jsonrpc.ID, x *exchange) *flight {
	if x != nil {
		if f := x.match(id); f != nil {
			return f
		}
	}
	return s.flights.find(id)
}

// fail ends every request of x that is still open, with an error that err
// becomes. A request that the client has cancelled ends in silence, as MCP wants.
func (s *Session) fail(x *exchange, err error) {
	for _, f := range x.flights {
		if !f.end() {
			continue
		}
		func() {
			defer f.done() // whatever happens: others wait for the end of x
			if cause := context.Cause(x.ctx); !x.withdrawn.Load() && !errors.Is(cause, errCancelled) {
				f.lose(s, s.failure(f, err, cause))
			}
		}()
	}
}

// cancelCall takes the client's notifications/cancelled. A request that has not
// left is taken back; one that has is cancelled at the server, and may still be
// answered for a while.
func (s *Session) cancelCall(m jsonrpc.Message) {
	f := s.flights.find(jsonrpc.ID(jsonrpc.Value(m.Params, "requestId")))
	if f == nil { // answered already, or a task of the server's own
		if s.currentPhase() == phaseLive {
			s.post(m)
		}
		return
	}
	x := f.exchange
	if f.method == "initialize" && x.era == "" {
		return // MCP: a client must not cancel it
	}
	if len(x.flights) > 1 { // one of a batch: the others go on
		if f.end() {
			f.done()
		}
		s.post(m)
		return
	}
	if x.revoke() {
		x.cancel(errCancelled)
		return
	}
	x.withdrawn.Store(true)
	if x.era != "" { // the closed stream is the signal, and nothing more is written for the id
		x.cancel(errCancelled)
		return
	}
	s.setAside(x)
	x.awaitWritten()
	s.post(m)
	time.AfterFunc(afterCancel, func() { x.cancel(errCancelled) })
}

// notify sends a notification in its turn.
func (s *Session) notify(m jsonrpc.Message) {
	s.unwritten.wait(longestWrite)
	accepted := s.post(m)
	if m.Method == "notifications/initialized" && accepted {
		s.greet()
	}
}

// post sends a message that wants no answer and reports whether it was accepted.
// There is nobody to tell of a failure but the log. While the standby answers,
// such messages have no addressee; initialized is sent when the server is back.
func (s *Session) post(m jsonrpc.Message) bool {
	if s.currentPhase() == phaseStandby {
		return false
	}
	return s.postTo(s.conversation(), m)
}

// postTo sends such a message in a given conversation, again where it certainly
// was not delivered, for as long as longestNotify.
func (s *Session) postTo(conv streamable.Conversation, m jsonrpc.Message) bool {
	ctx, cancel := context.WithTimeout(s.ctx, longestNotify)
	defer cancel()
	for wait := firstBackoff; ; wait *= 2 {
		answer, err := s.Upstream.Send(ctx, streamable.Post{Conversation: conv, Body: m.Raw})
		if err == nil {
			defer answer.Close()
			return s.accepted(answer, m)
		}
		if !undelivered(err) || ctx.Err() != nil {
			s.Log.Warn("a message of the client was not accepted", "method", m.Method, "err", err)
			return false
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
	}
}

// undelivered reports whether err says that a message was refused before it
// reached the server.
func undelivered(err error) bool {
	var changed interface{ Rerouted() bool }
	if errors.As(err, &changed) {
		return true
	}
	e := asError(err)
	return e != nil && e.Data.Reason.Repeatable()
}

// accepted reads what is said to a message that wants no answer.
func (s *Session) accepted(answer *streamable.Answer, m jsonrpc.Message) bool {
	accepted := answer.Status < 300
	for said, err := range answer.Messages() {
		var empty *streamable.StatusError
		if errors.As(err, &empty) && accepted && empty.Body == "" {
			continue // 200 with an empty body, where 202 is due
		}
		if err != nil || said.IsResponse() {
			s.Log.Warn("a message of the client was not accepted", "method", m.Method, "status", answer.Status, "err", err)
			continue
		}
		s.deliver(said, nil)
	}
	return accepted
}
