package aggregate

import (
	"sync"
	"time"
)

// noticeDelay is how long changes of lists are collected before the client is told: when
// servers begin they come in a row.
const noticeDelay = 50 * time.Millisecond

// notices tells the client which lists have changed, once for many changes, and of no
// list that it has not read.
type notices struct {
	tell func(capability string)

	mu     sync.Mutex
	read   map[string]bool // the client has read that list
	timers map[string]*time.Timer
	over   bool
}

func newNotices(tell func(capability string)) *notices {
	return &notices{tell: tell, read: make(map[string]bool), timers: make(map[string]*time.Timer)}
}

// listed says that the client gets that list now: a change from here on is news.
func (n *notices) listed(capability string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.read[capability] = true
	if t := n.timers[capability]; t != nil {
		t.Stop()
		delete(n.timers, capability)
	}
}

// change says that a list is another one than before.
func (n *notices) change(capability string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.read[capability] {
		return
	}
	n.schedule(capability)
}

// add is change for a list that the client may have had in any way.
func (n *notices) add(capability string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.schedule(capability)
}

func (n *notices) schedule(capability string) {
	if n.over || n.timers[capability] != nil {
		return
	}
	n.timers[capability] = time.AfterFunc(noticeDelay, func() {
		n.mu.Lock()
		_, due := n.timers[capability]
		delete(n.timers, capability)
		due = due && !n.over
		n.mu.Unlock()
		if due {
			n.tell(capability)
		}
	})
}

// close says that the client is told no more.
func (n *notices) close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.over = true
	for _, t := range n.timers {
		t.Stop()
	}
}
