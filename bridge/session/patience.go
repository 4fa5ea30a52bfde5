package session

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/streamable"
)

const (
	// longestPatience bounds the waiting of a call that has no deadline.
	longestPatience = 5 * time.Minute
	firstBackoff    = 500 * time.Millisecond
	longestBackoff  = 15 * time.Second
	// quickBackoff is the longest between tries that cost nobody anything.
	quickBackoff = 2 * time.Second
	// refusalTime is how long a refusal takes at most, as a rule.
	refusalTime = time.Second
	// readRepeats is how often a read is repeated whose answer was lost.
	readRepeats = 2
)

// performPatiently performs x, and repeats it while the way to the server is
// blocked and repeating is safe: what may have run is never repeated, unless the
// protocol says that it only reads.
func (s *Session) performPatiently(x *exchange) error {
	began := time.Now()
	var last error
	for repeats := 0; ; repeats++ {
		probe, err := s.gate.enter(x.ctx)
		if err != nil {
			return cmp.Or(last, context.Cause(x.ctx))
		}
		err = s.performAtGate(x, probe)
		obstacle, asked := s.obstacle(x, err, repeats)
		if obstacle == noObstacle {
			s.gate.leave(probe)
			if x.ctx.Err() != nil && last != nil { // the time ran out in the last try: what kept the others says more
				return last
			}
			return err
		}
		left, backoff := min(x.clock.remaining(longestPatience), longestPatience-time.Since(began)), longestBackoff
		if obstacle == noConnection { // nobody waits long for a network that is gone
			left, backoff = min(left, s.ConnectTimeout-time.Since(began)), quickBackoff
		}
		if asked >= left { // the error says how long; other calls ask for themselves
			s.gate.leave(probe)
			return err
		}
		if wait := s.gate.shut(probe, asked, backoff); wait >= left {
			return err
		}
		last = err
		s.Log.Debug("waiting before a request is repeated", "method", x.message.Method, "err", err)
	}
}

// performAtGate performs x. Where x goes first, the others follow as soon as it has
// not been refused for a while: a call that got through may take its time.
func (s *Session) performAtGate(x *exchange, probe int) error {
	if probe != 0 {
		through := time.AfterFunc(refusalTime, func() { s.gate.leave(probe) })
		defer through.Stop()
	}
	switch {
	case x.era != "":
		return s.performModern(x)
	case x.message.Method == "initialize":
		return s.perform(x, streamable.Conversation{})
	}
	return s.performAcrossLoss(x)
}

type obstacle int

const (
	noObstacle   obstacle = iota
	noConnection          // nothing was sent
	overload              // refused before it ran, or a read
)

// obstacle tells whether err is one that x may wait out, and for how long the
// other side asked it to.
func (s *Session) obstacle(x *exchange, err error, repeats int) (obstacle, time.Duration) {
	if err == nil || x.ctx.Err() != nil || x.open.Load() == 0 {
		return noObstacle, 0
	}
	var cut *streamable.CutError
	if errors.As(err, &cut) { // delivered, whatever kept its stream from being resumed
		if x.onlyReads() && repeats < readRepeats {
			return overload, 0
		}
		return noObstacle, 0
	}
	var worded *refusal.Error
	if errors.As(err, &worded) {
		switch worded.Data.Reason {
		case refusal.WorkspaceUnreachable:
			if x.message.Method == "initialize" {
				return noObstacle, 0 // the standby answers at once, and goes on trying
			}
			return noConnection, 0
		case refusal.RateLimited:
			return overload, worded.Data.RetryAfter
		case refusal.WorkspaceUnavailable: // 503: it may have run
			if x.onlyReads() {
				return overload, worded.Data.RetryAfter
			}
			return noObstacle, 0
		}
		lost := worded.Data.Reason == refusal.ConnectionCut || worded.Data.HTTPStatus >= 500
		if lost && x.onlyReads() && repeats < readRepeats {
			return overload, 0
		}
		return noObstacle, 0
	}
	var status *streamable.StatusError
	lost := errors.As(err, &status) &&
		(status.Status == http.StatusBadGateway || status.Status == http.StatusGatewayTimeout)
	if lost && x.onlyReads() && repeats < readRepeats {
		return overload, 0
	}
	return noObstacle, 0
}

// onlyReads reports whether x changes nothing at the server, by the protocol.
func (x *exchange) onlyReads() bool {
	for _, f := range x.flights {
		if m, _ := mcp.Lookup(f.method); !m.ReadOnly {
			return false
		}
	}
	return true
}

// gate holds calls back while the way to the server is blocked. When the time is
// over one call goes first, and the others follow if it gets through: twenty
// calls that wait do not come back as a storm. The zero gate is open.
type gate struct {
	mu      sync.Mutex
	closed  bool
	until   time.Time
	probe   int // who goes first, 0 while nobody does
	probes  int // counts those who went first
	backoff time.Duration
	changed chan struct{} // closed at the next change, nil while nobody waits
}

// enter waits until the caller may go. Who goes first gets a number other than 0.
// Everybody must then leave or shut.
func (g *gate) enter(ctx context.Context) (probe int, err error) {
	for {
		g.mu.Lock()
		if !g.closed {
			g.mu.Unlock()
			return 0, nil
		}
		left := time.Until(g.until)
		if left <= 0 && g.probe == 0 {
			g.probes++
			g.probe = g.probes
			defer g.mu.Unlock()
			return g.probe, nil
		}
		if g.changed == nil {
			g.changed = make(chan struct{})
		}
		changed := g.changed
		g.mu.Unlock()
		if left <= 0 {
			left = longestPatience // until the one that went first is back
		}
		timer := time.NewTimer(left)
		select {
		case <-changed:
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return 0, ctx.Err()
		}
		timer.Stop()
	}
}

// leave says that the call got through: where it went first, the gate opens. A
// number that is no longer the current one has no effect.
func (g *gate) leave(probe int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if probe != 0 && probe == g.probe {
		g.closed, g.probe = false, 0
		g.wake()
	}
	if !g.closed {
		g.backoff = 0
	}
}

// shut closes the gate for the time that the other side asked for, or for a
// backoff that grows up to longest, and returns how long that is.
func (g *gate) shut(probe int, asked, longest time.Duration) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	wait := asked
	if wait <= 0 {
		if probe != 0 || g.backoff == 0 {
			g.backoff = min(max(2*g.backoff, firstBackoff), longest)
		}
		wait = g.backoff/2 + rand.N(g.backoff/2)
	} else {
		wait += rand.N(wait/10 + time.Millisecond)
	}
	if until := time.Now().Add(wait); !g.closed || until.After(g.until) {
		g.until = until
	}
	g.closed = true
	if probe == g.probe {
		g.probe = 0
	}
	g.wake()
	return time.Until(g.until)
}

func (g *gate) wake() {
	if g.changed != nil {
		close(g.changed)
		g.changed = nil
	}
}
