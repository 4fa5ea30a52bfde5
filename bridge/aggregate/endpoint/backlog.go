package endpoint

import (
	"slices"
	"time"

	"ucbridge/bridge/jsonrpc"
)

const (
	// maxBacklog is how many messages wait for a stream to be sent on.
	maxBacklog = 100
	// questionTimeout is how long a server's question waits for one. A client opens its
	// GET stream when it has begun, and again at once where it breaks off.
	questionTimeout = 30 * time.Second
)

// backlog holds what a client could not be told, for want of a stream. The zero backlog is
// ready for use; its owner guards it.
type backlog []kept

type kept struct {
	raw   []byte
	id    jsonrpc.ID  // of a question, nil for a notification
	timer *time.Timer // that ends its wait
}

// add adds a message, and reports whether there was room. expire is called when a question
// has waited for questionTimeout.
func (b *backlog) add(m jsonrpc.Message, expire func()) bool {
	if len(*b) >= maxBacklog {
		return false
	}
	one := kept{raw: m.Raw}
	if m.IsRequest() {
		one.id, one.timer = m.ID, time.AfterFunc(questionTimeout, expire)
	}
	*b = append(*b, one)
	return true
}

// take removes all messages and returns them in their order.
func (b *backlog) take() [][]byte {
	var all [][]byte
	for _, one := range *b {
		one.stop()
		all = append(all, one.raw)
	}
	*b = nil
	return all
}

// drop removes a question, and reports whether it was there.
func (b *backlog) drop(id jsonrpc.ID) bool {
	at := slices.IndexFunc(*b, func(one kept) bool { return one.id != nil && one.id.Is(id) })
	if at < 0 {
		return false
	}
	(*b)[at].stop()
	*b = slices.Delete(*b, at, at+1)
	return true
}

func (k kept) stop() {
	if k.timer != nil {
		k.timer.Stop()
	}
}
