package translate

import (
	"context"
	"fmt"
	"sync"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/streamable"
)

func isInputRequired(method string, result []byte) bool {
	m, _ := mcp.Lookup(method)
	return m.Kind == mcp.KindUse && jsonrpc.Text(result, "resultType") == "input_required"
}

// provide gives the server what it wants from the client, or the time that it wants,
// and sends the request again. It reports false where the call is over, which has been
// said.
func (c *call) provide(result []byte, yield func(jsonrpc.Message, error) bool) bool {
	inputs, ok := c.collect(result, yield)
	switch {
	case !ok:
		return false
	case inputs != nil:
		c.pause = firstPause
	case jsonrpc.Value(result, "requestState") == nil: // the same call would run again and again
		yield(jsonrpc.Parse(unusable("neither inputRequests nor requestState").Response(c.request.ID)))
		return false
	default: // put off, and nothing asked: later, and later again
		if err := streamable.Sleep(c.ctx, c.pause); err != nil {
			yield(jsonrpc.Message{}, err)
			return false
		}
		c.pause = min(2*c.pause, maxPause)
	}
	return c.again(c.retry(inputs, result), yield)
}

// collect asks the client for what the server wants, by requests of the old era, and
// returns its answers as inputResponses, nil where nothing was wanted. It reports
// false where the call is over, which has been said.
func (c *call) collect(result []byte, yield func(jsonrpc.Message, error) bool) (inputs []byte, ok bool) {
	var open []*question
	defer func() { c.t.shared.questions.drop(open) }()
	for _, asked := range jsonrpc.Members(jsonrpc.Value(result, "inputRequests")) {
		q, m, err := c.question(asked.Name, asked.Value)
		if err != nil {
			if c.takeBack(open, yield) {
				yield(jsonrpc.Parse(unusable(err.Error()).Response(c.request.ID)))
			}
			return nil, false
		}
		if capability := mcp.ClientCapability(q.method); capability == "" || jsonrpc.Value(c.t.offers, capability) == nil {
			if c.takeBack(open, yield) { // the client might leave it unanswered, and the call open with it
				yield(jsonrpc.Parse(inputRefused(q, "the client does not offer that").Response(c.request.ID)))
			}
			return nil, false
		}
		open = append(open, q)
		c.t.shared.questions.add(q)
		if !yield(m, nil) {
			return nil, false
		}
	}
	for _, q := range open {
		answer, err := q.wait(c.ctx)
		switch {
		case err != nil:
			if c.takeBack(open, yield) {
				yield(jsonrpc.Message{}, err)
			}
			return nil, false
		case answer.Result == nil:
			if c.takeBack(open, yield) {
				yield(jsonrpc.Parse(inputRefused(q, jsonrpc.Text(answer.Error, "message")).Response(c.request.ID)))
			}
			return nil, false
		}
		if inputs == nil {
			inputs = []byte("{}")
		}
		inputs = jsonrpc.Set(inputs, answer.Result, q.name)
	}
	return inputs, true
}

// retry is the request with what the server asked for, and its state as it was sent.
func (c *call) retry(inputs, result []byte) []byte {
	raw := c.request.Raw
	if inputs != nil {
		raw = jsonrpc.Set(raw, inputs, "params", "inputResponses")
	}
	if state := jsonrpc.Value(result, "requestState"); state != nil {
		raw = jsonrpc.Set(raw, state, "params", "requestState")
	}
	return raw
}

// inputRefused answers a call whose server asked the client for something that it
// would or could not give: the new era has no way to tell the server.
func inputRefused(q *question, why string) *refusal.Error {
	e := refusal.New(refusal.InputRefused, "The server asked the client for %s, which the client did not give.", refusal.Quote(q.method))
	e.Data.Detail = refusal.Quote(why)
	return e
}

// unusable answers a call whose server asks for input in a way that nobody can serve.
func unusable(why string) *refusal.Error {
	e := refusal.New(refusal.BadAnswer, "The server asks the client for input in a way that is not MCP.")
	e.Data.Detail = refusal.Quote(why)
	return e
}

// takeBack tells the client that nobody waits any more for what it has not answered.
// It reports whether the reader goes on.
func (c *call) takeBack(open []*question, yield func(jsonrpc.Message, error) bool) bool {
	for _, q := range open {
		if c.t.shared.questions.isOpen(q) && !yield(jsonrpc.Parse(mcp.Cancellation(q.id, "the call has ended"))) {
			return false
		}
	}
	return true
}

// question is something that the server wants from the client.
type question struct {
	id     jsonrpc.ID
	name   string // the server's, for the answer
	method string
	answer chan jsonrpc.Message
}

// question makes a request of the old era out of one of inputRequests.
func (c *call) question(name string, request []byte) (*question, jsonrpc.Message, error) {
	q := &question{id: jsonrpc.OwnID(), name: name, method: jsonrpc.Text(request, "method"), answer: make(chan jsonrpc.Message, 1)}
	raw := jsonrpc.Set(request, []byte(`"2.0"`), "jsonrpc")
	raw = jsonrpc.Set(raw, q.id, "id")
	if jsonrpc.Text(raw, "params", "mode") == "url" && jsonrpc.Value(raw, "params", "elicitationId") == nil {
		raw = jsonrpc.Set(raw, fmt.Appendf(nil, `"ucbridge-%s"`, q.id), "params", "elicitationId") // required until 2025-11-25, gone since
	}
	m, err := jsonrpc.Parse(raw)
	if err == nil && !m.IsRequest() {
		err = fmt.Errorf("input request %q is no request", name)
	}
	if err != nil {
		return nil, m, fmt.Errorf("reading inputRequests: %w", err)
	}
	return q, m, nil
}

func (q *question) wait(ctx context.Context) (jsonrpc.Message, error) {
	select {
	case m := <-q.answer:
		return m, nil
	case <-ctx.Done():
		return jsonrpc.Message{}, context.Cause(ctx)
	}
}

// questions finds the open questions by their ids.
type questions struct {
	mu   sync.Mutex
	byID map[string]*question
}

func (t *questions) add(q *question) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byID == nil {
		t.byID = make(map[string]*question)
	}
	t.byID[string(q.id)] = q
}

func (t *questions) drop(all []*question) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, q := range all {
		delete(t.byID, string(q.id))
	}
}

func (t *questions) isOpen(q *question) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.byID[string(q.id)] == q
}

// answer takes the client's answer, once.
func (t *questions) answer(m jsonrpc.Message) {
	t.mu.Lock()
	q := t.byID[string(m.ID)]
	delete(t.byID, string(m.ID))
	t.mu.Unlock()
	if q != nil {
		q.answer <- m
	}
}
