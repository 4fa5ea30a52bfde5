package aggregate

import (
	"sync"

	"ucbridge/bridge/jsonrpc"
)

// maxQuestions bounds how many requests of all servers may wait for the client.
const maxQuestions = 1024

// question is a request of a server that the client has not answered.
type question struct {
	from  *member
	id    jsonrpc.ID // the server's
	token []byte     // of its progress as the server knows it, nil for none
}

// questions gives the servers' requests ids and progress tokens that are unique. The
// zero questions is ready for use.
type questions struct {
	mu     sync.Mutex
	byID   map[string]*question // by the id that the client knows
	tokens map[string]*question // by the progress token that it knows
}

// put returns a request of a server as the client gets it, nil where there are too many.
func (q *questions) put(from *member, m jsonrpc.Message) []byte {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.byID) >= maxQuestions {
		return nil
	}
	if q.byID == nil {
		q.byID, q.tokens = make(map[string]*question), make(map[string]*question)
	}
	id := string(jsonrpc.OwnID())
	one := &question{from: from, id: m.ID, token: jsonrpc.Value(m.Params, "_meta", "progressToken")}
	q.byID[id] = one
	raw := m.WithID(jsonrpc.ID(id))
	if one.token != nil {
		q.tokens[id] = one
		raw = jsonrpc.Set(raw, []byte(id), "params", "_meta", "progressToken")
	}
	return raw
}

// answer removes and returns the question that the client answers, nil for none.
func (q *questions) answer(id jsonrpc.ID) *question {
	q.mu.Lock()
	defer q.mu.Unlock()
	one := q.byID[string(id)]
	delete(q.byID, string(id))
	delete(q.tokens, string(id))
	return one
}

// withdraw removes a question that its server no longer asks, and returns the id by
// which the client knows it; nil where that server asks no such thing.
func (q *questions) withdraw(from *member, id jsonrpc.ID) jsonrpc.ID {
	q.mu.Lock()
	defer q.mu.Unlock()
	for known, one := range q.byID {
		if one.from == from && one.id.Is(id) {
			delete(q.byID, known)
			delete(q.tokens, known)
			return jsonrpc.ID(known)
		}
	}
	return nil
}

// withdrawAll removes the questions of a server and returns the ids by which the client
// knows them.
func (q *questions) withdrawAll(from *member) []jsonrpc.ID {
	q.mu.Lock()
	defer q.mu.Unlock()
	var all []jsonrpc.ID
	for known, one := range q.byID {
		if one.from == from {
			delete(q.byID, known)
			delete(q.tokens, known)
			all = append(all, jsonrpc.ID(known))
		}
	}
	return all
}

// reported returns the question whose progress the client tells, nil for none.
func (q *questions) reported(token []byte) *question {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.tokens[string(token)]
}
