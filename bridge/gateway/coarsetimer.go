package gateway

import (
	"sync"
	"time"
)

// coarseTimers call functions, each in a goroutine of its own, when their time has come
// or at most one tick later. Most are stopped before. They share one timer of the runtime,
// which is started once a tick at most: to start one for each request wakes another thread
// each time, as the request's is the first that is due. It is safe for concurrent use.
type coarseTimers struct {
	tick time.Duration

	mu      sync.Mutex
	first   *coarseTimer // of those that run, in no order
	ticking *time.Timer  // nil before the first use
	armed   bool
}

// coarseTimer is one of them. The zero value does not run.
type coarseTimer struct {
	call       func()
	at         time.Time
	runs       bool
	prev, next *coarseTimer
}

// start has call called after a time. The timer must not run.
func (t *coarseTimers) start(one *coarseTimer, after time.Duration, call func()) {
	at := time.Now().Add(after)
	t.mu.Lock()
	defer t.mu.Unlock()
	one.call, one.at, one.runs, one.prev, one.next = call, at, true, nil, t.first
	if t.first != nil {
		t.first.prev = one
	}
	t.first = one
	switch {
	case t.armed:
	case t.ticking == nil:
		t.armed, t.ticking = true, time.AfterFunc(t.tick, t.expire)
	default:
		t.armed = true
		t.ticking.Reset(t.tick)
	}
}

// stop keeps the function of a timer from being called, unless it was.
func (t *coarseTimers) stop(one *coarseTimer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.remove(one)
}

// remove is called with the lock held.
func (t *coarseTimers) remove(one *coarseTimer) {
	if !one.runs {
		return
	}
	if one.prev == nil {
		t.first = one.next
	} else {
		one.prev.next = one.next
	}
	if one.next != nil {
		one.next.prev = one.prev
	}
	one.call, one.runs, one.prev, one.next = nil, false, nil, nil
}

// expire calls what is due.
func (t *coarseTimers) expire() {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	for one := t.first; one != nil; {
		next := one.next
		if !one.at.After(now) {
			go one.call()
			t.remove(one)
		}
		one = next
	}
	if t.armed = t.first != nil; t.armed {
		t.ticking.Reset(t.tick)
	}
}
