package session

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

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
