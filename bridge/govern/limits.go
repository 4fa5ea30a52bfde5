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
	mu      sync.Mutex
	of      *policy.Policy // whose rules they are
	buckets []bucket
}

type bucket struct {
	limit policy.Limit
	*rate.Limiter
}

// under returns the counters of a policy; another one begins anew.
func (l *limits) under(p *policy.Policy) []bucket {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.of == p {
		return l.buckets
	}
	l.of, l.buckets = p, nil
	for _, limit := range p.Limits() {
		each := rate.Limit(float64(limit.PerMinute) / time.Minute.Seconds())
		l.buckets = append(l.buckets, bucket{limit, rate.NewLimiter(each, limit.PerMinute)})
	}
	return l.buckets
}

// take counts a call, or says when it may be made; then it counts for no rule.
func (l *limits) take(p *policy.Policy, tool string) (policy.Ruling, time.Duration) {
	var taken []*rate.Reservation
	now := time.Now()
	for _, b := range l.under(p) {
		if !b.limit.Covers(tool) {
			continue
		}
		r := b.ReserveN(now, 1)
		taken = append(taken, r)
		wait := r.DelayFrom(now)
		if r.OK() && wait == 0 {
			continue
		}
		for _, back := range taken {
			back.CancelAt(now)
		}
		return policy.Deny("%d calls a minute to %q (%s)", b.limit.PerMinute, b.limit.Tools.Glob, b.limit.At), wait
	}
	return policy.Passes(), 0
}

// inSeconds is a wait in words.
func inSeconds(d time.Duration) string {
	if s := int(d.Seconds()) + 1; s > 1 {
		return fmt.Sprintf("%d seconds", s)
	}
	return "1 second"
}
