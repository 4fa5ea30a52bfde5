package session

import (
	"context"
	"errors"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
)

const (
	// writeTimeout bounds the wait for a request to get onto the wire before a
	// notification follows it.
	writeTimeout = 2 * time.Second
	// afterCancel is how long a cancelled request may still be answered.
	afterCancel = 5 * time.Second
)

// run carries one exchange from its slot to its last answer.
func (s *Session) run(x *exchange) {
	defer s.retire(x)
	s.guarded(x, func() { s.carry(x) })
}

func (s *Session) carry(x *exchange) {
	if !s.workers.enter(x) {
		s.inbound.fail(x, context.Cause(x.ctx))
		return
	}
	defer x.release()
	defer x.clock.stop()
	x.idle.start(s.timeouts.idle, func() { x.cancel(errIdle) })
	defer x.idle.stop()
	if x.era == "" {
		if raw := s.link.standbyAnswer(x.ctx, x.message); raw != nil {
			s.inbound.answer(x, raw)
			return
		}
		if !s.link.reach(x) {
			return
		}
	}
	s.inbound.fail(x, s.link.carry(x))
	if cause := context.Cause(x.ctx); errors.Is(cause, errDeadline) || errors.Is(cause, errIdle) {
		if x.era == "" { // in the new era the closed stream says it
			s.withdraw(x)
		}
	}
}

// withdraw tells the server that nobody waits for x any more (2025-11-25,
// Lifecycle, "Timeouts").
func (s *Session) withdraw(x *exchange) {
	s.life.background.run(func() {
		for _, c := range x.calls {
			s.link.tell(jsonrpc.Message{Method: mcp.Cancelled, Raw: mcp.Cancellation(c.id, "deadline of the call")})
		}
	})
}

// handleCancel takes the client's notifications/cancelled. Cancels of open requests
// run each on its own: one that is not accepted must not hold up the others. Those of
// requests that were answered already go one after the other.
func (s *Session) handleCancel(m jsonrpc.Message) {
	c := s.inbound.pending.find(jsonrpc.ID(jsonrpc.Value(m.Params, "requestId")))
	switch {
	case c == nil:
		s.putBounded(&s.late, m, func() {
			if s.link.is(phaseLive) {
				s.link.tell(m)
			}
		})
	case c.cancelled.CompareAndSwap(false, true):
		s.life.working.run(func() { s.cancelCall(m, c) })
	}
}

// cancelCall cancels an open request. One that has not left is taken back; one that
// has is cancelled at the server, and may still be answered for a while.
func (s *Session) cancelCall(m jsonrpc.Message, c *call) {
	x := c.exchange
	if c.method == mcp.Initialize && x.era == "" {
		return // MCP: a client must not cancel it
	}
	if len(x.calls) > 1 { // one of a batch: the others go on
		if c.end() {
			c.done()
		}
		s.link.tell(m)
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
	s.stopAwaiting(x)
	x.awaitWritten()
	s.link.tell(m)
	time.AfterFunc(afterCancel, func() { x.cancel(errCancelled) })
}

// notify sends a notification in its turn.
func (s *Session) notify(m jsonrpc.Message) {
	s.unwritten.wait(writeTimeout)
	if m.Method == mcp.Initialized {
		s.link.initialized(m)
		return
	}
	s.link.tell(m)
}

// reply takes the client's answer to a request of the server.
func (s *Session) reply(m jsonrpc.Message) {
	q := s.inbound.questions.take(m.ID)
	if q == nil { // withdrawn with the session that asked
		s.life.log.Debug("dropping an answer of the client to no open question", "id", string(m.ID))
		return
	}
	s.link.tell(m)
	q.close()
}
