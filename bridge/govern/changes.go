package govern

import (
	"fmt"
	"sync"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
)

// lists are the names in the lists, but that of tools, which the server has sent to one
// user, shown or hidden. The zero value has none. It is safe for concurrent use.
type lists struct {
	mu      sync.Mutex
	methods map[string]map[string]bool
}

// maxListed is how many names of a list are kept; a longer one counts as one that
// differs under other rules.
const maxListed = 10_000

func (l *lists) learn(method, name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.methods == nil {
		l.methods = make(map[string]map[string]bool)
	}
	names := l.methods[method]
	if names == nil {
		names = make(map[string]bool)
		l.methods[method] = names
	}
	if len(names) < maxListed {
		names[name] = true
	}
}

// differ reports whether other entries of a list may be seen under other rules.
func (l *lists) differ(method string, before, after *ruleset) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	names := l.methods[method]
	for name := range names {
		if before.listed(method, name, nil).Denied != after.listed(method, name, nil).Denied {
			return true
		}
	}
	return len(names) == maxListed
}

// Subscribe has send called with what is to be told to the client beside the server's
// own messages, until cancel. Send is called from other goroutines and may block.
func (f *Filter) Subscribe(send func(raw []byte)) (cancel func()) {
	f.g.mu.Lock()
	defer f.g.mu.Unlock()
	s := &subscriber{f, send}
	f.caller.changed = s.tell
	f.g.subscribers[s] = true
	return func() {
		f.g.mu.Lock()
		defer f.g.mu.Unlock()
		delete(f.g.subscribers, s)
	}
}

// subscriber is a client that can be told of changes.
type subscriber struct {
	filter *Filter
	send   func(raw []byte)
}

// tell tells the client which of its lists differ under other rules. What was listed while
// there were none is not known, nor is what would have been listed while nothing passed.
func (s *subscriber) tell(before, after *ruleset) {
	f := s.filter
	unknown := before.idle || before.policy.Broken != nil
	for _, list := range []struct {
		name    string
		differs bool
	}{
		{"tools", unknown || f.tools.differ(before, after)},
		{"prompts", unknown || f.lists.differ(mcp.ListPrompts, before, after)},
		{"resources", unknown || f.lists.differ(mcp.ListResources, before, after) || f.lists.differ(mcp.ListTemplates, before, after)},
	} {
		if list.differs {
			s.tellOf(list.name)
		}
	}
}

// tellOf tells the client that a list has changed: tools, prompts or resources.
func (s *subscriber) tellOf(list string) {
	_, revision, _ := s.filter.client.get()
	for _, notice := range changeNotices(list, revision, s.filter.open.listening(list+"ListChanged")) {
		go s.send(notice)
	}
}

// changeNotices are the notifications that a list has changed: one on each subscription
// to it (2026-07-28, Subscriptions), and a plain one for a client of before.
func changeNotices(list, revision string, subscriptions []jsonrpc.ID) [][]byte {
	var all [][]byte
	if revision < mcp.Revision20260728 || subscriptions == nil {
		all = append(all, fmt.Appendf(nil, `{"jsonrpc":"2.0","method":"notifications/%s/list_changed"}`, list))
	}
	for _, id := range subscriptions {
		all = append(all, fmt.Appendf(nil, `{"jsonrpc":"2.0","method":"notifications/%s/list_changed","params":{"_meta":{"%s":%s}}}`, list, mcp.MetaSubscriptionID, id))
	}
	return all
}

// listening returns the ids of the open subscriptions to a kind of notification.
func (o *pending) listening(kind string) []jsonrpc.ID {
	o.mu.Lock()
	defer o.mu.Unlock()
	var ids []jsonrpc.ID
	for _, open := range o.byID {
		for _, x := range open.all() {
			for _, p := range x.parts {
				if p.request.Method == mcp.Listen && p.request.ID != nil && string(jsonrpc.Value(p.request.Params, "notifications", kind)) == "true" {
					ids = append(ids, p.request.ID)
				}
			}
		}
	}
	return ids
}
