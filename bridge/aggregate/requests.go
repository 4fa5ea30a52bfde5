package aggregate

import (
	"slices"
	"sync"

	"ucbridge/bridge/jsonrpc"
)

// request is one of the client's under way.
type request struct {
	id     jsonrpc.ID // the client's
	sent   jsonrpc.ID // by which the server knows it; the client's own, as a rule
	method string
	to     *member // nil before that is known
	token  []byte  // of its progress, nil for none
	// sentToken is the one that the server knows, which a retry does not change.
	sentToken []byte
	modern    bool // it came in 2026-07-28 and went out in an older revision
	// takesInput says that a server may ask the client for something in its stead.
	takesInput bool
	// A parked request has been answered with what its server wants, and goes on when the
	// client comes back. What the server says meanwhile waits.
	parked bool
	early  *jsonrpc.Message  // its answer
	later  []jsonrpc.Message // further questions
}

// requests holds the client's requests under way. The zero requests is ready for use.
type requests struct {
	mu     sync.Mutex
	byID   map[string]*request // by the client's id
	bySent map[string]*request // those with another
	tokens map[string]*request // by the one that the server knows
	order  []*request          // those that take input
}

// add notes a request. It reports false where one of its id is open already.
func (o *requests) add(r *request) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.byID == nil {
		o.byID, o.bySent, o.tokens = make(map[string]*request), make(map[string]*request), make(map[string]*request)
	}
	if o.byID[string(r.id)] != nil {
		return false
	}
	o.byID[string(r.id)] = r
	return true
}

// route says where an open request goes, and under what id. It reports false where the
// client has cancelled it meanwhile.
func (o *requests) route(r *request, to *member, sent jsonrpc.ID) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.byID[string(r.id)] != r {
		return false
	}
	r.to, r.sent = to, sent
	if !sent.Is(r.id) {
		o.bySent[string(sent)] = r
	}
	if r.token != nil {
		r.sentToken = r.token
		o.tokens[string(r.sentToken)] = r
	}
	if r.modern && r.takesInput {
		o.order = append(o.order, r)
	}
	return true
}

// cancel removes and returns the request that the client has cancelled, nil for none.
func (o *requests) cancel(id jsonrpc.ID) *request {
	o.mu.Lock()
	defer o.mu.Unlock()
	r := o.byID[string(id)]
	if r != nil {
		o.remove(r)
	}
	return r
}

// answered removes and returns the request that a response of a server is for, nil
// where that server was asked no such thing, or the response has to wait.
func (o *requests) answered(from *member, m jsonrpc.Message) *request {
	o.mu.Lock()
	defer o.mu.Unlock()
	r := o.bySent[string(m.ID)]
	if r == nil {
		r = o.byID[string(m.ID)]
	}
	if r == nil || r.to != from || !r.sent.Is(m.ID) {
		return nil
	}
	if r.parked {
		r.early = &m
		return nil
	}
	o.remove(r)
	return r
}

// forget removes a request for which nobody waits.
func (o *requests) forget(r *request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.remove(r)
}

func (o *requests) remove(r *request) {
	delete(o.byID, string(r.id))
	delete(o.bySent, string(r.sent))
	if r.sentToken != nil && o.tokens[string(r.sentToken)] == r {
		delete(o.tokens, string(r.sentToken))
	}
	for i, other := range o.order {
		if other == r {
			o.order = append(o.order[:i:i], o.order[i+1:]...)
			break
		}
	}
}

// park ends the wait of the client for the request that a question of a server is about,
// and returns it; nil where none that takes input is known to be. The server goes on with
// it. Where it is parked already the question waits for its turn.
func (o *requests) park(from *member, m jsonrpc.Message) (r *request, waits bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, one := range o.order {
		switch {
		case one.to != from || m.Within != nil && !one.sent.Is(m.Within):
		case r != nil:
			return nil, false // it may be about either
		default:
			r = one
		}
	}
	switch {
	case r == nil:
		return nil, false
	case !r.parked:
		r.parked = true
		delete(o.byID, string(r.id))
		return r, false
	case len(r.later) < maxQuestions:
		m.Within = r.sent // others may be open when its turn comes
		r.later = append(r.later, m)
		return nil, true
	}
	return nil, false
}

// takesInput reports whether a question of a server came on the stream of a request that
// is answered with the question.
func (o *requests) takesInput(from *member, m jsonrpc.Message) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return m.Within != nil && slices.ContainsFunc(o.order, func(r *request) bool { return r.to == from && r.sent.Is(m.Within) })
}

// within returns the id of the open request on whose stream a message of a server came,
// nil where there is none.
func (o *requests) within(from *member, m jsonrpc.Message) jsonrpc.ID {
	if m.Within == nil {
		return nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	r := o.bySent[string(m.Within)]
	if r == nil {
		r = o.byID[string(m.Within)]
	}
	if r == nil || r.to != from || r.parked || !r.sent.Is(m.Within) {
		return nil
	}
	return r.id
}

// resume lets the client wait for a parked request under the id and the token of its
// retry, and returns what its server has said meanwhile.
func (o *requests) resume(r, retry *request) (early *jsonrpc.Message, later []jsonrpc.Message) {
	o.mu.Lock()
	defer o.mu.Unlock()
	early, later = r.early, r.later
	r.id, r.token, r.parked, r.early, r.later = retry.id, retry.token, false, nil, nil
	o.byID[string(r.id)] = r
	return early, later
}

// tokenOf returns the client's token of the request whose progress a server tells under its
// own; nil where the client wants to hear of none.
func (o *requests) tokenOf(from *member, token []byte) []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	r := o.tokens[string(token)]
	if r == nil || r.to != from || r.parked {
		return nil
	}
	return r.token
}

// leave removes the requests that went to a server, and returns those that the client
// waits for.
func (o *requests) leave(to *member) []*request {
	o.mu.Lock()
	defer o.mu.Unlock()
	var open []*request
	for _, r := range o.byID {
		if r.to == to {
			open = append(open, r)
		}
	}
	for _, r := range slices.Concat(open, o.order) { // a parked one is in order alone
		if r.to == to {
			o.remove(r)
		}
	}
	return open
}

// isOpen reports whether the client waits for an answer from a server.
func (o *requests) isOpen(to *member) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, r := range o.byID {
		if r.to == to || r.to == nil {
			return true
		}
	}
	return false
}
