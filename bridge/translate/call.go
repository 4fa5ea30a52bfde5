package translate

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/streamable"
)

// errWithdrawn is the cause of a call's end that its client has cancelled.
var errWithdrawn = errors.New("withdrawn by the client")

const (
	// firstPause and maxPause bound the waits before a call is sent again that
	// the server has put off.
	firstPause = 500 * time.Millisecond
	maxPause   = 15 * time.Second
	// blockedTimeout bounds the waiting for a way to the server that is blocked: AI
	// clients end a call after 60 s.
	blockedTimeout = 30 * time.Second
)

// call is one request of the client, and the requests at the server that it takes:
// one, and one more for every time that the server wants something from the client.
type call struct {
	t      *translation
	ctx    context.Context
	cancel context.CancelCauseFunc

	request  jsonrpc.Message // the client's, in the new era's form
	sent     []byte          // the last of those at the server
	answer   *streamable.Answer
	relisted bool
	pause    time.Duration // before the next try, where the server puts the call off
}

// call carries a request to the server.
func (t *translation) call(ctx context.Context, p streamable.Post, m jsonrpc.Message) (*streamable.Answer, error) {
	request, err := jsonrpc.Parse(t.translate(m.Raw))
	if err != nil {
		return nil, fmt.Errorf("translating a request: %w", err)
	}
	c := &call{t: t, request: request, sent: request.Raw, pause: firstPause}
	c.ctx, c.cancel = context.WithCancelCause(ctx)
	t.shared.calls.add(c) // before it is sent: a JSON answer does not begin before the call is over
	if c.answer, err = t.post(c.ctx, request.Raw, p.Written); err != nil {
		err = c.because(err)
		t.shared.calls.remove(c)
		c.cancel(nil)
		return nil, err
	}
	composed := streamable.Compose(c.answer.Status, c.messages, c.close)
	composed.Trace = c.answer.Trace
	return composed, nil
}

func (c *call) close() {
	c.t.shared.calls.remove(c)
	c.answer.Finish()
	c.cancel(nil)
}

// because returns why the call ended with err: errWithdrawn where the client wanted it.
func (c *call) because(err error) error {
	if cause := context.Cause(c.ctx); errors.Is(cause, errWithdrawn) {
		return cause
	}
	return err
}

// messages yields what the client gets to see until its request is answered.
func (c *call) messages(yield func(jsonrpc.Message, error) bool) {
	for {
		response, ok := c.relay(yield)
		if !ok {
			return
		}
		switch {
		case c.request.Method == mcp.CallTool && !c.relisted && streamable.IsMismatch(c.answer.Status, response):
			c.relisted = true
			c.listTools()
			if !c.again(c.sent, yield) {
				return
			}
		case isInputRequired(c.request.Method, response.Result):
			if !c.provide(response.Result, yield) {
				return
			}
		default:
			yield(c.final(response))
			return
		}
	}
}

// relay yields what comes before the response and returns that. It reports false
// where there is none, which has been said.
func (c *call) relay(yield func(jsonrpc.Message, error) bool) (jsonrpc.Message, bool) {
	for m, err := range c.answer.Messages() {
		if err == nil && m.IsResponse() {
			return m, true
		}
		if err != nil {
			err = c.because(err)
		}
		if !yield(m, err) {
			return jsonrpc.Message{}, false
		}
	}
	return jsonrpc.Message{}, false
}

// final is the response as the client of the old era gets it: to its own id, tools
// with invalid header annotations left out, outputs that are no objects as text.
func (c *call) final(response jsonrpc.Message) (jsonrpc.Message, error) {
	if c.request.Method == mcp.ListTools && response.Result != nil {
		response = c.t.headers.Admit(response, func(tool string, err error) {
			c.t.shared.log.Warn("dropping a tool with an invalid x-mcp-header", "tool", refusal.Quote(tool), "err", err)
		})
		var plain []string
		if response, plain = withObjectSchemas(response); plain != nil {
			c.t.shared.log.Info("dropping output schemas that clients of the old era cannot read", "tools", refusal.Quote(strings.Join(plain, ", ")))
		}
	}
	if c.request.Method == mcp.CallTool && response.Result != nil {
		response = withObjectOutput(response)
	}
	if c.request.ID.Means(response.ID) {
		return response, nil // the session restores its spelling
	}
	return jsonrpc.Parse(response.WithID(c.request.ID))
}

// again sends the request once more, in the form given and under an id of its own.
// It waits while the way is blocked, since to begin anew would run the call's first
// part twice and ask the user again: for that reason a block that lasts is the answer
// to the client, and no error, after which the session might repeat the call. It
// reports false where that failed, which has been said.
func (c *call) again(raw []byte, yield func(jsonrpc.Message, error) bool) bool {
	c.sent = jsonrpc.Set(raw, jsonrpc.OwnID(), "id")
	for began, pause := time.Now(), firstPause; ; pause = min(2*pause, maxPause) {
		answer, err := c.t.post(c.ctx, c.sent, nil)
		if err == nil {
			c.answer.Finish()
			c.answer = answer
			return true
		}
		if e := blocked(err); e != nil {
			wait := max(e.Data.RetryAfter, pause)
			if time.Since(began)+wait > blockedTimeout {
				yield(jsonrpc.Parse(e.Response(c.request.ID)))
				return false
			}
			if err = streamable.Sleep(c.ctx, wait); err == nil {
				continue
			}
		}
		yield(jsonrpc.Message{}, c.because(err))
		return false
	}
}

// blocked returns what err says of a way to the server that is blocked for a while,
// so that nothing was executed; nil where err says anything else.
func blocked(err error) *refusal.Error {
	if e, ok := errors.AsType[*refusal.Error](err); ok && e.Data.Reason.Repeatable() {
		return e
	}
	return nil
}

// listTools reads the schemas of all tools, for the headers that a call needs.
func (c *call) listTools() {
	pages := mcp.Pages(func(cursor []byte) ([]byte, error) {
		params := ""
		if cursor != nil {
			params = fmt.Sprintf(`"cursor":%s`, cursor)
		}
		page, err := c.t.ask(c.ctx, mcp.ListTools, params)
		c.t.headers.Admit(page, func(string, error) {})
		return page.Result, err
	})
	for _, err := range pages {
		if err != nil {
			c.t.shared.log.Warn("listing tools for their headers", "err", err)
		}
	}
}

// calls finds the calls under way by the ids that the client gave them.
type calls struct {
	mu   sync.Mutex
	byID map[string]*call
}

func (t *calls) add(c *call) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byID == nil {
		t.byID = make(map[string]*call)
	}
	t.byID[string(c.request.ID)] = c
}

func (t *calls) remove(c *call) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byID[string(c.request.ID)] == c {
		delete(t.byID, string(c.request.ID))
	}
}

// withdraw closes the stream of a call, which cancels it (2026-07-28, Cancellation,
// "Transport-Specific Cancellation").
func (t *calls) withdraw(id jsonrpc.ID) {
	t.mu.Lock()
	c := t.byID[string(id)]
	t.mu.Unlock()
	if c != nil {
		c.cancel(errWithdrawn)
	}
}
