package govern

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
)

// Server is the session behind a Gate.
type Server interface {
	Asker
	// Handle takes a message for the server; it does not block.
	Handle(m jsonrpc.Message)
	// Owns reports whether calls to that tool, alone in a message and of a revision
	// before 2026-07-28, are answered by the bridge itself.
	Owns(tool string) bool
	// Go runs work for a message of the client, which the end of the session waits
	// for. Where the work panics, the requests of the message are answered.
	Go(m jsonrpc.Message, work func())
}

// Gate is a Filter between a client that stays, as over stdio, and its session: the
// client's messages go in by Handle, the session's by Emit and Deliver. Where a ruling
// takes its time, later messages do not wait for it. Handle must be called from one
// goroutine, in the order of the client's messages; everything else is safe for
// concurrent use.
type Gate struct {
	filter  *Filter
	server  Server
	out     func(raw []byte, within jsonrpc.ID)
	pass    func(m jsonrpc.Message)
	prompts prompts
	ctx     context.Context
	forget  func()

	handing sync.Mutex // one message at a time goes to the server

	// unjudged says that messages have passed while nothing was governed, whose answers
	// may come later.
	unjudged atomic.Bool
}

// Gate returns the gate of one client that stays. Messages of the server that pass as they
// came go to pass, all others to out, from many goroutines; within is the request that a
// question or a notification is about, nil where that is not known. Serve must be called
// before any message comes.
func (g *Governor) Gate(ctx context.Context, tools *Tools, pass func(m jsonrpc.Message), out func(raw []byte, within jsonrpc.ID)) *Gate {
	c := &Gate{ctx: ctx, pass: pass, out: out, filter: &Filter{g: g, tools: tools, lists: new(lists), limits: new(limits), caller: askedCaller(g.who)}}
	c.filter.stray, c.filter.wait = c.stray, c.wait
	c.filter.prompt = func(x *exchange, form []byte) bool {
		return c.prompts.ask(func(raw []byte) { out(raw, x.message.ID) }, x.gone, form)
	}
	c.prompts.init(ctx)
	c.forget = c.filter.Subscribe(func(raw []byte) { out(raw, nil) })
	return c
}

// Serve says which session is behind the gate.
func (c *Gate) Serve(s Server) {
	c.server, c.filter.server, c.filter.isLocal = s, s, s.Owns
}

// Close says that the client answers no more questions.
func (c *Gate) Close() {
	c.prompts.close()
	c.forget()
}

// Handle takes the client's next message. It does not block.
func (c *Gate) Handle(m jsonrpc.Message) {
	switch {
	case m.Method == mcp.Cancelled && m.ID == nil && c.filter.open.withdraw(m):
		return
	case m.Batch == nil && m.IsResponse() && c.prompts.answer(m):
		return
	}
	if c.filter.g.Idle() {
		if m.Method == mcp.Initialize {
			c.filter.client.learn(m)
		}
		c.unjudged.Store(true)
		c.server.Handle(m)
		return
	}
	x := c.filter.begin(m)
	if x == nil {
		return
	}
	if x.takesTime() {
		c.server.Go(m, func() {
			c.filter.decide(c.ctx, x)
			c.conclude(x)
		})
		return
	}
	c.conclude(x)
}

// conclude forwards the exchange or answers it.
func (c *Gate) conclude(x *exchange) {
	withdrawn, handed := c.filter.release(x)
	switch {
	case withdrawn:
	case handed:
		c.handing.Lock()
		defer c.handing.Unlock()
		c.server.Handle(x.message)
	default:
		c.server.Go(x.message, func() { // out may block, Handle must not
			if answer := c.filter.refuse(x); answer != nil {
				c.out(answer, nil)
			}
		})
	}
}

// Emit takes a message for the client from the session.
func (c *Gate) Emit(raw []byte) {
	if c.filter.g.Idle() {
		c.out(raw, nil)
		return
	}
	m, err := jsonrpc.Parse(raw)
	if err != nil { // not after the session has read it
		c.filter.g.log.Error("dropping a message for the client that cannot be read", "err", err)
		return
	}
	c.Deliver(m)
}

// Deliver is Emit for a message that was read already. Nothing is kept of the answer to
// a call.
func (c *Gate) Deliver(m jsonrpc.Message) {
	if c.filter.g.Idle() {
		c.pass(m)
		return
	}
	if c.filter.g.Broken() != nil && asksUser(m) {
		for _, question := range mcp.Messages(m) {
			c.turnAway(question)
		}
		return
	}
	switch passed := c.filter.Pass(m); {
	case passed == nil:
	case &passed[0] == &m.Raw[0] && len(passed) == len(m.Raw):
		c.pass(m)
	default:
		c.out(passed, m.Within)
	}
}

// wait hands over the answer to a request when work has made it: whoever brought the one
// before may be what the server's next answer has to come by.
func (c *Gate) wait(p *part, work func(context.Context) []byte) []byte {
	ctx, cancel := context.WithCancel(c.ctx)
	x := c.filter.open.reopen(p, cancel)
	c.server.Go(p.request, func() {
		defer cancel()
		defer c.filter.open.drop(x) // where work panics
		answer := work(ctx)
		if c.filter.open.drop(x) { // else the client has withdrawn it
			c.out(answer, nil)
		}
	})
	return nil
}

// asksUser reports whether a message of the server holds a request of its own, a ping
// aside: what the client says to it would be held back.
func asksUser(m jsonrpc.Message) bool {
	return slices.ContainsFunc(mcp.Messages(m), func(e jsonrpc.Message) bool {
		return !e.IsResponse() && e.ID != nil && !keepsConnected(e.Method)
	})
}

// turnAway answers a question of the server's in the client's place, while the policy
// cannot be read; whatever else came with it is delivered.
func (c *Gate) turnAway(m jsonrpc.Message) {
	if !asksUser(m) {
		c.Deliver(m)
		return
	}
	c.filter.g.log.Warn("the server's question is not shown, because the policy cannot be read", "method", refusal.Quote(m.Method))
	answer := jsonrpc.MustParse(refusal.New(refusal.PolicyUnreadable, "The question was blocked by ucbridge policy.").Response(m.ID))
	c.server.Go(answer, func() { // the session may be waiting for us
		c.handing.Lock()
		defer c.handing.Unlock()
		c.server.Handle(answer)
	})
}

// Ended says that the session has done with a message.
func (c *Gate) Ended(m jsonrpc.Message) { c.filter.Ended(m) }

// Traced notes what a message that was handed to the session is known by elsewhere.
func (c *Gate) Traced(m jsonrpc.Message, t Trace) { c.filter.Traced(m, t) }

// stray drops a result whose request is not known, unless it may have been sent before
// there were rules.
func (c *Gate) stray(m jsonrpc.Message) (*part, []byte) {
	if c.unjudged.Load() {
		out, _ := c.filter.rules().masked(m.Raw)
		return nil, out
	}
	c.filter.g.log.Error("dropping a result that nobody asked for", "id", string(m.ID))
	return nil, nil
}
