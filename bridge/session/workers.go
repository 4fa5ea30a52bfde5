package session

import (
	"sync"
	"sync/atomic"
)

const (
	// MaxInFlight is how many requests run at once; more wait their turn.
	MaxInFlight = 256
	// maxIdle is how many goroutines stay for the next request.
	maxIdle = 64
)

// workers run exchanges side by side, MaxInFlight at once.
type workers struct {
	run  func(*exchange)
	done <-chan struct{} // closed at the session's end

	slots chan struct{}
	next  chan *exchange // to a goroutine that waits for work
	idle  atomic.Int32   // how many do
}

func newWorkers(run func(*exchange), done <-chan struct{}) *workers {
	return &workers{run: run, done: done, slots: make(chan struct{}, MaxInFlight), next: make(chan *exchange)}
}

// start runs x in a goroutine.
func (w *workers) start(x *exchange) {
	select {
	case w.next <- x:
	default:
		go w.work(x)
	}
}

// work runs exchanges, x first. A goroutine stays for the next one: a new one
// would have to grow its stack for every call, which costs more than the rest of
// the bridge's part.
func (w *workers) work(x *exchange) {
	for {
		w.run(x)
		if w.idle.Add(1) > maxIdle {
			w.idle.Add(-1)
			return
		}
		select {
		case x = <-w.next:
			w.idle.Add(-1)
		case <-w.done:
			return
		}
	}
}

// enter waits for a slot, which x.release gives back. It reports false where x
// ended first.
func (w *workers) enter(x *exchange) bool {
	select {
	case w.slots <- struct{}{}:
		x.release = sync.OnceFunc(func() { <-w.slots })
		return true
	case <-x.ctx.Done():
		return false
	}
}
