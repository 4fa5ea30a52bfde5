package aggregate

import (
	"bytes"
	"context"
	"strings"

	"ucbridge/bridge/guard"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
)

// inbound takes what servers say.
type inbound struct {
	set       *memberSet
	directory *directory
	replies   *replies
	tasks     *taskOwners
	questions *questions
	parked    *parked
	listeners *listeners
	notices   *notices
	search    bool // the client's list of tools is a fixed one
}

// receive takes a message of a server for the client. What a server says of things that
// are another's does not reach the client.
func (in *inbound) receive(from *member, m jsonrpc.Message) {
	switch {
	case m.Batch != nil:
		for _, one := range m.Batch {
			from.Deliver(one)
		}
	case m.IsResponse():
		in.receiveAnswer(from, m)
	case m.IsRequest():
		in.receiveQuestion(from, m)
	default:
		in.receiveNotice(from, m)
	}
}

// receiveAnswer gives the client the answer to its request.
func (in *inbound) receiveAnswer(from *member, m jsonrpc.Message) {
	r := in.replies.requests.answered(from, m)
	if r == nil {
		if m.ID == nil { // to a line that was no message
			in.replies.emit(m.Raw)
			return
		}
		in.replies.log.Debug("dropping an answer to no request", "server", from.Name, "id", string(m.ID))
		return
	}
	if m.Result != nil && (r.method == mcp.CallTool || strings.HasPrefix(r.method, "tasks/")) {
		if bytes.Contains(m.Result, []byte(`"uri"`)) {
			in.directory.link(from, m.Result)
		}
		m = in.tasks.learn(from, m)
	}
	raw := m.Raw
	if !r.sent.Is(r.id) {
		raw = newer(m.WithID(r.id), m, r.method)
	}
	in.replies.emit(raw)
}

// receiveQuestion puts a request of a server to the client, in the way of the client, or of
// the call that it is about.
func (in *inbound) receiveQuestion(from *member, m jsonrpc.Message) {
	if in.set.isModern() || in.replies.requests.takesInput(from, m) {
		in.park(from, m)
		return
	}
	raw := in.questions.put(from, m)
	if raw == nil {
		e := refusal.New(refusal.Overloaded, "%d requests of servers are already waiting for the client.", maxQuestions)
		go guard.Run(in.replies.log, nil, func() { from.tell(e.Response(m.ID)) })
		return
	}
	in.replies.write(raw, in.replies.requests.within(from, m))
}

// receiveNotice takes a notification of a server.
func (in *inbound) receiveNotice(from *member, m jsonrpc.Message) {
	switch m.Method {
	case mcp.ToolsChanged:
		in.expired(from, mcp.ListTools)
	case "notifications/prompts/list_changed":
		in.expired(from, mcp.ListPrompts)
	case "notifications/resources/list_changed":
		in.expired(from, mcp.ListResources)
		in.expired(from, mcp.ListTemplates)
	case mcp.Cancelled:
		if id := in.questions.withdraw(from, jsonrpc.ID(m.Field("requestId"))); id != nil {
			in.replies.emit(jsonrpc.Set(m.Raw, id, "params", "requestId"))
		}
	case "notifications/progress":
		in.receiveProgress(from, m)
	case mcp.Acknowledged: // of a subscription of the aggregate's own
		from.acknowledged()
	case "notifications/resources/updated":
		in.receiveUpdate(from, m)
	case "notifications/tasks/status":
		if m, ok := in.tasks.rename(from, m); ok {
			in.replies.emit(m.Raw)
		}
	default:
		in.replies.write(m.Raw, in.replies.requests.within(from, m))
	}
}

// receiveProgress tells the client of the progress of a request that is open, under its
// own token.
func (in *inbound) receiveProgress(from *member, m jsonrpc.Message) {
	given := m.Field("progressToken")
	token := in.replies.requests.tokenOf(from, given)
	switch {
	case token == nil:
	case bytes.Equal(token, given):
		in.replies.emit(m.Raw)
	default:
		in.replies.emit(jsonrpc.Set(m.Raw, token, "params", "progressToken"))
	}
}

// expired takes a server's word that a list is another one now.
func (in *inbound) expired(from *member, method string) {
	if from.expire(method) {
		in.changed(from, method)
	}
}

// receiveUpdate tells the client that a resource has changed, but by its own server.
func (in *inbound) receiveUpdate(from *member, m jsonrpc.Message) {
	if of := in.directory.resource(jsonrpc.Text(m.Field("uri"))); of != nil && of != from {
		return
	}
	if !in.set.isModern() {
		in.replies.emit(m.Raw)
	}
	for _, id := range in.listeners.ofResource(jsonrpc.Text(m.Field("uri"))) {
		in.replies.emit(jsonrpc.Set(m.Raw, id, "params", "_meta", mcp.MetaSubscriptionID))
	}
}

// changed has the client told that a list is another one, where it has read the list.
func (in *inbound) changed(_ *member, method string) {
	described, _ := mcp.ListOf(method)
	in.notices.change(described.Capability)
}

// announce tells the client that a list has changed.
func (in *inbound) announce(capability string) {
	if capability == "tools" && in.search {
		return // the client's list is a fixed one
	}
	method := "notifications/" + capability + "/list_changed"
	if !in.set.isModern() {
		in.replies.emit([]byte(`{"jsonrpc":"2.0","method":"` + method + `"}`))
	}
	for _, id := range in.listeners.ofList(capability) {
		in.replies.emit([]byte(`{"jsonrpc":"2.0","method":"` + method + `","params":{"_meta":{"` + mcp.MetaSubscriptionID + `":` + string(id) + `}}}`))
	}
}

// welcomed tells a server that has answered what the client has said meanwhile.
func (in *inbound) welcomed(s *member) {
	go guard.Run(in.replies.log, nil, func() {
		ctx, cancel := context.WithTimeout(s.ctx, s.connect)
		defer cancel()
		in.set.tellLevel(ctx, s)
	})
}
