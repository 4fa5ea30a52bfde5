package gateway

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
)

// post carries one message, and its answer back.
func (x *exchange) post() {
	if !isJSON(x.r.Header.Get("Content-Type")) {
		x.refuse(refusal.New(refusal.MediaTypeRefused, "Content-Type must be application/json.").
			WithHint("Content-Type: application/json"))
		return
	}
	raw, refused := x.read(x.g.opts.MaxMessage)
	if refused == nil {
		x.message, refused = refusal.Body.Parse(raw)
		x.beginOperation()
	}
	if refused != nil {
		x.refuseMalformed(raw, refused)
		return
	}
	if x.session.foreign && x.message.Method != mcp.Initialize { // which begins another one
		x.refuseForeign()
		return
	}
	beside := len(mcp.Messages(x.message)) - 1
	if refused = x.limits.more(x.caller.Name, beside); refused != nil {
		x.refuse(refused)
		return
	}
	x.beside = max(beside, 0)
	ctx, answered := x.g.untilAnswered(x.r.Context(), &x.timeout)
	defer answered()
	if x.message.Method == mcp.Listen {
		if x.message.ID == nil {
			x.refuse(refusal.New(refusal.InvalidRequest, "%s is a request, but has no id.", mcp.Listen))
			return
		}
		if refused = x.subscribe(); refused != nil {
			x.refuse(refused)
			return
		}
		answered()
		x.listen()
		return
	}
	if !x.govern(ctx) {
		return
	}
	x.out.keepAlive(x.message, x.r.Header, x.g.timers)
	resp, err := x.send(ctx, x.body())
	if rerouted(err) {
		resp, err = x.send(ctx, x.body())
	}
	x.out.answerBegins()
	answered()
	if err != nil {
		x.fail(ctx, err)
		return
	}
	x.pass(resp)
}

// isJSON reports whether a media type is JSON's. Most are spelled as here.
func isJSON(mediaType string) bool {
	if mediaType == "application/json" {
		return true
	}
	kind, _, err := mime.ParseMediaType(mediaType)
	return err == nil && kind == "application/json"
}

// keepAlive answers a call whose answer has not begun after a while with an event
// stream, where the caller takes one: silence is cut on the way. It ends with
// answerBegins. An initialize is not one of these, since its answer has the session in
// its head.
func (r *response) keepAlive(m jsonrpc.Message, caller http.Header, timers *coarseTimers) {
	if m.Method != mcp.Initialize && mcp.WantsAnswer(m) && acceptsEvents(caller) {
		r.streamAfter(timers)
	}
}

func acceptsEvents(h http.Header) bool {
	for _, accept := range h["Accept"] {
		if strings.Contains(strings.ToLower(accept), eventStream) {
			return true
		}
	}
	return false
}

// body is the message as it goes on: as it came, but for capabilities of the
// client that the transport cannot carry.
func (x *exchange) body() []byte {
	raw := x.message.Raw
	if x.message.Method == mcp.Initialize && x.transport.Buffered() {
		raw = mcp.TrimCapabilities(raw)
	}
	return x.given(raw)
}

// subscribe counts the request as the stream that it opens.
func (x *exchange) subscribe() *refusal.Error {
	if refused := x.limits.subscribe(x.caller.Name); refused != nil {
		return refused
	}
	x.g.metrics.inFlight(false).Add(-1)
	x.g.metrics.inFlight(true).Add(1)
	x.stream = true
	return nil
}

// listen opens a subscription.
func (x *exchange) listen() {
	ctx, cancel := x.g.untilDraining(x.r.Context())
	defer cancel()
	if !x.govern(ctx) {
		return
	}
	if x.transport.Buffered() {
		x.holdEmpty(ctx)
		return
	}
	resp, err := x.send(ctx, x.given(x.message.Raw))
	switch {
	case rerouted(err):
		x.holdEmpty(ctx)
	case err != nil:
		x.fail(ctx, err)
	default:
		x.pass(resp)
	}
}

// holdEmpty holds a subscription open that can bring nothing, since the transport
// delivers answers whole, until its caller or the gateway ends it.
func (x *exchange) holdEmpty(ctx context.Context) {
	x.out.stream(http.StatusOK)
	if x.out.piece(event(mcp.EmptyAcknowledgement(x.message.ID)), true) != nil {
		return
	}
	<-ctx.Done()
	if x.r.Context().Err() == nil {
		_ = x.out.piece(event(mcp.SubscriptionEnd(x.message.ID)), true) // the caller may be gone
	}
}

// event is a message as an event, in one line: the next one would be another field.
func event(message []byte) []byte {
	line, _ := jsonrpc.OneLine(message)
	return fmt.Appendf(nil, "event: message\ndata: %s\n\n", line)
}

// get opens the stream of a session, or resumes one that broke. A transport that
// delivers answers whole carries no stream without an end, but may carry the rest
// of an answer.
func (x *exchange) get() {
	ctx, cancel := x.g.untilDraining(x.r.Context())
	defer cancel()
	resumes := x.r.Header.Get("Last-Event-Id") != ""
	if x.transport.Buffered() && !resumes {
		x.refuseMethod("POST, DELETE")
		return
	}
	if x.transport.Buffered() { // the rest of an answer comes whole, and has to come
		var answered func()
		ctx, answered = x.g.untilAnswered(ctx, &x.timeout)
		defer answered()
	}
	if !x.governStream() {
		return
	}
	resp, err := x.send(ctx, nil)
	if rerouted(err) && resumes {
		resp, err = x.send(ctx, nil)
	}
	switch {
	case rerouted(err):
		x.refuseMethod("POST, DELETE")
	case err != nil:
		x.fail(ctx, err)
	default:
		x.pass(resp)
	}
}

// delete ends a session at the server.
func (x *exchange) delete() {
	ctx := x.r.Context()
	resp, err := x.send(ctx, nil)
	if rerouted(err) {
		resp, err = x.send(ctx, nil)
	}
	if err != nil {
		x.fail(ctx, err)
		return
	}
	x.pass(resp)
}

// rerouted reports whether a request was not delivered because the transport has turned
// to another route.
func rerouted(err error) bool {
	e, ok := errors.AsType[*refusal.Error](err)
	return ok && e.Data.Reason == refusal.RouteChanged
}

// untilDraining returns the context of a stream: it ends with the gateway, and
// its client opens it again elsewhere.
func (g *Gateway) untilDraining(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(parent)
	stop := context.AfterFunc(g.draining, cancel)
	return ctx, func() { stop(); cancel() }
}

// errNoAnswer ends an exchange whose answer did not begin in time.
var errNoAnswer = errors.New("no answer in time")

// untilAnswered returns the context of a call, which timer bounds, and what to call once
// its answer has begun.
func (g *Gateway) untilAnswered(parent context.Context, timer *coarseTimer) (context.Context, func()) {
	if g.opts.CallTimeout == 0 {
		return parent, func() {}
	}
	ctx, cancel := context.WithCancelCause(parent)
	g.timers.start(timer, g.opts.CallTimeout, func() { cancel(errNoAnswer) })
	return ctx, func() { g.timers.stop(timer) }
}
