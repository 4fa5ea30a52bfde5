package session

import (
	"errors"
)

// withNewSession sends x, and once more in a new session where the server had lost
// the one that x was sent in: it refused x, so nothing runs twice. Where x may have
// run, the calls after it get the new session.
func (l *serverLink) withNewSession(x *exchange) error {
	for repeats := 0; ; repeats++ {
		conv, generation := l.current()
		if lost := l.disowned.Load(); lost != 0 && lost == int64(generation) {
			if err := l.renew(x.ctx, generation); err != nil {
				return err
			}
			continue
		}
		l.awaitStream(x)
		x.disowned = func() { l.disowned.Store(int64(generation)) }
		err := l.sender.attempt(x, conv)
		if !isLoss(err, conv) {
			return err
		}
		if repeats > 0 && (repeats == lossRepeats || l.isCurrent(generation)) {
			var lost *sessionLost
			if errors.As(err, &lost) { // the server disowns what it has just begun
				l.sender.inbound.deliver(lost.answer, origin{x: x, version: conv.Version, refusal: true})
				return nil
			}
			return err
		}
		l.life.log.Info("the server has lost the session, beginning a new one", "method", x.message.Method)
		if err := l.renew(x.ctx, generation); err != nil {
			return err
		}
	}
}

// lossRepeats is how often a call is sent again for sessions that others have
// found lost before it, one after the other.
const lossRepeats = 3
