package session

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
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
		held := r.breaker.reason()
		probe, err := r.breaker.enter(x.ctx)
		last = cmp.Or(last, held)
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
