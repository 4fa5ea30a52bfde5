package session

import (
	"context"
	"sync/atomic"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
)

// saveDelay is how long what is learned waits to be saved: the answers of a start come in
// a row, as do the pages of a list, and all are one file.
const saveDelay = 200 * time.Millisecond

// learner lets the standby keep what the client will ask for again.
type learner struct {
	life    *life
	standby Standby
	results queue       // in their order: initialize says whose answers the lists are
	saving  atomic.Bool // what is kept is about to be saved
}

// learn takes the result of a request.
func (l *learner) learn(m jsonrpc.Message, result []byte) {
	if m.Method != mcp.Initialize && l.standby.EmptyList(m.Method) == nil {
		return
	}
	l.life.background.add(1)
	l.results.put(func() {
		defer l.life.background.add(-1)
		l.standby.Learn(context.WithoutCancel(l.life.ctx), m, result)
		l.save()
	})
}

// noteDiscover takes note of whether the server lacks server/discover.
func (l *learner) noteDiscover(lacks bool) {
	l.life.background.add(1)
	l.results.put(func() {
		defer l.life.background.add(-1)
		l.standby.NoteDiscover(context.WithoutCancel(l.life.ctx), lacks)
	})
}

// save has the standby save what it learns for a while, or until the session ends.
func (l *learner) save() {
	if !l.saving.CompareAndSwap(false, true) {
		return // it will be
	}
	l.life.background.run(func() {
		select {
		case <-time.After(saveDelay):
		case <-l.life.ctx.Done():
		}
		l.saving.Store(false) // what is learned from here on is saved another time
		l.standby.Save()
	})
}
