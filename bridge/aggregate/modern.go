package aggregate

import (
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"time"

	"ucbridge/bridge/guard"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
)

// A client of 2026-07-28 may have servers of older revisions behind it:
//
//	a request                     the same without what 2026-07-28 has in _meta, under an id of ours
//	its result                    resultType complete, and of resources/read ttlMs and cacheScope
//	a question of the server      the request on whose stream it came is answered with input_required,
//	                              and waits for the client's retry
//	inputResponses                the answers to the questions
//	subscriptions/listen          list_changed and resources/subscribe (listeners.go)

// newMeta are the members of _meta that older servers do not know.
var newMeta = []string{mcp.MetaRevision, mcp.MetaClientInfo, mcp.MetaCapabilities, mcp.MetaLogLevel}

// sendOlder gives a request of 2026-07-28 to a server of an older revision.
func (rt *router) sendOlder(r *request, to *member, raw []byte) {
	for _, key := range newMeta {
		raw = jsonrpc.Remove(raw, "params", "_meta", key)
	}
	sent := jsonrpc.OwnID()
	raw = jsonrpc.Set(raw, sent, "id")
	rt.hand(r, to, sent, jsonrpc.MustParse(raw))
}

// newer returns an answer of an older server to a request as one of 2026-07-28: there a
// result says that it is complete, and what was read says how long it may be kept (Caching,
// "Cacheable Results"; clients of the TypeScript SDK refuse one that does not).
func newer(raw []byte, m jsonrpc.Message, method string) []byte {
	if m.Result == nil {
		return raw
	}
	for _, said := range []struct {
		member, value string
		missing       bool
	}{
		{"resultType", `"complete"`, true},
		{"ttlMs", `0`, method == "resources/read"},
		{"cacheScope", `"private"`, method == "resources/read"},
	} {
		if said.missing && jsonrpc.Value(m.Result, said.member) == nil {
			raw = jsonrpc.Set(raw, []byte(said.value), "result", said.member)
		}
	}
	return raw
}

// parkedTimeout is how long a call waits for the client to come back with its input.
const parkedTimeout = 10 * time.Minute

// parkedCall is a call that waits for input.
type parkedCall struct {
	r     *request
	from  *member
	asked map[string]jsonrpc.ID // the server's questions, by the key that the client knows
	timer *time.Timer
}

// parked holds the calls that wait for input, by the requestState that the client sends
// back. The zero parked is ready for use.
type parked struct {
	mu      sync.Mutex
	byState map[string]*parkedCall
}

// park turns a question of an older server into the answer to the call that it is about:
// that on whose stream it came, or the only one there is. Nobody is asked for the sake of a
// call of which that is not known: several clients may have one at that server.
func (in *inbound) park(from *member, m jsonrpc.Message) {
	r, waits := in.replies.requests.park(from, m)
	if waits {
		return
	}
	if r == nil {
		e := refusal.New(refusal.NotListening, "The client can be asked only in the answer to a call, and it is not known which call this is about.").
			WithHint("the server has to ask on the stream of the call's answer")
		go guard.Run(in.replies.log, nil, func() { from.tell(e.Response(m.ID)) })
		return
	}
	state := "ucbridge-" + rand.Text()
	p := &parkedCall{r: r, from: from, asked: map[string]jsonrpc.ID{"input": m.ID}}
	p.timer = time.AfterFunc(parkedTimeout, func() {
		if in.parked.take(state, r.method) != nil {
			in.replies.requests.forget(r)
			from.tell(mcp.Cancellation(r.sent, "the client did not come back"))
		}
	})
	in.parked.put(state, p)
	question := fmt.Appendf(nil, `{"method":%s}`, quote(m.Method))
	if m.Params != nil {
		question = jsonrpc.Set(question, m.Params, "params")
	}
	in.replies.emit(jsonrpc.Result(r.id, fmt.Appendf(nil, `{"resultType":"input_required","inputRequests":{"input":%s},"requestState":"%s"}`, question, state)))
}

func (p *parked) put(state string, c *parkedCall) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.byState == nil {
		p.byState = make(map[string]*parkedCall)
	}
	p.byState[state] = c
}

// take removes and returns a parked call of that method, nil where there is none.
func (p *parked) take(state, method string) *parkedCall {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.byState[state]
	if c == nil || c.r.method != method {
		return nil
	}
	delete(p.byState, state)
	c.timer.Stop()
	return c
}

// drop forgets the calls that wait for the client to go on with them at a server.
func (p *parked) drop(from *member) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for state, c := range p.byState {
		if c.from == from {
			c.timer.Stop()
			delete(p.byState, state)
		}
	}
}

// resumes reports whether a request brings the input of a parked call, which then goes
// on.
func (in *inbound) resumes(r *request, m jsonrpc.Message) bool {
	state := m.Field("requestState")
	if !r.modern || state == nil || !strings.HasPrefix(jsonrpc.Text(state), "ucbridge-") {
		return false
	}
	p := in.parked.take(jsonrpc.Text(state), m.Method)
	if p == nil {
		in.replies.run(r, func() {
			in.replies.refuse(r, &refusal.Error{
				Code: mcp.CodeInvalidParams, Message: "The call that this is the input for is over.",
				Data: refusal.Data{Source: refusal.Source, Reason: refusal.InputRefused, Hint: "make the call again"},
			})
		})
		return true
	}
	in.replies.requests.cancel(r.id)
	early, later := in.replies.requests.resume(p.r, r)
	if early != nil {
		in.replies.run(p.r, func() { in.receiveAnswer(p.from, *early) })
		return true
	}
	responses := m.Field("inputResponses")
	for key, id := range p.asked {
		value := jsonrpc.Value(responses, key)
		if value == nil {
			value = []byte(`{"action":"cancel"}`)
		}
		p.from.tell(jsonrpc.Result(id, value))
	}
	for _, question := range later {
		in.replies.run(p.r, func() { in.park(p.from, question) })
	}
	return true
}
