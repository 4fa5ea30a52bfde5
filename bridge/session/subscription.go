package session

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/streamable"
)

// subscriptions/listen (2026-07-28) is a request whose answer stays open. It
// takes no slot, has no deadline, and is no work to wait for at the end. A stream
// that breaks is asked for again under the same id; the client hears of the
// acknowledgement once.

const (
	// listenRepeats is how many times in a row a stream may break without having
	// been acknowledged before the subscription counts as lost.
	listenRepeats = 5
)

// subscribe holds one subscription open until it ends.
func (s *Session) subscribe(x *exchange) {
	s.setAside(x)
	s.aside.add(1)
	go func() {
		defer s.aside.add(-1)
		defer s.retire(x)
		x.begin()
		x.markWritten()
		if s.Route.Buffered() {
			s.holdEmpty(x)
			return
		}
		s.holdOpen(x)
	}()
}

// holdEmpty acknowledges a subscription with an empty filter: over a route that
// delivers answers whole, nothing can be subscribed to.
func (s *Session) holdEmpty(x *exchange) {
	s.Emit(mcp.EmptyAcknowledgement(x.flights[0].id))
	<-x.ctx.Done()
	s.endSubscription(x, nil)
}

// holdOpen carries the stream, and asks for it again where it breaks.
func (s *Session) holdOpen(x *exchange) {
	acknowledged := false
	wait := firstRetry
	for broken := 0; ; broken++ {
		again, err := s.listenOnce(x, &acknowledged)
		if again {
			broken, wait = 0, firstRetry
		}
		if x.open.Load() == 0 {
			return
		}
		if x.ctx.Err() != nil || broken >= listenRepeats || !repeatable(err) {
			s.endSubscription(x, err)
			return
		}
		select {
		case <-time.After(wait/2 + rand.N(wait/2)):
		case <-x.ctx.Done():
		}
		wait = min(2*wait, patientRetry)
	}
}

// repeatable reports whether asking again may help: not where the server has
// refused in words of its own or of Databricks'.
func repeatable(err error) bool {
	if e := asError(err); e != nil {
		return e.Data.Retryable || e.Data.Reason == refusal.ConnectionCut
	}
	var status *streamable.StatusError
	return !errors.As(err, &status) || status.Status >= 500
}

// listenOnce carries one stream to its end, and reports whether the server
// acknowledged it.
func (s *Session) listenOnce(x *exchange, acknowledged *bool) (bool, error) {
	answer, err := s.send(x, streamable.Conversation{Version: x.era})
	if err != nil {
		return false, err
	}
	defer answer.Close()
	stood := false
	for m, err := range answer.Messages() {
		switch {
		case isMalformed(err):
			s.Log.Warn("dropping a message of the server that is not JSON-RPC", "err", err)
		case err != nil:
			return stood, err
		case x.gone():
			return stood, nil
		case m.Method == mcp.Acknowledged:
			if stood = true; *acknowledged {
				continue
			}
			*acknowledged = true
			s.deliver(m, x)
		default:
			s.deliver(m, x)
		}
		if x.open.Load() == 0 {
			answer.Settle()
		}
	}
	return stood, nil
}

// endSubscription tells the client that its subscription is over, in the manner
// of stdio: the server's cancel, and an error for the request.
func (s *Session) endSubscription(x *exchange, err error) {
	f := x.flights[0]
	if cause := context.Cause(x.ctx); !f.over.Load() && !errors.Is(cause, errCancelled) && !errors.Is(cause, errClosing) {
		s.Emit(fmt.Appendf(nil, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":%s,"reason":"the subscription was lost"}}`, f.id))
	}
	if err == nil {
		err = refusal.New(refusal.SubscriptionLost, "The subscription ended.")
	}
	s.fail(x, err)
}
