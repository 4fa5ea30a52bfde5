package aggregate

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"ucbridge/bridge/guard"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
)

// listener is a subscription of the client (2026-07-28, Subscriptions).
type listener struct {
	id    jsonrpc.ID
	lists []string // capabilities whose lists it is about
	uris  []string
	stop  context.CancelFunc
}

// listeners holds the open ones by their ids. The zero listeners is ready for use.
type listeners struct {
	mu   sync.Mutex
	byID map[string]*listener
}

// filters are the members of a filter, with the capability that each is about.
var filters = map[string]string{"toolsListChanged": "tools", "promptsListChanged": "prompts", "resourcesListChanged": "resources"}

// subscribe holds a subscription open: the aggregate's own, to be told of what the
// servers tell.
func (rt *router) subscribe(r *request, m jsonrpc.Message) {
	if rt.listeners.has(m.ID) {
		rt.replies.requests.cancel(r.id)
		rt.replies.reject(refusal.DuplicateRequest(), m.ID)
		return
	}
	asked := m.Field("notifications")
	ctx, stop := context.WithCancel(rt.set.ctx)
	l := &listener{id: m.ID, stop: stop}
	granted := []byte(`{}`)
	for name, capability := range filters {
		if string(jsonrpc.Value(asked, name)) == "true" {
			l.lists = append(l.lists, capability)
			granted = jsonrpc.Set(granted, []byte("true"), name)
		}
	}
	if uris := jsonrpc.Value(asked, "resourceSubscriptions"); uris != nil {
		for _, uri := range jsonrpc.Elements(uris) {
			l.uris = append(l.uris, jsonrpc.Text(uri))
		}
		granted = jsonrpc.Set(granted, uris, "resourceSubscriptions")
	}
	rt.replies.requests.cancel(r.id) // from here on it is a listener
	for _, capability := range l.lists {
		rt.notices.listed(capability) // a change from here on is news
	}
	rt.listeners.add(l)
	rt.replies.run(r, func() {
		rt.replies.emit(fmt.Appendf(nil, `{"jsonrpc":"2.0","method":"%s","params":{"_meta":{"%s":%s},"notifications":%s}}`,
			mcp.Acknowledged, mcp.MetaSubscriptionID, m.ID, granted))
		rt.follow(ctx, l)
	})
}

// follow subscribes to the resources of a listener at their servers.
func (rt *router) follow(ctx context.Context, l *listener) {
	of := make(map[*member][]string)
	for _, uri := range l.uris {
		if s := rt.directory.resource(uri); s != nil {
			of[s] = append(of[s], uri)
		}
	}
	for s, uris := range of {
		go guard.Run(rt.replies.log, nil, func() {
			if s.isModern() {
				list := []byte(`[]`)
				for _, uri := range uris {
					list = jsonrpc.Append(list, quote(uri))
				}
				s.subscribe(ctx, jsonrpc.Set([]byte(`{}`), list, "resourceSubscriptions"))
				return
			}
			for _, uri := range uris {
				if _, err := s.ask(ctx, "resources/subscribe", fmt.Appendf(nil, `{"uri":%s}`, quote(uri))); err != nil {
					return
				}
			}
		})
	}
}

func (t *listeners) add(l *listener) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byID == nil {
		t.byID = make(map[string]*listener)
	}
	t.byID[string(l.id)] = l
}

// has reports whether a subscription of that id is open.
func (t *listeners) has(id jsonrpc.ID) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.byID[string(id)] != nil
}

// end ends a subscription that the client has cancelled, and reports whether there was
// one.
func (t *listeners) end(id jsonrpc.ID) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.byID[string(id)]
	delete(t.byID, string(id))
	if l != nil {
		l.stop()
	}
	return l != nil
}

// ofList are the ids of the subscriptions to a list, ofResource those to a resource.
func (t *listeners) ofList(capability string) []jsonrpc.ID {
	return t.matching(func(l *listener) bool { return slices.Contains(l.lists, capability) })
}

func (t *listeners) ofResource(uri string) []jsonrpc.ID {
	return t.matching(func(l *listener) bool { return slices.Contains(l.uris, uri) })
}

func (t *listeners) matching(match func(*listener) bool) []jsonrpc.ID {
	t.mu.Lock()
	defer t.mu.Unlock()
	var ids []jsonrpc.ID
	for _, l := range t.byID {
		if match(l) {
			ids = append(ids, l.id)
		}
	}
	return ids
}

// close ends all subscriptions in good order.
func (t *listeners) close(emit func([]byte)) {
	t.mu.Lock()
	open := t.byID
	t.byID = nil
	t.mu.Unlock()
	for _, l := range open {
		l.stop()
		emit(mcp.SubscriptionEnd(l.id))
	}
}
