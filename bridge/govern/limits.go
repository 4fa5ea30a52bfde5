package govern

import (
	"fmt"
	"time"

	"golang.org/x/time/rate"
)

// Limit is how many calls a minute may be made, to tools of one name or to all.
type Limit struct {
	Tools     Pattern // "*" for all
	PerMinute int
	At        Place
}

// Size is a limit in bytes.
type Size struct {
	Bytes int64
	At    Place
}

// limits count calls, for each rule apart.
type limits struct {
	buckets []bucket
}

type bucket struct {
	limit Limit
	*rate.Limiter
}

func newLimits(p *Policy) *limits {
	l := &limits{}
	p.rules(func(r *Rules) {
		for _, limit := range r.Calls {
			each := rate.Limit(float64(limit.PerMinute) / time.Minute.Seconds())
			l.buckets = append(l.buckets, bucket{limit, rate.NewLimiter(each, limit.PerMinute)})
		}
	})
	return l
}

// take counts a call, or says when it may be made; then it counts for no rule.
func (l *limits) take(tool string) (Ruling, time.Duration) {
	var taken []*rate.Reservation
	now := time.Now()
	for _, b := range l.buckets {
		if !b.limit.Tools.Matches(tool) && !b.limit.Tools.resembles(skeleton(tool)) {
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
		return deny("%d calls a minute to %q (%s)", b.limit.PerMinute, b.limit.Tools.Glob, b.limit.At), wait
	}
	return passes, 0
}

// within rules on the size of a call, in bytes.
func (p *Policy) within(size int) Ruling {
	return p.first(func(r *Rules) Ruling {
		if r.MaxCall != nil && int64(size) > r.MaxCall.Bytes {
			return deny("max_call (%s): the call has %d bytes, more than %d", r.MaxCall.At, size, r.MaxCall.Bytes)
		}
		return passes
	})
}

// inSeconds is a wait in words.
func inSeconds(d time.Duration) string {
	if s := int(d.Seconds()) + 1; s > 1 {
		return fmt.Sprintf("%d seconds", s)
	}
	return "1 second"
}
