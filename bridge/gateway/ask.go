package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/propagation"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/streamable"
)

// askTimeout bounds the questions of the gateway's own about one request.
const askTimeout = 30 * time.Second

// asker asks the server what the policy must know to rule on a caller's request: in
// the caller's name and session, on the same transport.
type asker struct {
	x     *exchange
	until time.Time
}

func (x *exchange) asker() asker {
	wait := askTimeout
	if x.g.opts.CallTimeout > 0 {
		wait = min(wait, x.g.opts.CallTimeout)
	}
	return asker{x, time.Now().Add(wait)}
}

// notServed is the server's refusal to be asked, which the caller's own request would
// have met as well, such as of a session that is gone.
type notServed struct {
	status            int
	contentType, body string
}

func (e *notServed) Error() string { return fmt.Sprintf("the server answers with HTTP %d", e.status) }

// Ask implements govern.Asker. Others of the user's may wait for the answer too, so
// it does not end with the caller's request, but no later than ctx has it.
func (a asker) Ask(ctx context.Context, method string, params []byte) (jsonrpc.Message, error) {
	until := a.until
	if by, bounded := ctx.Deadline(); bounded && by.Before(until) {
		until = by
	}
	ctx, cancel := context.WithDeadline(a.x.caller.Sign(context.WithoutCancel(ctx)), until)
	defer cancel()
	question, err := streamable.NewRequest(jsonrpc.OwnID(), method, params)
	if err != nil {
		return jsonrpc.Message{}, fmt.Errorf("asking the server: %w", err)
	}
	answer, err := a.pose(ctx, question)
	if rerouted(err) {
		answer, err = a.pose(ctx, question)
	}
	return answer, err
}

func (a asker) pose(ctx context.Context, question jsonrpc.Message) (jsonrpc.Message, error) {
	client := streamable.Client{URL: a.x.transport.URL(), RoundTripper: a.x.transport, MaxMessage: a.x.g.opts.MaxMessage}
	conv := streamable.Conversation{Session: a.x.session.id, Version: a.x.r.Header.Get("Mcp-Protocol-Version")}
	header := make(map[string]string)
	if mcp.Revision(question) != "" {
		header = new(streamable.Headers).Of(question)
	}
	a.x.operation.Inject(propagation.MapCarrier(header))
	reply, err := client.Call(ctx, conv, question, header)
	status, plain := errors.AsType[*streamable.StatusError](err)
	switch {
	case plain && status.Status >= http.StatusBadRequest:
		err = &notServed{status.Status, status.ContentType, status.Body}
	case err == nil && reply.Status >= http.StatusBadRequest && !reply.ID.Is(question.ID):
		err = &notServed{reply.Status, "application/json", string(reply.Raw)}
	}
	return reply.Message, err
}

// failAsked answers a request that could not be ruled on as it would have been
// answered had it been sent, and reports whether that can be told.
func (x *exchange) failAsked(err error) bool {
	if refused, ok := errors.AsType[*notServed](err); ok {
		x.out.header().Set("Content-Type", refused.contentType)
		x.out.whole(refused.status, []byte(refused.body))
		return true
	}
	refused, ok := errors.AsType[*refusal.Error](err)
	if ok {
		x.refuse(refused)
	}
	return ok
}
