package session

import (
	"log/slog"
	"sync"
	"time"

	"ucbridge/bridge/guard"
)

// queue runs steps one after the other in the order they were put. It holds a
// goroutine only while there is work.
type queue struct {
	log *slog.Logger

	mu    sync.Mutex
	busy  bool
	steps []func()
}

// put adds a step that may block. It never blocks itself.
func (q *queue) put(step func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.steps = append(q.steps, step)
	if !q.busy {
		q.busy = true
		go q.run()
	}
}

// len returns how many steps wait.
func (q *queue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.steps)
}

// pass runs a step that does not block: at once where the queue is empty, which
// spares a request the change of goroutines, and in its turn otherwise.
func (q *queue) pass(step func()) {
	q.mu.Lock()
	if q.busy {
		q.steps = append(q.steps, step)
		q.mu.Unlock()
		return
	}
	q.mu.Unlock()
	guard.Run(q.log, nil, step)
}

func (q *queue) run() {
	for {
		q.mu.Lock()
		if len(q.steps) == 0 {
			q.busy, q.steps = false, nil
			q.mu.Unlock()
			return
		}
		step := q.steps[0]
		q.steps[0] = nil
		q.steps = q.steps[1:]
		q.mu.Unlock()
		guard.Run(q.log, nil, step)
	}
}

// counter counts what is under way and lets others wait until that is nothing. The
// zero counter is ready for use.
type counter struct {
	mu   sync.Mutex
	n    int
	none chan struct{} // closed when n returns to 0; nil while nobody waits
}

func (c *counter) add(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n += n
	if c.n == 0 && c.none != nil {
		close(c.none)
		c.none = nil
	}
}

// wait returns when the count is 0, or after the given time.
func (c *counter) wait(most time.Duration) {
	c.mu.Lock()
	if c.n == 0 {
		c.mu.Unlock()
		return
	}
	if c.none == nil {
		c.none = make(chan struct{})
	}
	none := c.none
	c.mu.Unlock()
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-none:
	case <-timer.C:
	}
}
