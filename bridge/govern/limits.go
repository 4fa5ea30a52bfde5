package govern

import (
	"fmt"
	"time"

	"golang.org/x/time/rate"

	"ucbridge/bridge/policy"
)

// limits count calls, for each rule apart.
type limits struct {
	buckets []bucket
}

type bucket struct {
	limit policy.Limit
	*rate.Limiter
}

func newLimits(p *policy.Policy) *limits {
	l := &limits{}
	for _, limit := range p.Limits() {
		each := rate.Limit(float64(limit.PerMinute) / time.Minute.Seconds())
		l.buckets = append(l.buckets, bucket{limit, rate.NewLimiter(each, limit.PerMinute)})
	}
	return l
}

// take counts a call, or says when it may be made; then it counts for no rule.
func (l *limits) take(tool string) (policy.Ruling, time.Duration) {
	var taken []*rate.Reservation
	now := time.Now()
	for _, b := range l.buckets {
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
