package session

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/streamable"
)

const (
	// maxHold bounds the waiting of a tools/call: AI clients end a call after 60 s, and
	// then nobody reads why.
	maxHold = 30 * time.Second
	// maxPatience bounds the waiting of a call that has no deadline.
	maxPatience  = 5 * time.Minute
	firstBackoff = 500 * time.Millisecond
	maxBackoff   = 15 * time.Second
	// maxQuickBackoff is the longest between tries that cost nobody anything.
	maxQuickBackoff = 2 * time.Second
	// refusalTime is how long a refusal takes at most, as a rule.
	refusalTime = time.Second
	// readRepeats is how often a read is repeated whose answer was lost.
	readRepeats = 2
)

// retries repeats requests while the way to the server is blocked.
type retries struct {
	breaker  breaker
	timeouts *timeouts
	log      *slog.Logger
}

// withBackoff calls try for x, and again while the way to the server is blocked and
// repeating is safe: what may have run is never repeated, unless the protocol says
// that it only reads.
func (r *retries) withBackoff(x *exchange, try func() error) error {
	began := time.Now()
	var last error
	for repeats := 0; ; repeats++ {
		probe, err := r.breaker.enter(x.ctx)
		if err != nil {
			return cmp.Or(last, r.breaker.reason(), context.Cause(x.ctx))
		}
		err = r.throughBreaker(probe, try)
		blocked, asked := blockage(x, err, repeats)
		if blocked == notBlocked {
			r.breaker.succeed(probe)
			if x.ctx.Err() != nil && last != nil { // the time ran out in the last try: what kept the others says more
				return last
			}
			return err
		}
		left, backoff := min(x.clock.remaining(maxPatience), maxPatience-time.Since(began)), maxBackoff
		if x.holdsTool() {
			left = min(left, maxHold-time.Since(began))
		}
		if blocked == noConnection { // nobody waits long for a network that is gone
			left, backoff = min(left, r.timeouts.connect-time.Since(began)), maxQuickBackoff
		}
		if asked >= left { // the error says how long; other calls ask for themselves
			r.breaker.succeed(probe)
			return err
		}
		if wait := r.breaker.trip(probe, err, asked, backoff); wait >= left {
			return err
		}
		last = err
		r.log.Debug("waiting before a request is repeated", "method", x.message.Method, "err", err)
	}
}

// throughBreaker calls try. Where it goes first, the others follow as soon as it has
// not been refused for a while: a call that got through may take its time.
func (r *retries) throughBreaker(probe int, try func() error) error {
	if probe != 0 {
		through := time.AfterFunc(refusalTime, func() { r.breaker.succeed(probe) })
		defer through.Stop()
	}
	return try()
}

// blocked is what keeps a request from the server for a while.
type blocked int

const (
	notBlocked   blocked = iota
	noConnection         // nothing was sent
	overload             // refused before it ran, or a read
)

// blockage tells whether err is one that x may wait out, and for how long the
// other side asked it to.
func blockage(x *exchange, err error, repeats int) (blocked, time.Duration) {
	if err == nil || x.ctx.Err() != nil || x.open.Load() == 0 {
		return notBlocked, 0
	}
	e := asError(err)
	if _, cut := errors.AsType[*streamable.CutError](err); cut {
		e = nil // delivered, whatever kept its stream from being resumed
	}
	switch {
	case e != nil && e.Data.Reason == refusal.WorkspaceUnreachable:
		if x.message.Method == mcp.Initialize {
			return notBlocked, 0 // the standby answers at once, and goes on trying
		}
		return noConnection, 0
	case e != nil && e.Data.Reason.Repeatable():
		return overload, e.Data.RetryAfter
	case !x.onlyReads():
		return notBlocked, 0
	case e != nil && e.Data.Reason == refusal.WorkspaceUnavailable: // lasts until it is over
		return overload, e.Data.RetryAfter
	case repeats < readRepeats && mayHaveRun(err):
		return overload, 0
	}
	return notBlocked, 0
}

// mayHaveRun reports whether err says that the request reached the server, or may
// have.
func mayHaveRun(err error) bool {
	if _, cut := errors.AsType[*streamable.CutError](err); cut {
		return true
	}
	if e := asError(err); e != nil {
		return e.MayHaveRun()
	}
	status, ok := errors.AsType[*streamable.StatusError](err)
	return ok && (status.Status == http.StatusBadGateway || status.Status == http.StatusGatewayTimeout)
}

// holdsTool reports whether a tool is called by x.
func (x *exchange) holdsTool() bool {
	return slices.ContainsFunc(x.calls, func(c *call) bool { return c.method == mcp.CallTool })
}

// onlyReads reports whether x changes nothing at the server, by the protocol.
func (x *exchange) onlyReads() bool {
	for _, c := range x.calls {
		if m, _ := mcp.Lookup(c.method); !m.ReadOnly {
			return false
		}
	}
	return true
}

// breaker holds calls back while the way to the server is blocked. When the time is
// over one call goes first, and the others follow if it gets through: twenty
// calls that wait do not come back as a storm. The zero breaker lets
// calls through.
type breaker struct {
	mu      sync.Mutex
	tripped bool
	until   time.Time
	probe   int // who goes first, 0 while nobody does
	probes  int // counts those who went first
	backoff time.Duration
	why     error         // what tripped it last
	changed chan struct{} // closed at the next change, nil while nobody waits
}

// enter waits until the caller may go. Who goes first gets a number other than 0.
// Everybody must then succeed or trip.
func (b *breaker) enter(ctx context.Context) (probe int, err error) {
	for {
		b.mu.Lock()
		if !b.tripped {
			b.mu.Unlock()
			return 0, nil
		}
		left := time.Until(b.until)
		if left <= 0 && b.probe == 0 {
			b.probes++
			b.probe = b.probes
			defer b.mu.Unlock()
			return b.probe, nil
		}
		if b.changed == nil {
			b.changed = make(chan struct{})
		}
		changed := b.changed
		b.mu.Unlock()
		if left <= 0 {
			left = maxPatience // until the one that went first is back
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

// succeed says that the call got through: where it went first, the others follow. A
// number that is no longer the current one has no effect.
func (b *breaker) succeed(probe int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if probe != 0 && probe == b.probe {
		b.tripped, b.probe = false, 0
		b.wake()
	}
	if !b.tripped {
		b.backoff = 0
	}
}

// reason is what holds calls back, nil where nothing does: who has waited in vain says
// that, and not that the time is over.
func (b *breaker) reason() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.tripped {
		return nil
	}
	return b.why
}

// trip holds calls back because of err, for the time that the other side asked for, or
// for a backoff that grows up to longest, and returns how long that is.
func (b *breaker) trip(probe int, err error, asked, longest time.Duration) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.why = err
	wait := asked
	if wait <= 0 {
		if probe != 0 || b.backoff == 0 {
			b.backoff = min(max(2*b.backoff, firstBackoff), longest)
		}
		wait = b.backoff/2 + rand.N(b.backoff/2)
	} else {
		wait += rand.N(wait/10 + time.Millisecond)
	}
	if until := time.Now().Add(wait); !b.tripped || until.After(b.until) {
		b.until = until
	}
	b.tripped = true
	if probe == b.probe {
		b.probe = 0
	}
	b.wake()
	return time.Until(b.until)
}

func (b *breaker) wake() {
	if b.changed != nil {
		close(b.changed)
		b.changed = nil
	}
}
