package govern

import (
	"fmt"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"ucbridge/bridge/policy"
)

// limits count the calls of one user, for each rule apart. The zero value has counted
// none. It is safe for concurrent use.
type limits struct {
	mu       sync.Mutex
	of       *policy.Policy // whose rules they are
	counters map[limitKey]*rate.Limiter
}

// limitKey tells one limit from another. A limit that a changed policy has as well goes
// on counting.
type limitKey struct {
	at        policy.Place
	tools     string
	perMinute int
}

func keyOf(l policy.Limit) limitKey { return limitKey{l.At, l.Tools.Glob, l.PerMinute} }

// under returns the counters of a policy.
func (l *limits) under(p *policy.Policy) map[limitKey]*rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.of == p {
		return l.counters
	}
	counters := make(map[limitKey]*rate.Limiter)
	for _, limit := range p.Limits() {
		key := keyOf(limit)
		if counters[key] = l.counters[key]; counters[key] == nil {
			each := rate.Limit(float64(limit.PerMinute) / time.Minute.Seconds())
			counters[key] = rate.NewLimiter(each, limit.PerMinute)
		}
	}
	l.of, l.counters = p, counters
	return counters
}

// take counts a call, or says when it may be made; then it counts for no rule. These are
// the limits of the policy that are about the call.
func (l *limits) take(p *policy.Policy, about []policy.Limit) (policy.Ruling, time.Duration) {
	if len(about) == 0 {
		return policy.Passes(), 0
	}
	counters := l.under(p)
	now := time.Now()
	if len(about) == 1 && counters[keyOf(about[0])].AllowN(now, 1) { // nothing to give back
		return policy.Passes(), 0
	}
	_, by, wait := l.reserve(counters, about, now)
	return by, wait
}

// held are the counts of a call that may yet not be made.
type held struct {
	at    time.Time
	taken []*rate.Reservation
}

// giveBack makes the call count for nothing.
func (h held) giveBack() {
	for _, back := range h.taken {
		back.CancelAt(h.at)
	}
}

// hold is take for a call that may yet not be made.
func (l *limits) hold(p *policy.Policy, about []policy.Limit) (held, policy.Ruling, time.Duration) {
	if len(about) == 0 {
		return held{}, policy.Passes(), 0
	}
	return l.reserve(l.under(p), about, time.Now())
}

func (l *limits) reserve(counters map[limitKey]*rate.Limiter, about []policy.Limit, now time.Time) (held, policy.Ruling, time.Duration) {
	h := held{at: now}
	for _, limit := range about {
		r := counters[keyOf(limit)].ReserveN(now, 1)
		h.taken = append(h.taken, r)
		wait := r.DelayFrom(now)
		if r.OK() && wait == 0 {
			continue
		}
		h.giveBack()
		return held{}, policy.Deny("%d calls a minute to %q (%s)", limit.PerMinute, limit.Tools.Glob, limit.At), wait
	}
	return h, policy.Passes(), 0
}

// inSeconds is a wait in words.
func inSeconds(d time.Duration) string {
	if s := int(d.Seconds()) + 1; s > 1 {
		return fmt.Sprintf("%d seconds", s)
	}
	return "1 second"
}
