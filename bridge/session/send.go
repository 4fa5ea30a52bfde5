package session

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"ucbridge/bridge/guard"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/streamable"
)

const (
	// notifyTimeout bounds the wait for the acceptance of a notification.
	notifyTimeout = 10 * time.Second
	// maxAsides is how many streams in answer to notifications are read beside what
	// follows them.
	maxAsides = 16
	// afterAnswer is how long a stream may stay open after its last answer.
	afterAnswer = 5 * time.Second
	// deleteTimeout bounds the end of the server's session, and closeTimeout how long
	// Close waits for it: a process that ends does not wait for a slow server, and one
	// that goes on lets it be told.
	deleteTimeout = 5 * time.Second
	closeTimeout  = 400 * time.Millisecond
)

// sender carries messages to the server, and hands what comes back to inbound.
type sender struct {
	life     *life
	upstream Upstream
	route    Route
	client   Client
	inbound  *inbound
	edits    *edits
	timeouts *timeouts
	headers  streamable.Headers
	// keepCapabilities leaves initialize as it is on a buffered route.
	keepCapabilities bool

	asides atomic.Int64 // streams in answer to what wants none
}

// attempt sends the exchange and delivers what comes back. Its error says why
// requests are left without an answer; nil, with requests open, that the server
// gave none.
func (s *sender) attempt(x *exchange, conv streamable.Conversation) error {
	if !x.begin() {
		x.cancel(errCancelled)
		return errCancelled
	}
	defer x.markWritten()
	x.heard()
	answer, err := s.post(x, conv)
	if err != nil {
		return err
	}
	defer answer.Close()
	x.session = answer.Session
	s.client.Traced(x.message, answer.Trace)
	r := &receiver{
		sender: s, x: x, answer: answer, inSession: conv.Session != "",
		from: origin{x: x, version: conv.Version, refusal: answer.Status >= http.StatusBadRequest},
	}
	defer r.stop()
	for m, err := range answer.Messages() {
		if over, err := r.take(m, err); over {
			return err
		}
	}
	s.inbound.settle(x)
	return r.unreadable
}

// post POSTs the exchange; again where the route has changed meanwhile, since the
// message may have to be another one there.
func (s *sender) post(x *exchange, conv streamable.Conversation) (*streamable.Answer, error) {
	for {
		body, original := s.outgoing(x)
		answer, err := s.upstream.Send(x.ctx, streamable.Post{
			Conversation: conv, Body: body, Original: original,
			Header: s.modernHeaders(x), Final: x.era != "", Written: x.markWritten,
		})
		if isRerouted(err) {
			continue
		}
		return answer, err
	}
}

// isRerouted reports whether err says that the route has changed, and that the
// request was not delivered.
func isRerouted(err error) bool {
	e := asError(err)
	return e != nil && e.Data.Reason == refusal.RouteChanged
}

// isMalformed reports whether err is about one message that came whole: what
// follows it on a stream may still be read.
func isMalformed(err error) bool {
	if err == nil { // nearly always; three targets for errors.As cost an allocation each
		return false
	}
	var cut *streamable.CutError
	var syntax *jsonrpc.SyntaxError
	var envelope *jsonrpc.EnvelopeError
	return !errors.As(err, &cut) && (errors.As(err, &syntax) || errors.As(err, &envelope))
}

// asError returns the refusal that err holds, nil where it holds none.
func asError(err error) *refusal.Error {
	e, _ := errors.AsType[*refusal.Error](err)
	return e
}

// tell sends a message that wants no answer, again where it certainly was not
// delivered, for as long as notifyTimeout. It reports whether it was accepted; there
// is nobody to tell of a failure but the log.
func (s *sender) tell(conv streamable.Conversation, m jsonrpc.Message) bool {
	ctx, cancel := context.WithTimeout(s.life.ctx, notifyTimeout)
	release := cancel
	defer func() { release() }()
	for wait := firstBackoff; ; wait *= 2 {
		answer, err := s.upstream.Send(ctx, streamable.Post{Conversation: conv, Body: m.Raw})
		if err == nil && s.mayReadAside(answer) {
			release = func() {}
			s.life.background.run(func() {
				defer s.asides.Add(-1)
				defer cancel()
				defer answer.Close()
				s.isAccepted(answer, conv, m)
			})
			return true
		}
		if err == nil {
			defer answer.Close()
			return s.isAccepted(answer, conv, m)
		}
		e := asError(err)
		if e == nil || !e.Data.Reason.Repeatable() || ctx.Err() != nil {
			s.life.log.Warn("a message of the client was not accepted", "method", m.Method, "err", err)
			return false
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
	}
}

// mayReadAside reports whether an answer to what wants none is accepted, and is a stream
// that the server may hold open: what is behind it does not wait for the end.
func (s *sender) mayReadAside(answer *streamable.Answer) bool {
	if answer.Status >= 300 || !answer.Streams() {
		return false
	}
	if s.asides.Add(1) > maxAsides {
		s.asides.Add(-1)
		return false
	}
	return true
}

// isAccepted reads what is said to a message that wants no answer.
func (s *sender) isAccepted(answer *streamable.Answer, conv streamable.Conversation, m jsonrpc.Message) bool {
	accepted := answer.Status < 300
	for said, err := range answer.Messages() {
		var empty *streamable.StatusError
		if errors.As(err, &empty) && accepted && empty.Body == "" {
			continue // 200 with an empty body, where 202 is due
		}
		if err != nil || said.IsResponse() {
			s.life.log.Warn("a message of the client was not accepted", "method", m.Method, "status", answer.Status, "err", err)
			continue
		}
		s.inbound.deliver(said, origin{version: conv.Version})
	}
	return accepted
}

// private prepares an exchange of the bridge's own: raw under an id of the bridge, its
// answer kept from the client.
func (s *sender) private(raw []byte) (*exchange, error) {
	at, _ := jsonrpc.Find(raw, "id")
	m, err := jsonrpc.Parse(jsonrpc.Splice(raw, at, jsonrpc.OwnID()))
	if err != nil {
		return nil, fmt.Errorf("making a request of the bridge: %w", err)
	}
	x := newExchange(s.life.ctx, m)
	x.clock.start(s.timeouts.connect, func() { x.cancel(errDeadline) })
	x.calls[0].take = func(jsonrpc.Message) {}
	x.calls[0].lost = func(cause *refusal.Error) {
		if s.life.ctx.Err() == nil { // at the end of the session it is no loss
			s.life.log.Warn("a request of the bridge got no answer", "method", m.Method, "err", cause)
		}
	}
	return x, nil
}

// await runs a private exchange and returns when it is answered. A stream that
// stays open after the answer goes on until x is cancelled.
func (s *sender) await(x *exchange, perform func() error) {
	s.life.background.run(func() {
		guard.Run(s.life.log, func() { s.inbound.fail(x, internalFault()) }, func() { s.inbound.fail(x, perform()) })
	})
	<-x.settled
	x.clock.stop()
}

// end deletes a session at the server.
func (s *sender) end(conv streamable.Conversation) {
	if conv.Session == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.life.ctx), deleteTimeout)
	defer cancel()
	if err := s.upstream.Delete(ctx, conv); err != nil {
		s.life.log.Debug("ending the server's session", "err", err)
	}
}

// isFinal reports whether asking again cannot help: the server has refused in words
// of its own, or Databricks has for a reason that lasts.
func isFinal(err error) bool {
	if e := asError(err); e != nil {
		return !e.Data.Retryable && e.Data.Reason != refusal.ConnectionCut
	}
	var status *streamable.StatusError
	return errors.As(err, &status) && status.Status < http.StatusInternalServerError
}
