package session

import (
	"strings"
	"sync"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
)

// maxQuestions bounds how many requests of the server may wait for the client.
const maxQuestions = 256

// question is a request of the server that the client has not answered yet.
type question struct {
	// own is the call on whose stream it came, nil where it came on the GET stream.
	own *exchange
	// waiting have no deadline running while it is open.
	waiting []*exchange
	// limit ends that, nil where nothing but the answer does.
	limit *time.Timer
	once  sync.Once
}

// questions holds the open ones by their ids. The zero questions is ready for use.
type questions struct {
	mu   sync.Mutex
	byID map[string]*question
}

// ask hands a request of the server to the client. x is the call on whose stream it
// came: its deadline does not run until the client has answered. nil is the GET
// stream: any call may be waiting, so all of them are given as much time again as
// they had, once, where the question is one that takes a person's time.
func (in *inbound) ask(m jsonrpc.Message, x *exchange) {
	q := &question{own: x}
	if x != nil {
		q.waiting = []*exchange{x}
	} else if takesTime(m.Method) {
		for _, one := range in.pending.exchanges() {
			if one.extended.CompareAndSwap(false, true) {
				q.waiting = append(q.waiting, one)
			}
		}
	}
	if !in.questions.add(m.ID, q, max(in.timeouts.call, in.timeouts.idle)) {
		in.log.Warn("refusing a request of the server: too many wait for the client", "method", m.Method)
		in.decline(m.ID)
		return
	}
	in.client.Deliver(x.mark(m))
}

// takesTime reports whether a person, or a model, answers that request of a server.
func takesTime(method string) bool {
	return strings.HasPrefix(method, "elicitation/") || strings.HasPrefix(method, "sampling/")
}

// add notes a question, and stops the clocks of the calls that wait for its answer:
// for limit at most where it is none of theirs. It reports false where there are too
// many.
func (t *questions) add(id jsonrpc.ID, q *question, limit time.Duration) bool {
	t.mu.Lock()
	earlier := t.byID[string(id)]
	if earlier == nil && len(t.byID) >= maxQuestions {
		t.mu.Unlock()
		return false
	}
	if t.byID == nil {
		t.byID = make(map[string]*question)
	}
	t.byID[string(id)] = q
	for _, x := range q.waiting {
		x.clock.pause()
		x.idle.pause()
	}
	if q.own == nil && len(q.waiting) > 0 {
		q.limit = time.AfterFunc(limit, q.resume)
	}
	t.mu.Unlock()
	if earlier != nil {
		earlier.close()
	}
	return true
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

// dropOf forgets the questions on the stream of a call that has failed.
func (t *questions) dropOf(x *exchange) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for id, q := range t.byID {
		if q.own == x {
			delete(t.byID, id)
		}
	}
}

// close lets the clocks run on. It may be called again.
func (q *question) close() {
	if q.limit != nil {
		q.limit.Stop()
	}
	q.resume()
}

func (q *question) resume() {
	q.once.Do(func() {
		for _, x := range q.waiting {
			x.clock.resume()
			x.idle.resume()
		}
	})
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
