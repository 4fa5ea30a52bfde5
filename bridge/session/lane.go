package session

import (
	"sync"
	"time"
)

// lane runs steps one after the other in the order they were put. It holds a
// goroutine only while there is work. The zero lane is ready for use.
type lane struct {
	mu    sync.Mutex
	busy  bool
	steps []func()
}

// put adds a step that may block. It never blocks itself.
func (l *lane) put(step func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.steps = append(l.steps, step)
	if !l.busy {
		l.busy = true
		go l.run()
	}
}

// len returns how many steps wait.
func (l *lane) len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.steps)
}

// pass runs a step that does not block: at once where the lane is idle, which
// spares a request the change of goroutines, and in its turn otherwise.
func (l *lane) pass(step func()) {
	l.mu.Lock()
	if l.busy {
		l.steps = append(l.steps, step)
		l.mu.Unlock()
		return
	}
	l.mu.Unlock()
	step()
}

func (l *lane) run() {
	for {
		l.mu.Lock()
		if len(l.steps) == 0 {
			l.busy, l.steps = false, nil
			l.mu.Unlock()
			return
		}
		step := l.steps[0]
		l.steps[0] = nil
		l.steps = l.steps[1:]
		l.mu.Unlock()
		step()
	}
}

// tally counts things under way and lets others wait until there are none. The
// zero tally is ready for use.
type tally struct {
	mu   sync.Mutex
	n    int
	none chan struct{} // closed when n returns to 0; nil while nobody waits
}

func (t *tally) add(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.n += n
	if t.n == 0 && t.none != nil {
		close(t.none)
		t.none = nil
	}
}

// wait returns when the count is 0, or after the given time, and reports which.
func (t *tally) wait(most time.Duration) bool {
	t.mu.Lock()
	if t.n == 0 {
		t.mu.Unlock()
		return true
	}
	if t.none == nil {
		t.none = make(chan struct{})
	}
	none := t.none
	t.mu.Unlock()
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-none:
		return true
	case <-timer.C:
		return false
	}
}
