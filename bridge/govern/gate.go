// Package govern decides what may pass between a client and a server, and writes
// down what did. What was checked are the bytes that are forwarded; what cannot
// be decided does not pass.
//
// A Gate stands between one client and its session: the client's messages go in
// by Handle and the session's by Emit. It knows neither door nor network, and
// asks the server for what it must know through the session. Where a door keeps no
// sessions there is a Gate for each message, a Visitor's.
package govern

import (
	"context"
	"sync"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/policy"
	"ucbridge/bridge/redact"
	"ucbridge/bridge/refusal"
)

// Asker asks the server behind a Gate.
type Asker interface {
	// Ask sends a request of the bridge's own and returns the server's answer. An
	// error says why there is none.
	Ask(ctx context.Context, method string, params []byte) (jsonrpc.Message, error)
}

// Server is the session behind a Gate.
type Server interface {
	Asker
	// Handle takes a message for the server; it does not block.
	Handle(m jsonrpc.Message)
	// Owns reports whether calls to that tool, alone in a message and of a revision
	// before 2026-07-28, are answered by the bridge itself.
	Owns(tool string) bool
	// Go runs work that the end of the session waits for.
	Go(work func())
}

// Gate governs the messages of one client. Handle must be called from one
// goroutine, in the order of the client's messages; Emit is safe for concurrent
// use.
type Gate struct {
	*Governor
	out    func(raw []byte)
	server Server // nil for a visitor
	asker  Asker  // the server, or what a visitor asks through
	tools  *Tools
	limits *limits
	// visitor says that the gate is for one message; user is whose it is, "" where
	// there is but one.
	visitor bool
	user    string
	ctx     context.Context
	asking  context.Context // ends when the client cannot answer any more
	hangUp  context.CancelFunc

	handing sync.Mutex // one message at a time goes to the server

	mu          sync.Mutex
	open        map[string]*exchange            // by id, until answered
	questions   map[string]chan jsonrpc.Message // of the bridge's own, by id
	elicitation []byte                          // the client's capability, of its initialize
	client      string                          // what it calls itself
	spoken      string                          // the revision that was agreed on
}

// Serve says which session is behind the gate.
func (c *Gate) Serve(s Server) { c.server, c.asker = s, s }

// Close says that the client answers no more questions.
func (c *Gate) Close() { c.hangUp() }

// Handle takes the client's next message. It does not block.
func (c *Gate) Handle(m jsonrpc.Message) {
	switch {
	case m.Method == "notifications/cancelled" && m.ID == nil && c.withdraw(m):
		return
	case m.Batch == nil && m.IsResponse() && c.answered(m):
		return
	case m.Method == "initialize":
		c.mu.Lock()
		c.elicitation = jsonrpc.Value(m.Params, "capabilities", "elicitation")
		c.client = clientName(jsonrpc.Value(m.Params, "clientInfo"))
		c.mu.Unlock()
	}
	x := c.begin(m)
	if x == nil {
		return
	}
	if x.undecided() {
		c.server.Go(func() {
			c.inquire(x)
			c.conclude(x)
		})
		return
	}
	c.conclude(x)
}

// conclude forwards the exchange or answers it.
func (c *Gate) conclude(x *exchange) {
	withdrawn, handed := c.release(x)
	switch {
	case withdrawn:
	case handed:
		c.handing.Lock()
		defer c.handing.Unlock()
		c.server.Handle(x.message)
	default:
		c.server.Go(func() { // out may block, Handle must not
			if answer := c.refuse(x); answer != nil {
				c.out(answer)
			}
		})
	}
}

// release reports whether an exchange goes to the server, as all of it may pass, or
// was withdrawn meanwhile.
func (c *Gate) release(x *exchange) (withdrawn, handed bool) {
	c.mu.Lock()
	withdrawn = x.withdrawn
	x.handed = !withdrawn && x.denied() == nil
	handed = x.handed
	for _, p := range x.parts {
		p.sent = handed
	}
	c.mu.Unlock()
	if withdrawn {
		for _, p := range x.parts {
			c.record(p, nil, 0)
		}
	}
	return withdrawn, handed
}

// withdraw takes back a request that was not handed on yet, and reports whether
// the cancel was for such a one. It is answered no more, as MCP wants it.
func (c *Gate) withdraw(cancel jsonrpc.Message) bool {
	id := jsonrpc.Value(cancel.Params, "requestId")
	c.mu.Lock()
	defer c.mu.Unlock()
	x := c.open[string(id)]
	if x == nil || x.handed || len(x.parts) > 1 {
		return false
	}
	x.withdrawn = true
	close(x.gone)
	delete(c.open, string(id))
	return true
}

// Emit takes a message for the client from the session.
func (c *Gate) Emit(raw []byte) {
	m, err := jsonrpc.Parse(raw)
	if err != nil { // not after the session has read it
		c.log.Error("dropping a message for the client that cannot be read", "err", err)
		return
	}
	c.Deliver(m)
}

// Deliver is Emit for a message that was read already.
func (c *Gate) Deliver(m jsonrpc.Message) {
	if passed := c.Pass(m); passed != nil {
		c.out(passed)
	}
}

// Pass returns what the client gets to see of a message of the server, or of a batch:
// its own bytes, or others, or nil for nothing.
func (c *Gate) Pass(m jsonrpc.Message) []byte {
	if m.Batch == nil {
		return c.pass(m)
	}
	var elements [][]byte
	changed := false
	for _, element := range m.Batch {
		passed := c.pass(element)
		changed = changed || passed == nil || &passed[0] != &element.Raw[0]
		if passed != nil {
			elements = append(elements, passed)
		}
	}
	switch {
	case !changed:
		return m.Raw
	case len(elements) > 0:
		return array(elements)
	}
	return nil
}

func (c *Gate) pass(m jsonrpc.Message) (out []byte) {
	if !m.IsResponse() {
		if m.Method == "notifications/tools/list_changed" {
			c.tools.Expire()
		}
		if c.secrets.Results == policy.SecretOff {
			return m.Raw
		}
		raw, _ := redact.Places(m.Raw, telling[m.Method])
		return raw
	}
	p := c.take(m.ID)
	if p == nil {
		if c.policy.Silent() {
			return m.Raw
		}
		if m.Error != nil { // of a line that was no message
			if c.secrets.Results == policy.SecretOff {
				return m.Raw
			}
			raw, _ := redact.Places(m.Raw, masking)
			return raw
		}
		if c.visitor {
			c.log.Warn("not showing a result of an unknown request", "id", refusal.Quote(string(m.ID)), "user", c.user)
			return unjudged(m.ID)
		}
		c.log.Error("dropping a result that nobody asked for", "id", string(m.ID))
		return nil
	}
	defer func() { // whatever happens, the request is answered, and not with what was not checked
		if fault := recover(); fault != nil {
			c.log.Error("a fault of ucbridge", "method", p.request.Method, "fault", fault)
			out = refusal.New(refusal.InternalFault, "A fault of ucbridge kept the answer from being checked.").Response(m.ID)
		}
	}()
	return c.finish(p, m)
}

// finish returns what the client sees of the answer to one request, and records it.
func (c *Gate) finish(p *part, m jsonrpc.Message) []byte {
	out := c.finished(p, m)
	c.record(p, &m, len(out))
	return out
}

func (c *Gate) finished(p *part, m jsonrpc.Message) []byte {
	method := p.request.Method
	if c.policy.Silent() {
		return m.Raw
	}
	if _, isList := lists[method]; isList && m.Result != nil {
		filtered, err := c.filter(p.request, m)
		if err != nil {
			c.log.Warn("a list of the server cannot be read, it is not shown", "method", method, "err", err)
			return unreadableList(err).Response(p.request.ID)
		}
		return filtered
	}
	if method == "initialize" && m.Result != nil {
		c.mu.Lock()
		c.spoken = jsonrpc.Text(m.Result, "protocolVersion")
		c.mu.Unlock()
		return m.Raw
	}
	out := c.carryOn(p, m)
	if c.secrets.Results != policy.SecretOff {
		var kinds []string
		out, kinds = redact.Places(out, masking)
		p.secrets = append(p.secrets, kinds...)
	}
	return c.shorten(p, out)
}

// revision is the one that client and server have agreed on.
func (c *Gate) revision() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.spoken
}

// take ends the waiting for the answer to a request, and returns the request.
func (c *Gate) take(id jsonrpc.ID) *part {
	c.mu.Lock()
	defer c.mu.Unlock()
	x := c.open[string(id)]
	if x == nil {
		if x = c.only(id); x == nil {
			return nil
		}
		for asked := range c.open {
			id = jsonrpc.ID(asked)
		}
	}
	delete(c.open, string(id))
	for _, p := range x.parts {
		if p.request.ID.Is(id) {
			return p
		}
	}
	return nil
}

// Ended says that the session has done with a message, whether it was answered or,
// as after a cancel, was not.
func (c *Gate) Ended(m jsonrpc.Message) {
	var ended []*part
	c.mu.Lock()
	requests := m.Batch
	if requests == nil {
		requests = []jsonrpc.Message{m}
	}
	for _, r := range requests {
		id := string(r.ID)
		if x := c.open[id]; x != nil && &x.message.Raw[0] == &m.Raw[0] { // not a later one of the same id
			delete(c.open, id)
			for _, p := range x.parts {
				if p.request.ID.Is(r.ID) {
					ended = append(ended, p)
				}
			}
		}
	}
	c.mu.Unlock()
	for _, p := range ended {
		c.record(p, nil, 0)
	}
}

// Traced notes what a message that was handed to the server is known by elsewhere.
func (c *Gate) Traced(m jsonrpc.Message, t Trace) {
	c.mu.Lock()
	defer c.mu.Unlock()
	requests := m.Batch
	if requests == nil {
		requests = []jsonrpc.Message{m}
	}
	for _, r := range requests {
		x := c.open[string(r.ID)]
		if x == nil || &x.message.Raw[0] != &m.Raw[0] {
			continue
		}
		for _, p := range x.parts {
			p.trace = t
		}
	}
}

func array(elements [][]byte) []byte {
	raw := []byte{'['}
	for i, element := range elements {
		if i > 0 {
			raw = append(raw, ',')
		}
		raw = append(raw, element...)
	}
	return append(raw, ']')
}
