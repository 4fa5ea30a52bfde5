package gateway

import (
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"ucbridge/bridge/refusal"
)

// Limits bound what one user may do on this replica; 0 means no limit.
type Limits struct {
	Calls   int // requests at once
	Streams int // event streams at once: GET, and subscriptions
	Rate    int // requests a second; a burst may be twice as many
}

// limiter holds each user to the Limits. It is safe for concurrent use.
type limiter struct {
	max   Limits
	mu    sync.Mutex
	users map[string]*user
	swept time.Time
}

// user is what one user is doing.
type user struct {
	calls, streams int
	rate           *rate.Limiter
	seen           time.Time
}

func newLimiter(l Limits) *limiter { return &limiter{max: l, users: make(map[string]*user)} }

// sweepEvery is how often users are forgotten who have been idle as long: by then
// their rate is as good as new.
const sweepEvery = time.Minute

// begin counts a request of the user, a stream or a call, until its end is told
// by finish.
func (l *limiter) begin(name string, stream bool) *refusal.Error {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.sweep(now)
	u := l.users[name]
	if u == nil {
		u = &user{rate: rate.NewLimiter(rate.Inf, 0)}
		if l.max.Rate > 0 {
			u.rate = rate.NewLimiter(rate.Limit(l.max.Rate), 2*l.max.Rate)
		}
		l.users[name] = u
	}
	u.seen = now
	if !u.rate.AllowN(now, 1) {
		wait := time.Duration(math.Ceil(1/float64(u.rate.Limit()))) * time.Second
		return tooMany("You have sent more than %d requests a second.", l.max.Rate, wait)
	}
	switch {
	case stream && l.max.Streams > 0 && u.streams >= l.max.Streams:
		return tooMany("You have %d event streams open.", l.max.Streams, time.Minute)
	case !stream && l.max.Calls > 0 && u.calls >= l.max.Calls:
		return tooMany("You have %d requests under way.", l.max.Calls, time.Second)
	}
	u.count(stream, 1)
	return nil
}

// more counts the other messages of a batch, each of which counts as much as one that is
// sent alone. A batch that is more than is allowed at once is refused whole.
func (l *limiter) more(name string, n int) *refusal.Error {
	if n <= 0 {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	u := l.users[name]
	switch {
	case l.max.Calls > 0 && 1+n > l.max.Calls:
		return tooManyAtOnce(l.max.Calls)
	case l.max.Rate > 0 && 1+n > u.rate.Burst():
		return tooManyAtOnce(u.rate.Burst())
	case l.max.Calls > 0 && u.calls+n > l.max.Calls:
		return tooMany("You have more than %d requests under way, those of the batch included.", l.max.Calls, time.Second)
	case !u.rate.AllowN(time.Now(), n):
		return tooMany("You have sent more than %d requests a second, those of the batch included.", l.max.Rate, time.Duration(math.Ceil(float64(n)/float64(l.max.Rate)))*time.Second)
	}
	u.calls += n
	return nil
}

// less ends what more began.
func (l *limiter) less(name string, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.users[name].calls -= n
}

// subscribe makes a call of the user's a stream.
func (l *limiter) subscribe(name string) *refusal.Error {
	l.mu.Lock()
	defer l.mu.Unlock()
	u := l.users[name]
	if l.max.Streams > 0 && u.streams >= l.max.Streams {
		return tooMany("You have %d event streams open.", l.max.Streams, time.Minute)
	}
	u.count(false, -1)
	u.count(true, 1)
	return nil
}

// finish ends what begin began.
func (l *limiter) finish(name string, stream bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	u := l.users[name]
	u.seen = time.Now()
	u.count(stream, -1)
}

func (u *user) count(stream bool, n int) {
	if stream {
		u.streams += n
	} else {
		u.calls += n
	}
}

// sweep is called with the lock held.
func (l *limiter) sweep(now time.Time) {
	if now.Sub(l.swept) < sweepEvery {
		return
	}
	l.swept = now
	for name, u := range l.users {
		if u.calls == 0 && u.streams == 0 && now.Sub(u.seen) > sweepEvery {
			delete(l.users, name)
		}
	}
}

// tooManyAtOnce refuses a batch for which it is no use to wait.
func tooManyAtOnce(limit int) *refusal.Error {
	e := refusal.New(refusal.RateLimited, "The batch holds more messages than you may send at once.").
		WithHint("send %d messages at once at most", limit)
	e.Data.Retryable = false
	return e
}

func tooMany(format string, limit int, wait time.Duration) *refusal.Error {
	e := refusal.New(refusal.RateLimited, format, limit).WithHint("try again in %d seconds", int(wait.Seconds()))
	e.Data.Retryable = true
	e.Data.RetryAfter = wait
	return e
}
