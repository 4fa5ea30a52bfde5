package govern

import (
	"crypto/hmac"

	"github.com/go-json-experiment/json/jsontext"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/policy"
	"ucbridge/bridge/strictjson"
)

// ofRetries are the members of params by which a call that comes anew answers what it was
// asked (2026-07-28, Multi Round-Trip Requests).
var ofRetries = []string{"requestState", "inputResponses"}

// confirmModern rules on a call that a rule wants confirmed: it is let through where
// it carries the user's answer, and answered with the question otherwise.
func (f *Filter) confirmModern(x *exchange, p *part, by policy.Ruling) {
	if !mayAsk(jsonrpc.Value(p.request.Params, "_meta", mcp.MetaCapabilities, "elicitation")) {
		p.ruling = policy.Deny("%s, and the client cannot ask its user", by.Rule)
		return
	}
	if x.message.Batch != nil { // the revision has none
		p.ruling = policy.Deny("%s, and the user cannot be asked in the midst of a batch", by.Rule)
		return
	}
	call, err := digest(f.user, f.g.name, p.request, ofRetries...)
	if err != nil {
		p.ruling = policy.Deny("%s, and its arguments can be read in two ways", by.Rule)
		return
	}
	st, err := f.g.signer.verify(jsonrpc.Text(p.request.Params, "requestState"))
	if err != nil || !hmac.Equal(st.Call, call) {
		form, err := f.g.form(p, describe(p.request, ofRetries...))
		if err != nil {
			p.ruling = policy.Deny("%s: %v", by.Rule, err)
			return
		}
		p.ask(by, form, f.g.signer.sign(state{Call: call}))
		return
	}
	raw := p.request.Raw
	switch {
	case st.Agreed && st.Inner != nil:
		inner, err := jsontext.AppendQuote(nil, *st.Inner)
		if err != nil {
			p.ruling = policy.Deny("%s: the server's requestState cannot be read", by.Rule)
			return
		}
		raw = jsonrpc.Set(raw, inner, "params", "requestState")
	case st.Agreed:
		raw = jsonrpc.Remove(raw, "params", "requestState")
	case confirmed(jsonrpc.Value(p.request.Params, "inputResponses", confirmName)):
		raw = jsonrpc.Remove(jsonrpc.Remove(raw, "params", "requestState"), "params", "inputResponses")
	default:
		p.ruling = policy.Deny("%s: the user did not agree", by.Rule)
		return
	}
	m, err := jsonrpc.Parse(raw)
	if err != nil { // cannot be: a valid value for another in a valid message
		p.ruling = policy.Deny("%s: the call cannot be sent on: %v", by.Rule, err)
		return
	}
	f.open.replace(x, p, m)
	p.agreed = call
	p.ruling = policy.Ruling{Rule: by.Rule + ": the user agreed"}
	p.count(f.limits)
}

// ask makes the question the answer to the call.
func (p *part) ask(by policy.Ruling, form []byte, requestState string) {
	p.ruling = policy.Deny("%s: the user is asked", by.Rule)
	result := []byte(`{"resultType":"input_required","inputRequests":{}}`)
	question := jsonrpc.Set([]byte(`{"method":"elicitation/create"}`), form, "params")
	result = jsonrpc.Set(result, question, "inputRequests", confirmName)
	sealed, err := jsontext.AppendQuote(nil, requestState)
	if err != nil { // ASCII
		panic(err)
	}
	p.question = jsonrpc.Result(p.request.ID, jsonrpc.Set(result, sealed, "requestState"))
}

// carryOn signs the requestState with which a server asks for more in the midst of
// a call that the user has agreed to, so that the user need not agree again.
func (f *Filter) carryOn(p *part, answer jsonrpc.Message) []byte {
	if p.agreed == nil || jsonrpc.Text(answer.Result, "resultType") != "input_required" {
		return answer.Raw
	}
	st := state{Call: p.agreed, Agreed: true}
	if inner, ok := strictjson.Text(jsonrpc.Value(answer.Result, "requestState")); ok {
		st.Inner = &inner
	}
	sealed, err := jsontext.AppendQuote(nil, f.g.signer.sign(st))
	if err != nil { // ASCII
		panic(err)
	}
	return jsonrpc.Set(answer.Raw, sealed, "result", "requestState")
}
