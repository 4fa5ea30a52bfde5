package session

import (
	"context"
	"errors"
	"log/slog"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
)

// inbound hands the server's messages to the client, and ends the client's
// requests: each one once, by the server's response or by an error.
type inbound struct {
	client    Client
	log       *slog.Logger
	edits     *edits
	timeouts  *timeouts
	pending   pending   // the client's requests
	questions questions // the server's
}

// origin is where a message of the server came from.
type origin struct {
	x       *exchange // on whose stream it came, nil for the GET stream and for answers to notifications
	version string    // the revision of the conversation
}

// deliver hands one message of the server to the client.
func (in *inbound) deliver(m jsonrpc.Message, from origin) {
	switch {
	case m.Batch != nil:
		in.deliverBatch(m, from)
	case m.IsResponse():
		in.deliverResponse(m, from)
	case m.IsRequest():
		in.ask(m, from.x)
	default:
		if m.Method == mcp.Cancelled { // the server's own: it no longer wants an answer
			in.questions.drop(jsonrpc.Value(m.Params, "requestId"))
		}
		in.client.Emit(m.Raw)
	}
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
			c.take(element)
			c.done()
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
		if c := in.find(element.ID, from.x); c != nil && c.end() {
			ended[i] = c
			whole = whole && c.id.Is(element.ID)
			continue
		}
		in.log.Warn("dropping a response of the server that answers no open request", "id", string(element.ID))
		whole = false
	}
	return ended, whole
}

func (in *inbound) deliverResponse(m jsonrpc.Message, from origin) {
	c := in.find(m.ID, from.x)
	if c == nil || !c.end() {
		in.log.Warn("dropping a response of the server that answers no open request", "id", string(m.ID))
		return
	}
	c.take(m)
	c.done()
}

// find returns the request that a response answers: one of its own exchange, or,
// where a stream was resumed elsewhere, another one under way.
func (in *inbound) find(id jsonrpc.ID, x *exchange) *call {
	if x != nil {
		if c := x.match(id); c != nil {
			return c
		}
	}
	return in.pending.find(id)
}

// fail ends every request of x that is still open, with an error that err
// becomes. A request that the client has cancelled ends in silence, as MCP wants.
func (in *inbound) fail(x *exchange, err error) {
	for _, c := range x.calls {
		if !c.end() {
			continue
		}
		func() {
			defer c.done() // whatever happens: others wait for the end of x
			if cause := context.Cause(x.ctx); !x.withdrawn.Load() && !errors.Is(cause, errCancelled) {
				c.lost(failure(c, err, cause, in.timeouts))
			}
		}()
	}
}

// answer ends the one request of x with raw, a response that is not the server's.
func (in *inbound) answer(x *exchange, raw []byte) {
	if c := x.calls[0]; c.end() {
		in.client.Emit(raw)
		c.done()
	}
}
