package session

import (
	"context"
	"errors"
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

// subscription is one that the client holds open.
type subscription struct {
	client  Client
	sender  *sender
	x       *exchange
	stood   bool // the last stream was acknowledged
	ackSent bool // the client has heard of it
}

// subscribe holds one subscription open until it ends.
func (s *Session) subscribe(x *exchange) {
	s.stopAwaiting(x)
	s.life.background.run(func() {
		defer s.retire(x)
		s.guarded(x, func() {
			x.begin()
			x.markWritten()
			held := &subscription{client: s.client, sender: s.sender, x: x}
			if s.route.Buffered() {
				held.holdEmpty()
				return
			}
			held.hold()
		})
	})
}

// holdEmpty acknowledges a subscription with an empty filter: over a route that
// delivers answers whole, nothing can be subscribed to.
func (h *subscription) holdEmpty() {
	h.client.Emit(mcp.EmptyAcknowledgement(h.x.calls[0].id))
	<-h.x.ctx.Done()
	h.end(nil)
}

// hold carries the stream, and asks for it again where it breaks.
func (h *subscription) hold() {
	wait := firstRetry
	for broken := 0; ; broken++ {
		err := h.listen()
		if h.stood {
			broken, wait = 0, firstRetry
		}
		if h.x.open.Load() == 0 {
			return
		}
		if h.x.ctx.Err() != nil || broken >= listenRepeats || isFinal(err) {
			h.end(err)
			return
		}
		select {
		case <-time.After(wait/2 + rand.N(wait/2)):
		case <-h.x.ctx.Done():
		}
		wait = min(2*wait, maxFinalWait)
	}
}

// listen carries one stream to its end.
func (h *subscription) listen() error {
	h.stood = false
	conv := streamable.Conversation{Version: h.x.era}
	answer, err := h.sender.post(h.x, conv)
	if err != nil {
		return err
	}
	defer answer.Close()
	for m, err := range answer.Messages() {
		switch {
		case isMalformed(err):
			h.sender.life.log.Warn("dropping a message of the server that is not JSON-RPC", "err", err)
		case err != nil:
			return err
		case h.x.gone():
			return nil
		case m.Method == mcp.Acknowledged && h.ackSent:
			h.stood = true
			continue
		case m.Method == mcp.Acknowledged:
			h.stood, h.ackSent = true, true
			h.sender.inbound.deliver(m, origin{x: h.x, version: conv.Version})
		default:
			h.sender.inbound.deliver(m, origin{x: h.x, version: conv.Version})
		}
		if h.x.open.Load() == 0 {
			answer.Settle()
		}
	}
	return nil
}

// end tells the client that its subscription is over, in the manner of stdio: the
// server's cancel, and an error for the request.
func (h *subscription) end(err error) {
	c := h.x.calls[0]
	if cause := context.Cause(h.x.ctx); !c.over.Load() && !errors.Is(cause, errCancelled) && !errors.Is(cause, errClosing) {
		h.client.Emit(mcp.Cancellation(c.id, "the subscription was lost"))
	}
	if err == nil {
		err = refusal.New(refusal.SubscriptionLost, "The subscription ended.")
	}
	h.sender.inbound.fail(h.x, err)
}
