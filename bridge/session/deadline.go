package session

import (
	"sync"
	"time"
)

// deadline ends a call after a time that can be stopped and run on: while the
// server waits for the user's answer, the clock of the call stands still.
// The zero deadline has not started.
type deadline struct {
	mu     sync.Mutex
	timer  *time.Timer // nil before the start, after stop, and without a limit
	most   time.Duration
	left   time.Duration
	since  time.Time
	pauses int
}

// start starts the clock; end runs in a goroutine of its own when the time is
// over. With most at 0 the call has no deadline.
func (d *deadline) start(most time.Duration, end func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if most <= 0 {
		return
	}
	d.most, d.left, d.since = most, most, time.Now()
	d.timer = time.AfterFunc(most, end)
	if d.pauses > 0 {
		d.timer.Stop()
	}
}

// pause stops the clock until as many resumes as pauses have come.
func (d *deadline) pause() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.pauses++; d.pauses == 1 && d.timer != nil {
		d.timer.Stop()
		d.left -= time.Since(d.since)
	}
}

func (d *deadline) resume() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.pauses--; d.pauses == 0 && d.timer != nil {
		d.since = time.Now()
		d.timer.Reset(max(d.left, 0))
	}
}

// again starts the time anew, with the limit that start had.
func (d *deadline) again() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timer == nil {
		return
	}
	d.left, d.since = d.most, time.Now()
	if d.pauses == 0 {
		d.timer.Reset(d.most)
	}
}

// remaining returns what is left of the time, most where there is no limit.
func (d *deadline) remaining(most time.Duration) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timer == nil {
		return most
	}
	if d.pauses > 0 {
		return d.left
	}
	return d.left - time.Since(d.since)
}

// stop ends the clock for good.
func (d *deadline) stop() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timer != nil {
		d.timer.Stop()
	}
	d.timer = nil
}
