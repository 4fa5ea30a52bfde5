package govern

import (
	"bytes"
	"slices"
	"sync"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/policy"
	"ucbridge/bridge/refusal"
)

// pending are the requests of one conversation that are still to be answered. The zero
// value has none. It is safe for concurrent use, and guards what changes in an
// exchange while others may see it: its message, and whether it was handed on.
type pending struct {
	mu   sync.Mutex
	byID map[string]twins
}

// twins are the exchanges with a request of one id, in the order in which they came: one,
// but where several are allowed.
type twins struct {
	first *exchange
	more  []*exchange
}

func (t twins) all() []*exchange { return append([]*exchange{t.first}, t.more...) }

// add registers the requests of x by their ids. A second request of an id that is
// still open would get the answer of the first, which is checked as such; it is denied,
// unless twins are allowed.
func (o *pending) add(x *exchange, mayTwin bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var seen map[string]bool
	if len(x.parts) > 1 {
		seen = make(map[string]bool)
	}
	for _, p := range x.parts {
		id := string(p.request.ID)
		if p.request.ID == nil {
			continue
		}
		_, twin := o.byID[id]
		switch twin = twin || seen[id]; {
		case twin && mayTwin:
			p.ambiguous = "another request with its id was open"
		case twin:
			p.ruling, p.undecided = policy.Deny("a request with the id %s is open already", refusal.Quote(id)), false
			p.refused = refusal.DuplicateRequest()
		}
		if seen != nil {
			seen[id] = true
		}
	}
	if x.denied() == nil { // else it is answered here
		o.put(x)
	}
}

// expect registers the requests of x, whatever they are.
func (o *pending) expect(x *exchange) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.put(x)
}

func (o *pending) put(x *exchange) {
	if o.byID == nil {
		o.byID = make(map[string]twins)
	}
	for _, p := range x.parts {
		if p.request.ID == nil {
			continue
		}
		id := string(p.request.ID)
		open := o.byID[id]
		if open.first == nil {
			open.first = x
		} else {
			open.more = append(open.more, x)
		}
		o.byID[id] = open
	}
}

// reopen registers a request again of which the server's answer has come, but not yet the one
// that the client gets. Until drop the client may withdraw it. It is a message of its own, as
// the session has done with the one that was handed on.
func (o *pending) reopen(p *part, withdraw func()) *exchange {
	x := &exchange{message: jsonrpc.Message{Raw: bytes.Clone(p.request.Raw)}, parts: []*part{p}, leave: withdraw}
	o.expect(x)
	return x
}

// drop takes the requests of x out again, and reports whether any was still there.
func (o *pending) drop(x *exchange) (found bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, p := range x.parts {
		if p.request.ID != nil && o.remove(string(p.request.ID), func(open *exchange) bool { return open == x }) != nil {
			found = true
		}
	}
	return found
}

// replace lets another message pass in place of a request, which stands alone in its
// message: without a secret, or without what the bridge had asked for.
func (o *pending) replace(x *exchange, p *part, m jsonrpc.Message) {
	o.mu.Lock()
	defer o.mu.Unlock()
	x.message, p.request = m, m
}

// settle puts what was ruled on a part in place of what was not known when it came.
func (o *pending) settle(p, ruled *part) {
	o.mu.Lock()
	defer o.mu.Unlock()
	*p = *ruled
}

// release reports whether an exchange goes to the server, as all of it may pass, or
// was withdrawn meanwhile.
func (o *pending) release(x *exchange) (withdrawn, handed bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	x.handed = !x.withdrawn && x.denied() == nil
	for _, p := range x.parts {
		p.sent = x.handed
	}
	return x.withdrawn, x.handed
}

// withdraw takes back a request that was not handed on yet, and reports whether
// the cancel was for such a one. It is answered no more, as MCP wants it.
func (o *pending) withdraw(cancel jsonrpc.Message) bool {
	id := jsonrpc.Value(cancel.Params, "requestId")
	o.mu.Lock()
	defer o.mu.Unlock()
	x := o.remove(string(id), func(open *exchange) bool { return !open.handed && len(open.parts) == 1 })
	if x == nil {
		return false
	}
	x.withdrawn = true
	if x.leave != nil {
		x.leave()
	}
	return true
}

// take ends the waiting for the answer to a request, and returns the request, nil
// where none is known. Of several of one id it is the one that came first.
func (o *pending) take(id jsonrpc.ID) *part {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.remove(string(id), func(*exchange) bool { return true }).partOf(id)
}

// takeOnly is take for the one request that is open, where its id may have come back
// as got: a server may lose an id, or round it.
func (o *pending) takeOnly(got jsonrpc.ID) *part {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.byID) != 1 {
		return nil
	}
	for id, open := range o.byID {
		if asked := jsonrpc.ID(id); open.more == nil && (got == nil || got.IsNull() || asked.Means(got)) {
			return o.remove(id, func(*exchange) bool { return true }).partOf(asked)
		}
	}
	return nil
}

// end takes out the requests of a message that were not answered, and returns them.
func (o *pending) end(m jsonrpc.Message) []*part {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.byID) == 0 {
		return nil
	}
	var ended []*part
	for _, r := range mcp.Messages(m) {
		x := o.remove(string(r.ID), func(open *exchange) bool { return open.isOf(m) })
		if p := x.partOf(r.ID); p != nil {
			ended = append(ended, p)
		}
	}
	return ended
}

// remove takes out the first exchange of that id of which which is true, nil where
// there is none.
func (o *pending) remove(id string, which func(*exchange) bool) *exchange {
	open, known := o.byID[id]
	switch {
	case !known:
		return nil
	case open.more == nil && which(open.first):
		delete(o.byID, id)
		return open.first
	}
	all := open.all()
	i := slices.IndexFunc(all, which)
	if i < 0 {
		return nil
	}
	x := all[i]
	all = slices.Delete(all, i, i+1) // some are left: there were several
	open = twins{first: all[0]}
	if len(all) > 1 {
		open.more = all[1:]
	}
	o.byID[id] = open
	return x
}

// partOf returns the request of that id in an exchange, nil where it has none.
func (x *exchange) partOf(id jsonrpc.ID) *part {
	if x == nil {
		return nil
	}
	for _, p := range x.parts {
		if p.request.ID.Is(id) {
			return p
		}
	}
	return nil
}

// trace notes what a message is known by elsewhere.
func (o *pending) trace(m jsonrpc.Message, t Trace) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, r := range mcp.Messages(m) {
		open, known := o.byID[string(r.ID)]
		if !known {
			continue
		}
		open.first.trace(m, t)
		for _, twin := range open.more {
			twin.trace(m, t)
		}
	}
}

// trace notes it where the exchange was handed on as that message.
func (x *exchange) trace(m jsonrpc.Message, t Trace) {
	if !x.isOf(m) {
		return
	}
	for _, p := range x.parts {
		p.trace = t
	}
}

// isOf reports whether the exchange was handed on as that very message, and not as a
// later one of the same id.
func (x *exchange) isOf(m jsonrpc.Message) bool { return &x.message.Raw[0] == &m.Raw[0] }
