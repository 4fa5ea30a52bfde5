package govern

import (
	"context"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/policy"
	"ucbridge/bridge/refusal"
)

// Request is one HTTP request of a client: one message and what comes back for it, or
// one stream.
type Request struct {
	// Person is the user. Limits, and what is known of tools, are each user's own.
	Person policy.Person
	// Revision is the one of MCP that the client names, "" where it names none.
	Revision string
	// Traceparent is the W3C trace context that the client gives, "" for none.
	Traceparent string
	// Asker asks the server in this user's name.
	Asker Asker
	// Approver has the user approve calls that the client cannot ask about; nil where
	// nobody can.
	Approver Approver
}

// ForRequest returns the filter of one HTTP request, whose client waits until ctx is done.
func (g *Governor) ForRequest(ctx context.Context, r Request) *Filter {
	u := g.users.find(r.Person.Name)
	f := &Filter{g: g, server: r.Asker, tools: &u.tools, lists: &u.lists, limits: u.limits, user: r.Person.Name, caller: knownCaller(r.Person, &u.view), traceparent: r.Traceparent, approver: r.Approver}
	f.client.agree(r.Revision)
	f.stray = f.resolve
	f.wait = func(_ *part, work func(context.Context) []byte) []byte { return work(ctx) }
	return f
}

// resolve finds the request that a result is for, where its id did not come back as it
// was. Else the client gets an error: nobody here knows what was asked.
func (f *Filter) resolve(m jsonrpc.Message) (*part, []byte) {
	if p := f.open.takeOnly(m.ID); p != nil {
		return p, nil
	}
	f.g.log.Warn("not showing a result of an unknown request", "id", refusal.Quote(string(m.ID)), "user", f.user)
	return nil, refusal.New(refusal.PolicyUnjudged, "The answer is not shown: ucbridge does not know its request, so it cannot apply the policy. The request may have run.").
		WithHint("check, and send the request again").Response(m.ID)
}
