package session

import (
	"slices"
	"sync"
)

const (
	// maxInFlight is how many requests run at once; more wait their turn.
	maxInFlight = 256
	// maxIdle is how many goroutines stay for the next request.
	maxIdle = 64
)

// workers run exchanges side by side, maxInFlight at once.
type workers struct {
	run   func(*exchange)
	done  <-chan struct{} // closed at the session's end
	slots chan struct{}

	mu   sync.Mutex
	idle []worker // those that wait for work, the one that worked last at the end
}

// worker is where a goroutine that waits gets its next exchange.
type worker chan *exchange

func newWorkers(run func(*exchange), done <-chan struct{}) *workers {
	return &workers{run: run, done: done, slots: make(chan struct{}, maxInFlight)}
}

// start runs x in a goroutine: in the one that worked last, whose stack is still in the
// processor's cache.
func (w *workers) start(x *exchange) {
	w.mu.Lock()
	last := len(w.idle) - 1
	if last < 0 {
		w.mu.Unlock()
		go w.work(x)
		return
	}
	next := w.idle[last]
	w.idle = w.idle[:last]
	w.mu.Unlock()
	next <- x
}

// work runs exchanges, x first. A goroutine stays for the next one: a new one
// would have to grow its stack for every call, which costs more than the rest of
// the bridge's part.
func (w *workers) work(x *exchange) {
	own := make(worker, 1)
	for {
		w.run(x)
		if !w.rest(own) {
			return
		}
		select {
		case x = <-own:
		case <-w.done:
			if w.leave(own) {
				return
			}
			x = <-own
		}
	}
}

// rest puts a worker among those that wait, unless there are enough.
func (w *workers) rest(own worker) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.idle) == maxIdle {
		return false
	}
	w.idle = append(w.idle, own)
	return true
}

// leave takes a worker from those that wait. It reports false where an exchange is on its
// way to it.
func (w *workers) leave(own worker) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := slices.Index(w.idle, own)
	if i >= 0 {
		w.idle = slices.Delete(w.idle, i, i+1)
	}
	return i >= 0
}

// enter waits for a slot, which x.release gives back. It reports false where x
// ended first.
func (w *workers) enter(x *exchange) bool {
	select {
	case w.slots <- struct{}{}:
		x.slots = w.slots
		return true
	case <-x.ctx.Done():
		return false
	}
}
