package govern

import (
	"context"
	"crypto/rand"
	"fmt"
	"strconv"
	"sync"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
)

// prompts are the questions that the bridge puts to the user of one client as
// requests of its own (2025-06-18, Elicitation). It is safe for concurrent use.
type prompts struct {
	ctx    context.Context // ends when the client cannot answer any more
	hangUp context.CancelFunc

	mu   sync.Mutex
	open map[string]chan jsonrpc.Message // by id
}

func (q *prompts) init(ctx context.Context) {
	q.open = make(map[string]chan jsonrpc.Message)
	q.ctx, q.hangUp = context.WithCancel(ctx)
}

// close withdraws all questions.
func (q *prompts) close() { q.hangUp() }

// ask puts the question form to the user and reports whether the answer was yes. It
// waits for as long as the client waits for its call, which gone ends.
func (q *prompts) ask(out func(raw []byte), gone <-chan struct{}, form []byte) bool {
	id := strconv.Quote("ucbridge-confirm-" + rand.Text())
	answer := make(chan jsonrpc.Message, 1)
	q.mu.Lock()
	q.open[id] = answer
	q.mu.Unlock()
	defer func() {
		q.mu.Lock()
		delete(q.open, id)
		q.mu.Unlock()
	}()
	out(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%s,"method":"elicitation/create","params":%s}`, id, form))
	select {
	case m := <-answer:
		return confirmed(m.Result)
	case <-gone:
		out(mcp.Cancellation(jsonrpc.ID(id), "the call was cancelled"))
	case <-q.ctx.Done():
	}
	return false
}

// answer takes the client's answer to a question, and reports whether it was one.
func (q *prompts) answer(m jsonrpc.Message) bool {
	q.mu.Lock()
	answer := q.open[string(m.ID)]
	delete(q.open, string(m.ID))
	q.mu.Unlock()
	if answer == nil {
		return false
	}
	answer <- m
	return true
}
