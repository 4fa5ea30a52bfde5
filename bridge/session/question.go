package session

import (
	"fmt"
	"sync"

	"ucbridge/bridge/jsonrpc"
)

// question is a request of the server that the client has not answered yet. While
// it is open the calls that wait for it have no deadline running.
type question struct {
	calls []*exchange
}

// asked holds the open questions by their ids.
type asked struct {
	mu   sync.Mutex
	byID map[string]*question
}

// ask hands a request of the server to the client. x is the call on whose stream
// it came, nil for the GET stream: then any call may be waiting for it.
func (s *Session) ask(m jsonrpc.Message, x *exchange) {
	s.asked.add(m.ID, x, s)
	s.Emit(m.Raw)
}

func (t *asked) add(id jsonrpc.ID, x *exchange, s *Session) {
	q := &question{}
	if x != nil {
		q.calls = []*exchange{x}
	} else {
		q.calls = s.flights.exchanges()
	}
	t.mu.Lock()
	earlier := t.byID[string(id)]
	t.byID[string(id)] = q
	t.mu.Unlock()
	if earlier != nil {
		earlier.close()
	}
	for _, call := range q.calls {
		call.clock.pause()
		call.idle.pause()
	}
}

// drop forgets a question that the server has taken back.
func (t *asked) drop(id jsonrpc.ID) {
	t.mu.Lock()
	q := t.byID[string(id)]
	delete(t.byID, string(id))
	t.mu.Unlock()
	if q != nil {
		q.close()
	}
}

// close lets the clocks run on.
func (q *question) close() {
	for _, call := range q.calls {
		call.clock.resume()
		call.idle.resume()
	}
}

// reply takes the client's answer to a request of the server.
func (s *Session) reply(m jsonrpc.Message) {
	s.asked.mu.Lock()
	q := s.asked.byID[string(m.ID)]
	delete(s.asked.byID, string(m.ID))
	s.asked.mu.Unlock()
	if q == nil { // withdrawn with the session that asked
		s.Log.Debug("dropping an answer of the client to no open question", "id", string(m.ID))
		return
	}
	s.post(m)
	q.close()
}

// withdrawQuestions tells the client that nobody waits for its answers any more:
// the session that asked is gone.
func (s *Session) withdrawQuestions() {
	s.asked.mu.Lock()
	open := s.asked.byID
	s.asked.byID = make(map[string]*question)
	s.asked.mu.Unlock()
	for id, q := range open {
		q.close()
		s.Emit(fmt.Appendf(nil, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":%s,"reason":"the server's session was lost"}}`, id))
	}
}
