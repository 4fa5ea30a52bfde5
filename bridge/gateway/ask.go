package gateway

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"go.opentelemetry.io/otel/propagation"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/streamable"
)

// longestAsk bounds the questions of the gateway's own about one request.
const longestAsk = 30 * time.Second

// asker asks the server what the policy must know to rule on a caller's request: in
// the caller's name and session, on the same transport.
type asker struct {
	*exchange
	until time.Time
}

func (x *exchange) asker() asker {
	wait := longestAsk
	if x.CallTimeout > 0 {
		wait = min(wait, x.CallTimeout)
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
// it does not end with the caller's request.
func (a asker) Ask(ctx context.Context, method string, params []byte) (jsonrpc.Message, error) {
	ctx, cancel := context.WithDeadline(context.WithoutCancel(ctx), a.until)
	defer cancel()
	quoted, err := jsontext.AppendQuote(nil, method)
	if err != nil {
		return jsonrpc.Message{}, fmt.Errorf("asking the server: %w", err)
	}
	question, err := jsonrpc.Parse(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":"ucbridge-ask-%s","method":%s,"params":%s}`, rand.Text(), quoted, params))
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
	client := streamable.Client{URL: a.transport.URL(), RoundTripper: a.transport, MaxMessage: a.MaxMessage}
	post := streamable.Post{
		Conversation: streamable.Conversation{Session: a.r.Header.Get("Mcp-Session-Id"), Version: a.r.Header.Get("Mcp-Protocol-Version")},
		Body:         question.Raw, Header: make(map[string]string),
	}
	if post.Final = mcp.Revision(question) != ""; post.Final {
		post.Header = new(streamable.Headers).Of(question)
	}
	traceContext.Inject(a.traced, propagation.MapCarrier(post.Header))
	answer, err := client.Send(ctx, post)
	if err != nil {
		return jsonrpc.Message{}, err
	}
	defer answer.Finish()
	for m, err := range answer.Messages() {
		status, plain := errors.AsType[*streamable.StatusError](err)
		switch {
		case plain && status.Status >= http.StatusBadRequest:
			return m, &notServed{status.Status, status.ContentType, status.Body}
		case err != nil:
			return m, err
		case answer.Status >= http.StatusBadRequest && !m.ID.Is(question.ID):
			return m, &notServed{answer.Status, "application/json", string(m.Raw)}
		case m.IsResponse() && m.ID.Is(question.ID):
			answer.Settle()
			return m, nil
		}
	}
	return jsonrpc.Message{}, errors.New("the server's answer holds no response")
}

// failAsked answers a request that could not be ruled on as it would have been
// answered had it been sent, and reports whether that can be told.
func (x *exchange) failAsked(err error) bool {
	if refused, ok := errors.AsType[*notServed](err); ok {
		x.w.Header().Set("Content-Type", refused.contentType)
		x.answer(refused.status, []byte(refused.body))
		return true
	}
	refused, ok := errors.AsType[*refusal.Error](err)
	if ok {
		x.refuse(refused)
	}
	return ok
}
