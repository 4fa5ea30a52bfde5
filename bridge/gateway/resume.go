package gateway

import (
	"crypto/sha256"
	"fmt"
	"sync"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
)

// A stream that broke may be resumed by GET from the last event that its client has
// seen (2025-03-26 to 2025-11-25, Transports, "Resumability and Redelivery"). What
// then comes are answers, which can be judged by their requests alone. So it is
// remembered of each event id on which stream it came; by whom it is known, and in
// which session, is a part of that. Another replica does not know it.

const (
	// resumableTTL is how long a stream can be resumed under a policy.
	resumableTTL = 15 * time.Minute
	// maxEvents is how many events are remembered, maxStreamEvents of one stream.
	maxEvents       = 1 << 16
	maxStreamEvents = 256
	// maxResumable bounds what is kept of a request, in bytes.
	maxResumable = 1 << 10
)

// origin is a stream that answers a POST.
type origin struct {
	requests jsonrpc.Message
	events   int // remembered, guarded by resumable
}

// eventKey is the hash of caller, path, session and event id.
type eventKey [sha256.Size]byte

// resumable remembers streams by their events. It is safe for concurrent use.
type resumable struct {
	mu     sync.Mutex
	events map[eventKey]*origin
	oldest []remembered // in the order of time
}

type remembered struct {
	key eventKey
	at  time.Time
}

// origin returns the stream that answers m; nil where nothing is to be remembered of
// it. It keeps what is needed to judge the answers, and no arguments.
func (r *resumable) origin(m jsonrpc.Message) *origin {
	var raw []byte
	for _, one := range mcp.Requests(m) {
		bare := fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%s}`, one.ID)
		bare = jsonrpc.Set(bare, jsonrpc.Value(one.Raw, "method"), "method")
		for _, name := range []string{"name", "uri", "cursor"} {
			if value := jsonrpc.Value(one.Params, name); value != nil {
				bare = jsonrpc.Set(bare, value, "params", name)
			}
		}
		raw = append(append(raw, ','), bare...)
	}
	if raw == nil || len(raw) > maxResumable {
		return nil
	}
	raw[0] = '['
	kept, err := jsonrpc.Parse(append(raw, ']'))
	if err != nil { // made of what was read
		panic(err)
	}
	return &origin{requests: kept}
}

// note remembers that an event with that key came on the stream o.
func (r *resumable) note(key eventKey, o *origin) {
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.oldest) > 0 && (len(r.oldest) >= maxEvents || now.Sub(r.oldest[0].at) > resumableTTL) {
		delete(r.events, r.oldest[0].key)
		r.oldest = r.oldest[1:]
	}
	if _, known := r.events[key]; known || o.events >= maxStreamEvents {
		return
	}
	if r.events == nil {
		r.events = make(map[eventKey]*origin)
	}
	o.events++
	r.events[key] = o
	r.oldest = append(r.oldest, remembered{key, now})
}

// find returns the stream on which an event came, nil where that is not known.
func (r *resumable) find(key eventKey) *origin {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.events[key]
}
