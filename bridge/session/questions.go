package session

import (
	"sync"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
)

// question is a request of the server that the client has not answered yet. While
// it is open the calls that wait for it have no deadline running.
type question struct {
	calls []*exchange
}

// questions holds the open ones by their ids. The zero questions is ready for use.
type questions struct {
	mu   sync.Mutex
	byID map[string]*question
}

// ask hands a request of the server to the client. x is the call on whose stream
// it came, nil for the GET stream: then any call may be waiting for it.
func (in *inbound) ask(m jsonrpc.Message, x *exchange) {
	waiting := []*exchange{x}
	if x == nil {
		waiting = in.pending.exchanges()
	}
	in.questions.add(m.ID, waiting)
	in.client.Emit(m.Raw)
}

// add notes a question, and stops the clocks of the calls that wait for its answer.
func (t *questions) add(id jsonrpc.ID, waiting []*exchange) {
	q := &question{calls: waiting}
	t.mu.Lock()
	if t.byID == nil {
		t.byID = make(map[string]*question)
	}
	earlier := t.byID[string(id)]
	t.byID[string(id)] = q
	t.mu.Unlock()
	if earlier != nil {
		earlier.close()
	}
	for _, x := range q.calls {
		x.clock.pause()
		x.idle.pause()
	}
}

// take removes and returns a question, nil where it is not open.
func (t *questions) take(id jsonrpc.ID) *question {
	t.mu.Lock()
	defer t.mu.Unlock()
	q := t.byID[string(id)]
	delete(t.byID, string(id))
	return q
}

// drop forgets a question that the server has taken back.
func (t *questions) drop(id jsonrpc.ID) {
	if q := t.take(id); q != nil {
		q.close()
	}
}

// close lets the clocks run on.
func (q *question) close() {
	for _, x := range q.calls {
		x.clock.resume()
		x.idle.resume()
	}
}

// withdrawQuestions tells the client that nobody waits for its answers any more:
// the session that asked is gone.
func (in *inbound) withdrawQuestions() {
	in.questions.mu.Lock()
	open := in.questions.byID
	in.questions.byID = nil
	in.questions.mu.Unlock()
	for id, q := range open {
		q.close()
		in.client.Emit(mcp.Cancellation(jsonrpc.ID(id), "the server's session was lost"))
	}
}
