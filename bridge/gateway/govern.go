package gateway

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	mcpgo "github.com/mark3labs/mcp-go/mcp"

	"ucbridge/bridge/govern"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/policy"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/streamable"
)

// govern puts the message through the filter of what is served, and answers it where
// it may not pass. What comes back goes through the same filter.
func (x *exchange) govern(ctx context.Context) bool {
	if x.endpoint.Governor == nil || x.endpoint.Governor.Idle() {
		return true
	}
	filter := x.newFilter()
	if refused := contradicts(x.r.Header, x.message); refused != nil {
		filter.Refused(x.message, refused)
		x.refuse(refused)
		return false
	}
	x.filter = filter
	verdict := x.filter.Begin(ctx, x.message)
	if !verdict.Passes {
		x.deny(verdict)
		return false
	}
	if refused := headerHoldsSecret(x.r.Header, x.message, verdict.Forward); refused != nil {
		x.filter.Ended(verdict.Forward)
		x.refuse(refused)
		return false
	}
	x.message = verdict.Forward
	return true
}

// refuseForeign refuses a message in a session of another user. The audit log tells of it.
func (x *exchange) refuseForeign() {
	refused := refusal.NoSession()
	if g := x.endpoint.Governor; g != nil && !g.Idle() {
		x.newFilter().Refused(x.message, refused)
	}
	x.refuseUnder(http.StatusNotFound, refused)
}

// governStream puts what a GET stream brings through the filter. Where it resumes one
// whose requests are known, their answers are judged as such; others are not shown.
func (x *exchange) governStream() bool {
	if x.endpoint.Governor == nil {
		return true
	}
	if err := x.endpoint.Governor.Broken(); err != nil {
		x.refuse(refusal.New(refusal.PolicyUnreadable, "Nothing passes, because ucbridge's policy cannot be read: %v", err))
		return false
	}
	x.filter = x.newFilter()
	if last := x.r.Header.Get("Last-Event-Id"); last != "" {
		if x.origin = x.g.resumable.find(x.session.eventKey(last)); x.origin != nil {
			x.filter.Expect(x.origin.requests)
		}
	}
	return true
}

// judged reports whether what comes back has to pass the rules of a policy.
func (x *exchange) judged() bool { return x.filter != nil && !x.endpoint.Governor.Idle() }

func (x *exchange) newFilter() *govern.Filter {
	var approves govern.Approver
	if a := x.g.opts.Approvals; a != nil {
		approves = approver{a, x.caller.Name, x.g.opts.Auth.Address(x.r)}
	}
	return x.endpoint.Governor.ForRequest(x.r.Context(), govern.Request{
		Approver: approves,
		Person:   policy.Person{Name: x.caller.Name, Groups: x.caller.Groups}, Revision: x.r.Header.Get("Mcp-Protocol-Version"), Asker: x.asker(),
		Traceparent: x.r.Header.Get("Traceparent"),
	})
}

// deny answers a message that may not pass. A call gets a result, which AI clients
// show to the model, and so HTTP 200.
func (x *exchange) deny(v govern.Verdict) {
	if v.Failure != nil && x.failAsked(v.Failure) {
		return
	}
	if v.Answer == nil { // it is no request
		x.refuse(refusal.New(v.Reason, "The message was blocked by ucbridge policy."))
		return
	}
	x.reason = v.Reason
	x.out.header().Set("Content-Type", "application/json")
	x.out.whole(http.StatusOK, v.Answer)
}

// RecordHidden writes down a call of a tool that a policy hides: whoever serves all endpoints
// as one has told the caller of r that there is no such tool.
func (g *Gateway) RecordHidden(r *http.Request, call jsonrpc.Message) {
	endpoint := g.endpoints[r.URL.Path]
	if endpoint.Governor == nil || endpoint.Governor.Idle() {
		return
	}
	caller, refused := g.opts.Auth.admit(r)
	if refused != nil { // no longer known: nobody's tools are hidden
		return
	}
	endpoint.Governor.RecordHidden(govern.Request{
		Person: policy.Person{Name: caller.Name, Groups: caller.Groups}, Revision: r.Header.Get("Mcp-Protocol-Version"),
	}, call)
}

// contradicts refuses a message under headers that say something else than it does
// (2026-07-28, Transports, "Standard Request Headers"): the policy goes by the
// message, and a careless server might go by them.
func contradicts(h http.Header, m jsonrpc.Message) *refusal.Error {
	if !retells(h) {
		return nil
	}
	want := new(streamable.Headers).Of(m)
	for _, name := range []string{mcpgo.HeaderMethod, mcpgo.HeaderName} {
		given := h.Values(name)
		if len(given) == 0 || len(given) == 1 && given[0] == want[name] {
			continue
		}
		return mismatch(name)
	}
	var arguments []mcp.CallMember
	if m.Method == mcp.CallTool {
		arguments = mcp.CallMembers(m.Params)
	}
	for name, given := range h {
		if parameter, is := strings.CutPrefix(name, mcpgo.HeaderParamPrefix); is && (len(given) != 1 || !repeats(parameter, given[0], arguments)) {
			return mismatch(name)
		}
	}
	return nil
}

// retells reports whether headers say what a message does: those of most clients do not.
func retells(h http.Header) bool {
	for name := range h {
		if name == mcpgo.HeaderMethod || name == mcpgo.HeaderName || strings.HasPrefix(name, mcpgo.HeaderParamPrefix) {
			return true
		}
	}
	return false
}

func mismatch(header string) *refusal.Error {
	e := refusal.New(refusal.HeaderMismatch, "The header %s does not say what the message does.", header)
	e.Code = mcp.CodeHeaderMismatch
	return e
}

// repeats reports whether a header made from an argument says what an argument does: the
// one of its name where there is one, or else any, as the tool's schema names the header
// and is not at hand.
func repeats(parameter, given string, arguments []mcp.CallMember) bool {
	found := false
	for _, a := range arguments {
		same := a.Beside == "" && says(a.Value, given)
		if strings.EqualFold(a.Name, parameter) {
			return same
		}
		found = found || same
	}
	return found
}

// says reports whether a header is a value, or one inside of it.
func says(value []byte, given string) bool {
	switch value[0] {
	case '{':
		return slices.ContainsFunc(jsonrpc.Members(value), func(m jsonrpc.Member) bool { return says(m.Value, given) })
	case '[':
		return false
	}
	decoded, ok := mcpgo.DecodeHeaderValue(given)
	if value[0] == '"' {
		return ok && decoded == jsonrpc.Text(value)
	}
	n, err := strconv.ParseFloat(string(value), 64)
	m, errGiven := strconv.ParseFloat(decoded, 64) // 100 for 1e2
	return ok && (decoded == string(value) || err == nil && errGiven == nil && n == m)
}

// headerHoldsSecret refuses a call that lost a secret on its way through the filter and has
// headers made from its arguments, where the secret may stand too.
func headerHoldsSecret(h http.Header, came, goes jsonrpc.Message) *refusal.Error {
	if &came.Raw[0] == &goes.Raw[0] || bytes.Equal(jsonrpc.Value(came.Params, "arguments"), jsonrpc.Value(goes.Params, "arguments")) {
		return nil
	}
	for name := range h {
		if strings.HasPrefix(name, mcpgo.HeaderParamPrefix) {
			return refusal.New(refusal.PolicyDenied, "The call was blocked by ucbridge policy: its arguments contain a secret, and some of them are in headers too.")
		}
	}
	return nil
}
