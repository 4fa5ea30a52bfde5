package streamable

import (
	"sync"
	"time"
)

// maxAwaited is how many ends of bodies are waited for at once. Those of a server that tells
// them come with its bodies; one that does not must not fill its connection, and the
// session, with streams that are over.
const maxAwaited = 32

// endings closes answers whose bodies have come whole and are not told to have ended in
// time. One timer serves them all: one of a second for each call would be the next to
// come each time, for which the runtime wakes the thread that waits for the network. The
// zero endings is ready for use.
type endings struct {
	mu      sync.Mutex
	waiting map[*Answer]time.Time // since when
	armed   bool                  // the timer runs
}

// await reads what should be nothing but the end of a's body, for two finishTimeouts at
// most, unless too many are waited for.
func (e *endings) await(a *Answer) {
	if !e.add(a) {
		return
	}
	_, _ = a.resp.Body.Read(make([]byte, 1)) // whatever comes, nobody wants it
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.waiting, a)
}

func (e *endings) add(a *Answer) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.waiting) >= maxAwaited {
		return false
	}
	if e.waiting == nil {
		e.waiting = make(map[*Answer]time.Time)
	}
	e.waiting[a] = time.Now()
	if !e.armed {
		e.armed = true
		time.AfterFunc(finishTimeout, e.look)
	}
	return true
}

// look closes the bodies that have been waited for long enough, and comes again while
// there are others.
func (e *endings) look() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for a, since := range e.waiting {
		if time.Since(since) >= finishTimeout {
			delete(e.waiting, a)
			go a.resp.Body.Close() // it may wait for the connection
		}
	}
	if e.armed = len(e.waiting) > 0; e.armed {
		time.AfterFunc(finishTimeout, e.look)
	}
}
