package front

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// exchange is an HTTP request that waits for messages of the process.
type exchange struct {
	id    json.RawMessage // of the request, as the client has it
	alias json.RawMessage // the same, as the process has it
	token json.RawMessage // for progress; nil for none
	// messages are those for this request. The reader of the process closes it
	// when no more will come.
	messages chan message
	gone     chan struct{} // closed when nobody reads messages any more
}

// enter registers a request and returns it as the process shall have it. It
// returns nil where the process has ended.
func (p *pipe) enter(m message) (*exchange, []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return nil, nil
	}
	x := newExchange()
	x.id, x.alias, x.token = m.ID, m.ID, m.Meta.ProgressToken
	raw := m.raw
	if p.shared {
		p.last++
		x.alias = json.RawMessage(strconv.Itoa(p.last))
		raw = with(raw, x.alias, "id")
	}
	p.open = append(p.open, x)
	return x, raw
}

func newExchange() *exchange {
	return &exchange{messages: make(chan message, 64), gone: make(chan struct{})}
}

// leave forgets an exchange.
func (p *pipe) leave(x *exchange) {
	close(x.gone)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.remove(x)
}

func (p *pipe) remove(x *exchange) {
	p.open = slices.DeleteFunc(p.open, func(o *exchange) bool { return o == x })
	if p.stream == x {
		p.stream = nil
	}
}

// route passes a message of the process on to the exchange it belongs to. One
// that belongs to none is dropped, as an HTTP server drops it.
func (p *pipe) route(m message) {
	p.mu.Lock()
	x := p.addressee(m)
	ended := x != nil && m.Method == "notifications/cancelled" && same(m.RequestID, x.alias)
	if ended {
		p.remove(x)
	}
	p.mu.Unlock()
	switch {
	case x == nil:
	case ended:
		close(x.messages) // how a server ends a subscription on stdio
	default:
		select {
		case x.messages <- x.restore(m):
		case <-x.gone:
		}
	}
}

// addressee returns the exchange that a message belongs to, or nil. The lock is
// held.
func (p *pipe) addressee(m message) *exchange {
	find := func(is func(*exchange) bool) *exchange {
		if i := slices.IndexFunc(p.open, is); i >= 0 {
			return p.open[i]
		}
		return nil
	}
	if m.response() {
		return find(func(x *exchange) bool { return same(m.ID, x.alias) })
	}
	if m.Meta.Subscription != nil {
		return find(func(x *exchange) bool { return same(m.Meta.Subscription, x.alias) })
	}
	switch {
	case m.Method == "notifications/progress":
		return find(func(x *exchange) bool { return same(m.ProgressToken, x.token) })
	case m.Method == "notifications/cancelled":
		if x := find(func(x *exchange) bool { return same(m.RequestID, x.alias) }); x != nil {
			return x
		}
	case strings.HasSuffix(m.Method, "/list_changed"), m.Method == "notifications/resources/updated":
		return p.stream
	}
	if len(p.open) > 0 {
		return p.open[len(p.open)-1]
	}
	return p.stream
}

// restore returns a message with the client's own id in it.
func (x *exchange) restore(m message) message {
	if same(x.id, x.alias) {
		return m
	}
	if m.response() {
		m.raw = with(m.raw, x.id, "id")
	}
	if m.Meta.Subscription != nil {
		m.raw = with(m.raw, x.id, "params", "_meta", metaSubscription)
	}
	return m
}

// aliased returns a notification of the client with the id of the request it
// cancels as the process knows it.
func (p *pipe) aliased(m message) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, x := range p.open {
		if m.Method == "notifications/cancelled" && same(m.RequestID, x.id) {
			return with(m.raw, x.alias, "params", "requestId")
		}
	}
	return m.raw
}

func same(a, b json.RawMessage) bool { return a != nil && bytes.Equal(a, b) }
