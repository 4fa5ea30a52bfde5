package session

import (
	"context"
	"errors"
	"log/slog"

	"ucbridge/bridge/guard"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
)

// inbound hands the server's messages to the client, and ends the client's
// requests: each one once, by the server's response or by an error.
type inbound struct {
	client    Client
	log       *slog.Logger
	edits     *edits
	timeouts  *timeouts
	silences  silences
	pending   pending   // the client's requests
	questions questions // the server's
	// decline tells the server that a question of its own is not put to the client.
	decline func(id jsonrpc.ID)
}

// origin is where a message of the server came from.
type origin struct {
	x       *exchange // on whose stream it came, nil for the GET stream and for answers to notifications
	version string    // the revision of the conversation
	// refusal says that it came under an HTTP status of failure.
	refusal bool
}

// deliver hands one message of the server to the client. It reports whether nobody holds
// anything of the message any more.
func (in *inbound) deliver(m jsonrpc.Message, from origin) (spent bool) {
	switch {
	case m.Batch != nil:
		in.deliverBatch(m, from)
	case m.IsResponse():
		return in.deliverResponse(m, from)
	case m.IsRequest():
		in.ask(m, from.x)
	default:
		if m.Method == mcp.Cancelled { // the server's own: it no longer wants an answer
			in.questions.drop(jsonrpc.Value(m.Params, "requestId"))
		}
		in.client.Deliver(from.x.mark(m))
	}
	return false
}

// deliverBatch hands over an array: whole where the revision has arrays and each
// response in it is the first to its request, message by message elsewhere.
func (in *inbound) deliverBatch(m jsonrpc.Message, from origin) {
	ended, whole := in.claim(m.Batch, from)
	if whole {
		in.client.Emit(m.Raw)
		for _, c := range ended {
			c.done()
		}
		return
	}
	for i, element := range m.Batch {
		if c := ended[i]; c != nil {
			in.give(c, element)
		} else if !element.IsResponse() {
			in.deliver(element, from)
		}
	}
}

// claim ends the requests that the responses of a batch answer, and returns them
// by the place of the response. It reports whether the batch may be handed over as
// it is.
func (in *inbound) claim(batch []jsonrpc.Message, from origin) (ended map[int]*call, whole bool) {
	ended, whole = make(map[int]*call), mcp.HasBatches(from.version)
	for i, element := range batch {
		if !element.IsResponse() {
			whole = whole && !element.IsRequest()
			continue
		}
		if c := in.find(element, from); c != nil && c.end() {
			ended[i] = c
			whole = whole && c.id.Is(element.ID)
			continue
		}
		in.log.Warn("dropping a response of the server that answers no open request", "id", string(element.ID))
		whole = false
	}
	return ended, whole
}

func (in *inbound) deliverResponse(m jsonrpc.Message, from origin) (spent bool) {
	c := in.find(m, from)
	if c == nil && m.Error != nil && from.x != nil && len(from.x.calls) > 1 && (from.refusal || m.ID == nil || m.ID.IsNull()) {
		in.refuseAll(from.x, m)
		return false
	}
	if c == nil && from.x != nil && len(from.x.strays) < maxStrays {
		from.x.strays = append(from.x.strays, m)
		return false
	}
	if c == nil || !c.end() {
		in.log.Warn("dropping a response of the server that answers no open request", "id", string(m.ID))
		return false
	}
	in.give(c, m)
	if from.x != nil && from.x.open.Load() == 0 {
		in.passOn(from.x)
	}
	return c.spent
}

// refuseAll ends every open request of a batch with the one error that the server has
// for all of it: servers that take no arrays say so once.
func (in *inbound) refuseAll(x *exchange, m jsonrpc.Message) {
	for _, c := range x.calls {
		if c.end() {
			in.give(c, m)
		}
	}
}

// maxStrays bounds what is kept of the responses on one stream that answer nothing.
const maxStrays = 2

// settle ends the one request of x with the only response that came to its POST,
// whatever id that carries: servers were seen to lose large numbers and fractions, and
// to answer all requests under one id.
func (in *inbound) settle(x *exchange) {
	if len(x.calls) == 1 && len(x.strays) == 1 {
		if c := x.calls[0]; c.end() {
			in.give(c, x.strays[0])
		}
	}
}

// find returns the request that a response answers: one of its own exchange, which is
// the one that its id can only mean, or another one under way, where ids can be told
// apart.
func (in *inbound) find(m jsonrpc.Message, from origin) *call {
	if from.x == nil {
		return in.pending.find(m.ID)
	}
	if c := from.x.matchExactly(m.ID); c != nil {
		return c
	}
	alone := from.refusal && m.Error != nil
	if !alone && !m.ID.IsNull() && from.x.keepsIDs() {
		if c := in.pending.find(m.ID); c != nil {
			return c
		}
	}
	return from.x.match(m.ID, alone)
}

// passOn gives the responses under other ids that came before that of x to the
// requests under way that have these ids.
func (in *inbound) passOn(x *exchange) {
	for _, m := range x.strays {
		if c := in.pending.find(m.ID); c != nil && c.end() {
			in.give(c, m)
		}
	}
	x.strays = nil
}

// give hands a call its response; end has been called. Where that is at fault, the
// client still gets an answer.
func (in *inbound) give(c *call, m jsonrpc.Message) {
	defer c.done() // whatever happens: others wait for the end of the exchange
	guard.Run(in.log, func() { in.client.Reject(internalFault().Answer(c.request)) }, func() { c.take(m) })
}

// fail ends every request of x that is still open, with an error that err
// becomes. A request that the client has cancelled ends in silence, as MCP wants.
func (in *inbound) fail(x *exchange, err error) {
	for _, c := range x.calls {
		if !c.end() {
			continue
		}
		in.questions.dropOf(x)
		in.lose(c, err)
	}
}

// lose gives a call an error for its answer; end has been called.
func (in *inbound) lose(c *call, err error) {
	defer c.done()
	cause := context.Cause(c.exchange.ctx)
	if c.exchange.withdrawn.Load() || errors.Is(cause, errCancelled) {
		return
	}
	guard.Run(in.log, func() { in.client.Reject(internalFault().Answer(c.request)) }, func() {
		c.lost(in.silences.explain(failure(c, err, cause, in.timeouts), c.exchange.quiet()))
	})
}

// internalFault is the answer to a request that a fault of the bridge's own has ended.
func internalFault() *refusal.Error {
	return refusal.New(refusal.InternalFault, "A fault of ucbridge kept the request from being answered.")
}

// answer ends the one request of x with raw, a response that is not the server's.
func (in *inbound) answer(x *exchange, raw []byte) {
	if c := x.calls[0]; c.end() {
		in.client.Emit(raw)
		c.done()
	}
}
