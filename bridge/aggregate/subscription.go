package aggregate

import (
	"context"
	"slices"
	"strconv"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
)

// A subscription that ended is begun again after a while, that grows between these
// bounds while it ends at once.
const (
	firstResubscribe = 2 * time.Second
	maxResubscribe   = time.Minute
)

// listen subscribes to the changes of a server of 2026-07-28, until ctx is done. A second
// subscription would have every change told twice, which looks like a server that keeps
// saying so for nothing.
func (s *member) listen(ctx context.Context) {
	s.subscribe(ctx, []byte(`{"toolsListChanged":true,"promptsListChanged":true,"resourcesListChanged":true}`))
}

// subscribe holds a subscription of the aggregate's own at a server of 2026-07-28 until
// ctx is done. The client's stays open where the server is restarted, so this one is begun
// again; what has changed in between was not heard, see [member.acknowledged].
func (s *member) subscribe(ctx context.Context, filter []byte) {
	params := jsonrpc.Set(paramsWith(s.meta()), filter, "notifications")
	for wait := firstResubscribe; ; wait = min(2*wait, maxResubscribe) {
		began := time.Now()
		answer, err := s.ask(ctx, mcp.Listen, params)
		if err != nil {
			return
		}
		if answer.Error != nil {
			s.log.Debug("a server tells of no changes", "server", s.Name, "error", string(answer.Error))
		}
		if refusesForGood(answer) {
			return
		}
		if time.Since(began) > maxResubscribe {
			wait = firstResubscribe
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
		s.mu.Lock()
		s.deaf = true
		s.mu.Unlock()
	}
}

// refusesForGood reports whether a server has no such request, or not with these params.
func refusesForGood(answer jsonrpc.Message) bool {
	code := string(jsonrpc.Value(answer.Error, "code"))
	return slices.Contains([]string{strconv.Itoa(jsonrpc.CodeMethodNotFound), strconv.Itoa(mcp.CodeInvalidParams)}, code)
}

// acknowledged says that a subscription stands. Where an earlier one had ended, every list
// that is known is read again, and what has changed is told to the client.
func (s *member) acknowledged() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.deaf || s.withdrawn {
		return
	}
	s.deaf = false
	for method, l := range s.lists {
		if l.known && l.reading == nil {
			s.read(method, l, 0)
		}
	}
}
