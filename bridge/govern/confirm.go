package govern

import (
	"encoding/json"
	"fmt"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/policy"
	"ucbridge/bridge/refusal"
)

// confirmName is the member of the form that the user fills in, and the key of the
// question in an input_required result.
const confirmName = "ucbridge_confirm"

// form is the question as the params of elicitation/create (2025-06-18, Elicitation).
func (g *Governor) form(p *part) []byte {
	type property struct {
		Type  string `json:"type"`
		Title string `json:"title"`
	}
	type schema struct {
		Type       string              `json:"type"`
		Properties map[string]property `json:"properties"`
		Required   []string            `json:"required"`
	}
	raw, err := json.Marshal(struct {
		Message string `json:"message"`
		Schema  schema `json:"requestedSchema"`
	}{
		fmt.Sprintf("Run %s on %s? Arguments: %s", quoted(p.about.name), g.name, refusal.Quote(string(jsonrpc.Value(p.request.Params, "arguments")))),
		schema{"object", map[string]property{confirmName: {"boolean", "Run it"}}, []string{confirmName}},
	})
	if err != nil { // strings alone are in it
		panic(err)
	}
	return raw
}

// confirmed reports whether an ElicitResult says yes.
func confirmed(result []byte) bool {
	return jsonrpc.Text(result, "action") == "accept" && string(jsonrpc.Value(result, "content", confirmName)) == "true"
}

// mayAsk reports whether a capability of the client's lets a form be shown. An
// empty object means forms alone (2025-11-25, Elicitation, "Capabilities").
func mayAsk(elicitation []byte) bool {
	if elicitation == nil || elicitation[0] != '{' {
		return false
	}
	return jsonrpc.Value(elicitation, "form") != nil || jsonrpc.Value(elicitation, "url") == nil
}

// confirm asks the user where a rule wants it, before the call of p is made. It
// rules on p: a call that is not confirmed is denied, or, in the era of
// 2026-07-28, answered with the question.
func (f *Filter) confirm(x *exchange, p *part) {
	by, must := f.g.policy.Confirm(p.tool)
	if !must || p.ruling.Denied {
		return
	}
	if p.request.Revision != "" {
		f.confirmModern(x, p, by)
		return
	}
	if f.prompt == nil { // the answer to a question could arrive anywhere
		p.ruling = policy.Deny("%s, and over HTTP the user can be asked in MCP 2026-07-28 only; ucbridge stdio can ask in every revision", by.Rule)
		return
	}
	if _, _, elicitation := f.client.get(); !mayAsk(elicitation) {
		p.ruling = policy.Deny("%s, and the client cannot ask its user", by.Rule)
		return
	}
	if !f.prompt(x, p) {
		p.ruling = policy.Deny("%s: the user did not agree", by.Rule)
		return
	}
	p.ruling = policy.Ruling{Rule: by.Rule + ": the user agreed"}
	f.count(p)
}
