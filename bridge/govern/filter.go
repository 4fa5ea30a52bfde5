// Package govern enforces a policy on the messages between clients and one server, and
// has the audit log written. What was checked are the bytes that are forwarded; what
// cannot be decided does not pass.
//
// A [Governor] holds what all clients of one connection share. A [Filter] rules on the
// messages of one conversation, in both directions, and asks the server for what it
// must know. A [Gate] is a Filter between a stdio client and its session, where a
// ruling may take its time. Over HTTP there is a Filter for each request
// ([Governor.ForRequest]).
package govern

import (
	"context"
	"sync"

	"ucbridge/bridge/audit"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/policy"
	"ucbridge/bridge/redact"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/strictjson"
)

// Asker asks the server behind a Filter.
type Asker interface {
	// Ask sends a request of the bridge's own and returns the server's answer. An
	// error says why there is none.
	Ask(ctx context.Context, method string, params []byte) (jsonrpc.Message, error)
}

// Filter rules on the messages of one conversation: Begin takes what the client says,
// Pass what comes back. It knows neither session nor network, and is safe for
// concurrent use.
type Filter struct {
	g      *Governor
	server Asker
	tools  *Tools
	lists  *lists
	limits *limits
	user   string // whose messages these are, "" where there is but one user
	caller *caller
	// traceparent is the W3C trace context that the client gave beside its messages.
	traceparent string
	client      clientInfo
	open        pending

	// isLocal reports whether the bridge itself answers calls to a tool; nil for none.
	isLocal func(tool string) bool
	// prompt asks the user, in a revision before 2026-07-28, and reports whether they
	// agree; nil where the answer could not find its way back.
	prompt func(x *exchange, form []byte) bool
	// approver has the user approve calls elsewhere, nil for nobody.
	approver Approver
	// stray deals with a result whose request is not known: it returns the request
	// after all, or what the client gets to see, nil for nothing.
	stray func(m jsonrpc.Message) (*part, []byte)
	// wait has the answer to a request made by work, which asks the server once more, and
	// returns it, or nil where the client gets it later.
	wait func(p *part, work func(context.Context) []byte) []byte
}

// rules are those that hold for the caller now.
func (f *Filter) rules() *ruleset { return f.caller.rules(f.g.rules()) }

// clientInfo is what a client says of itself in initialize. It is safe for concurrent
// use.
type clientInfo struct {
	mu          sync.Mutex
	name        string
	revision    string // that was agreed on
	elicitation []byte // the capability
}

func (c *clientInfo) learn(initialize jsonrpc.Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.elicitation = jsonrpc.Value(initialize.Params, "capabilities", "elicitation")
	c.name = clientName(jsonrpc.Value(initialize.Params, "clientInfo"))
}

func (c *clientInfo) agree(revision string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.revision = revision
}

func (c *clientInfo) get() (name, revision string, elicitation []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.name, c.revision, c.elicitation
}

func clientName(info []byte) string {
	return audit.CutName(refusal.Quote(jsonrpc.Text(info, "name") + " " + jsonrpc.Text(info, "version")))
}

// Verdict is what Begin says of a message.
type Verdict struct {
	// Forward is the message to forward, which may be another one, where Passes is set.
	Forward jsonrpc.Message
	Passes  bool
	// Answer is what the client gets where the message does not pass, nil for nothing.
	Answer []byte
	// Reason says in a word why it does not pass, "" where the user is asked first.
	Reason refusal.Reason
	// Failure is why the server could not be asked for what had to be known, nil
	// where that was not so. The answer tells of it, unless the caller has a better one.
	Failure error
}

// Begin rules on a message of the client. It may wait for the server. Whoever forwards
// the message calls Ended when all has come back that will.
func (f *Filter) Begin(ctx context.Context, m jsonrpc.Message) Verdict {
	x := f.begin(m)
	if x == nil {
		return Verdict{Reason: refusal.AmbiguousMessage}
	}
	f.decide(ctx, x)
	if _, handed := f.release(x); handed {
		return Verdict{Forward: x.message, Passes: true}
	}
	v := Verdict{Reason: refusal.PolicyDenied}
	for _, p := range x.parts {
		if p.question != nil {
			v.Reason = ""
		}
		if p.failure != nil {
			v.Failure = p.failure
		}
		if p.refused != nil && p.refused.Data.Reason == refusal.ApprovalPending {
			v.Reason = refusal.ApprovalPending
		}
	}
	v.Answer = f.refuse(x)
	return v
}

// begin rules on a message as far as that can be done at once, and notes the
// requests in it. Nil says that there is nothing to do.
func (f *Filter) begin(m jsonrpc.Message) *exchange {
	if m.Method == mcp.Initialize {
		f.client.learn(m)
	}
	x := &exchange{message: m}
	var elements [][]byte
	changed := false
	for _, e := range mcp.Messages(m) {
		if !e.IsResponse() {
			f.rule(x.add(e), m.Batch == nil)
			if m.Batch != nil {
				elements = append(elements, e.Raw)
			}
			continue
		}
		if err := strictjson.Envelope(e); err != nil && !f.rules().policy.Silent() {
			f.g.log.Warn("dropping an answer of the client that can be read in two ways", "err", err)
			return nil
		}
		if f.rules().policy.NotMCP {
			return nil
		}
		clean := f.rules().clearResponse(e, f.g.log)
		changed = changed || &clean.Raw[0] != &e.Raw[0]
		if m.Batch == nil {
			x.message = clean
			continue
		}
		elements = append(elements, clean.Raw)
	}
	if changed && m.Batch != nil {
		x.message = jsonrpc.MustParse(array(elements))
	}
	for _, p := range x.parts {
		if !p.unidentified {
			f.clear(x, p)
		}
	}
	if x.takesTime() {
		gone, leave := context.WithCancel(context.Background())
		x.gone, x.leave = gone.Done(), leave
	}
	f.open.add(x, f.rules().policy.Silent())
	return x
}

// release reports whether an exchange goes to the server, as all of it may pass, or
// was withdrawn meanwhile.
func (f *Filter) release(x *exchange) (withdrawn, handed bool) {
	withdrawn, handed = f.open.release(x)
	if handed {
		x.message = mcp.SetMeta(x.message, f.rules().meta)
	}
	for _, p := range x.parts {
		if withdrawn || handed && p.request.ID == nil && !isNotification(p.request.Method) { // nobody answers
			f.record(p, nil, 0)
		}
	}
	return withdrawn, handed
}

// Expect says that answers to these requests may come, which an earlier Filter has let
// pass, and whose stream is resumed here.
func (f *Filter) Expect(m jsonrpc.Message) {
	x := &exchange{message: m}
	for _, r := range mcp.Messages(m) {
		x.parts = append(x.parts, resumed(r))
	}
	f.open.expect(x)
}

// Pass returns what the client gets to see of a message of the server, or of a batch:
// its own bytes, or others, or nil for nothing.
func (f *Filter) Pass(m jsonrpc.Message) []byte {
	if m.Batch == nil {
		return f.pass(m, f.wait)
	}
	var elements [][]byte
	changed := false
	for _, element := range m.Batch {
		passed := f.pass(element, nil) // the others do not wait for one
		changed = changed || passed == nil || &passed[0] != &element.Raw[0]
		if passed != nil {
			elements = append(elements, passed)
		}
	}
	switch {
	case !changed:
		return m.Raw
	case len(elements) > 0:
		return array(elements)
	}
	return nil
}

func (f *Filter) pass(m jsonrpc.Message, wait func(*part, func(context.Context) []byte) []byte) (out []byte) {
	if !m.IsResponse() {
		if m.Method == mcp.ToolsChanged {
			f.tools.Expire()
		}
		out, _ = f.rules().masked(m.Raw)
		return out
	}
	p := f.open.take(m.ID)
	if p == nil {
		switch {
		case f.rules().policy.Silent():
			return m.Raw
		case m.Error != nil: // of a line that was no message
			out, _ = f.rules().masked(m.Raw)
			return out
		}
		if p, out = f.stray(m); p == nil {
			return out
		}
	}
	defer func() { // whatever happens, the request is answered, and not with what was not checked
		if fault := recover(); fault != nil {
			f.g.log.Error("a fault of ucbridge", "method", p.request.Method, "fault", fault)
			out = refusal.New(refusal.InternalFault, "A fault of ucbridge kept the answer from being checked.").Response(m.ID)
		}
	}()
	seen := f.finish(p, m)
	if wait != nil && emptied(p.request.Method, m, seen) {
		return wait(p, func(ctx context.Context) []byte {
			filled := pager{f, p.request.Method, p.request}.fill(ctx, p, m, seen)
			f.record(p, &m, len(filled))
			return filled
		})
	}
	f.record(p, &m, len(seen))
	return seen
}

// masked returns a message of the server without the secrets in its texts, where the
// policy wants that, and the kinds found.
func (r *ruleset) masked(raw []byte) ([]byte, []string) {
	if r.secrets.Results == policy.SecretOff {
		return raw, nil
	}
	return redact.Message(raw, isForMachines)
}

// finish returns what the client sees of the answer to one request.
func (f *Filter) finish(p *part, m jsonrpc.Message) []byte {
	if f.rules().policy.Silent() {
		return m.Raw
	}
	out, refused := f.review(p, m)
	if refused != nil {
		return refused.Response(p.request.ID)
	}
	out = f.g.rules().keptPrivate(p.request, out)
	out, kinds := f.rules().masked(out)
	p.secrets = append(p.secrets, kinds...)
	return f.shorten(p, out)
}

// keptPrivate returns an answer that nobody keeps for other people, where other people
// may see another one (2026-07-28, Caching).
func (r *ruleset) keptPrivate(request jsonrpc.Message, raw []byte) []byte {
	if !r.aboutPeople || !mcp.Cacheable(request.Method) {
		return raw
	}
	result, ok := jsonrpc.Find(raw, "result")
	if !ok || raw[result.Start] != '{' {
		return raw
	}
	if scope := jsonrpc.Value(raw, "result", "cacheScope"); scope == nil && request.Revision == "" || string(scope) == `"private"` {
		return raw
	}
	return jsonrpc.Set(raw, []byte(`"private"`), "result", "cacheScope")
}

// review returns the answer to a request with what the rules leave of it.
func (f *Filter) review(p *part, m jsonrpc.Message) ([]byte, *refusal.Error) {
	method := p.request.Method
	list, isList := mcp.ListOf(method)
	switch {
	case m.Result == nil:
		return m.Raw, nil
	case isList:
		filtered, err := f.filterList(p.request, m, list)
		if err != nil {
			f.g.log.Warn("a list of the server cannot be read, it is not shown", "method", method, "err", err)
			return nil, unreadableList(err)
		}
		return filtered, nil
	case method == mcp.Initialize:
		f.client.agree(jsonrpc.Text(m.Result, "protocolVersion"))
		return f.rules().withoutChangedInstructions(m), nil
	case method == mcp.Discover:
		return f.rules().withoutChangedInstructions(m), nil
	}
	return f.carryOn(p, m), nil
}

// Ended says that a message is over, whether it was answered or, as after a cancel,
// was not.
func (f *Filter) Ended(m jsonrpc.Message) {
	for _, p := range f.open.end(m) {
		f.record(p, nil, 0)
	}
}

// Traced notes what a message that was handed to the server is known by elsewhere.
func (f *Filter) Traced(m jsonrpc.Message, t Trace) { f.open.trace(m, t) }

func array(elements [][]byte) []byte {
	raw := []byte{'['}
	for i, element := range elements {
		if i > 0 {
			raw = append(raw, ',')
		}
		raw = append(raw, element...)
	}
	return append(raw, ']')
}
