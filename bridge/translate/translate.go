// Package translate lets a client of the old era, which begins with initialize, use a
// server that speaks nothing but the new one (2026-07-28), which has no handshake
// and no session.
//
// It stands between session and streamable and is transparent: messages go through
// it as they are, until a server refuses initialize and answers server/discover.
// From then on it is to the session what a server of the old era would be, and to
// the server what a client of the new one has to be:
//
//	initialize                       server/discover; an InitializeResult made of the answer
//	any request                      the same with _meta: revision, capabilities, client, log level
//	a server's request to the client input_required, then the call again with inputResponses
//	the GET stream                   subscriptions/listen for the lists that change
//	resources/(un)subscribe          subscriptions/listen for the resource
//	notifications/cancelled          the call's stream closed
//	logging/setLevel, ping           answered here
//
// Messages of the new era, which a client of both may send beside, stay as they are.
package translate

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"net/http"
	"sync/atomic"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/streamable"
)

// Translator carries the messages of one client to one server. It has the methods of
// streamable.Client, and is safe for concurrent use.
type Translator struct {
	client   *streamable.Client
	buffered func() bool
	log      *slog.Logger
	// inUse is the translation since the last initialize, nil while none is needed.
	inUse atomic.Pointer[translation]
	// What a client that begins anew has left open still ends as it should.
	calls     calls
	questions questions
}

// New returns a translator before a server. buffered reports whether the way there
// delivers answers whole, so that the server can say nothing on its own.
func New(client *streamable.Client, buffered func() bool, log *slog.Logger) *Translator {
	return &Translator{client: client, buffered: buffered, log: log}
}

// Send carries one message, see streamable.Client.Send.
func (a *Translator) Send(ctx context.Context, p streamable.Post) (*streamable.Answer, error) {
	t := a.inUse.Load()
	isFirst := p.Conversation == (streamable.Conversation{})
	if p.Final || t == nil && !isFirst {
		return a.client.Send(ctx, p)
	}
	m, err := jsonrpc.Parse(p.Body)
	switch {
	case err != nil: // cannot be: it was parsed before
		return a.client.Send(ctx, p)
	case m.Method == mcp.Initialize:
		return a.initialize(ctx, p)
	case t == nil:
		return a.client.Send(ctx, p)
	}
	if p.Written != nil {
		defer p.Written()
	}
	return t.send(ctx, p, m)
}

// Listen yields what the server says on its own, see streamable.Client.Listen.
func (a *Translator) Listen(ctx context.Context, conv streamable.Conversation, opened func()) iter.Seq2[jsonrpc.Message, error] {
	if t := a.inUse.Load(); t != nil {
		return t.listen(ctx, opened)
	}
	return a.client.Listen(ctx, conv, opened)
}

// Delete ends a session, which a server of the new era does not have.
func (a *Translator) Delete(ctx context.Context, conv streamable.Conversation) error {
	if a.inUse.Load() != nil {
		return nil
	}
	return a.client.Delete(ctx, conv)
}

// send answers or carries one message of the old era.
func (t *translation) send(ctx context.Context, p streamable.Post, m jsonrpc.Message) (*streamable.Answer, error) {
	switch {
	case m.Batch != nil:
		return t.sendBatch(ctx, p, m)
	case m.IsResponse():
		t.shared.questions.answer(m)
		return accepted(), nil
	case m.IsNotification():
		return t.notify(ctx, p, m)
	}
	switch m.Method {
	case "ping":
		return granted(m.ID), nil
	case "logging/setLevel":
		return t.setLevel(m), nil
	case "resources/subscribe":
		return t.subscribe(ctx, m)
	case "resources/unsubscribe":
		t.streams.remove(jsonrpc.Text(m.Params, "uri"), nil)
		return granted(m.ID), nil
	}
	return t.call(ctx, p, m)
}

// sendBatch carries the messages of an array (2025-03-26) one after the other. What
// is refused behind the first one is told in the answer to it: an error would end the
// array, and might let the session repeat it with all that has run.
func (t *translation) sendBatch(ctx context.Context, p streamable.Post, batch jsonrpc.Message) (*streamable.Answer, error) {
	return streamable.Compose(http.StatusOK, func(yield func(jsonrpc.Message, error) bool) {
		for i, m := range batch.Batch {
			answer, err := t.send(ctx, p, m)
			if e, ok := errors.AsType[*refusal.Error](err); ok && i > 0 {
				if !m.IsRequest() {
					continue
				}
				answer, err = refused(m.ID, e), nil
			}
			switch {
			case errors.Is(err, errWithdrawn):
				continue
			case err != nil:
				yield(jsonrpc.Message{}, err)
				return
			}
			if !passOn(answer, yield) {
				return
			}
		}
	}, nil), nil
}

// passOn yields the messages of an answer and closes it. It reports whether the reader
// goes on; a call that its client has cancelled is no reason not to.
func passOn(answer *streamable.Answer, yield func(jsonrpc.Message, error) bool) bool {
	defer answer.Close()
	for m, err := range answer.Messages() {
		if errors.Is(err, errWithdrawn) {
			return true
		}
		if !yield(m, err) {
			return false
		}
	}
	return true
}

// notify takes a notification of the client. Those of the handshake and of roots
// have no addressee in the new era.
func (t *translation) notify(ctx context.Context, p streamable.Post, m jsonrpc.Message) (*streamable.Answer, error) {
	if m.Method == mcp.Cancelled {
		t.shared.calls.withdraw(jsonrpc.ID(jsonrpc.Value(m.Params, "requestId")))
		return accepted(), nil
	}
	if method, _ := mcp.Lookup(m.Method); method.Last != "" {
		return accepted(), nil
	}
	return t.post(ctx, t.translate(m.Raw), p.Written)
}

// accepted is the answer to a message that wants none.
func accepted() *streamable.Answer {
	return streamable.Compose(http.StatusAccepted, func(func(jsonrpc.Message, error) bool) {}, nil)
}

// granted is the answer to a request that the translator carries out itself: an empty
// result.
func granted(id jsonrpc.ID) *streamable.Answer { return spoken(jsonrpc.Result(id, []byte(`{}`))) }

// refused is the answer to a request that cannot be translated.
func refused(id jsonrpc.ID, e *refusal.Error) *streamable.Answer { return spoken(e.Response(id)) }

func spoken(raw []byte) *streamable.Answer {
	return streamable.Compose(http.StatusOK, func(yield func(jsonrpc.Message, error) bool) { yield(jsonrpc.Parse(raw)) }, nil)
}
