package govern

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"ucbridge/bridge/confusable"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/policy"
)

// confirmName is the member of the form that the user fills in, and the key of the
// question in an input_required result.
const confirmName = "ucbridge_confirm"

// maxQuestion is how many bytes of a call are shown to the user. What is longer nobody
// reads, and clients cut it.
const maxQuestion = 4000

// form is the question as the params of elicitation/create (2025-06-18, Elicitation);
// shown describes the call.
// It shows all that the server acts on, or there is no question: what a user did not see
// they have not agreed to.
func (g *Governor) form(p *part, shown string) ([]byte, error) {
	type property struct {
		Type  string `json:"type"`
		Title string `json:"title"`
	}
	type schema struct {
		Type       string              `json:"type"`
		Properties map[string]property `json:"properties"`
		Required   []string            `json:"required"`
	}
	if len(shown) > maxQuestion {
		return nil, fmt.Errorf("the call has %d bytes, and at most %d can be shown to the user", len(shown), maxQuestion)
	}
	return json.Marshal(struct {
		Message string `json:"message"`
		Schema  schema `json:"requestedSchema"`
	}{
		fmt.Sprintf("Run %s on %s?%s", quoted(p.about.name), g.name, shown),
		schema{"object", map[string]property{confirmName: {"boolean", "Run it"}}, []string{confirmName}},
	})
}

// describe shows the arguments of a call, one a line and as they are spelled, and what
// else the server is sent, but for the members that without names.
func describe(call jsonrpc.Message, without ...string) string {
	var b strings.Builder
	for _, m := range mcp.CallMembers(call.Params) {
		if m.Beside != "" && slices.Contains(without, m.Name) {
			continue
		}
		b.WriteByte('\n')
		if m.Beside != "" {
			fmt.Fprintf(&b, "(%s) ", m.Beside)
		}
		fmt.Fprintf(&b, "%s: %s", confusable.RevealName(m.Name), confusable.RevealName(oneLine(m.Value)))
	}
	return b.String()
}

// oneLine is a JSON value without the white space between its tokens; the bytes of each
// token stay.
func oneLine(value []byte) string {
	compact := jsontext.Value(bytes.Clone(value))
	if err := compact.Compact(jsontext.AllowDuplicateNames(true)); err != nil {
		return string(value)
	}
	return string(compact)
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
func (f *Filter) confirm(ctx context.Context, x *exchange, p *part) {
	if p.ruling.Denied || !p.judged.asks {
		return
	}
	counted := p.hold(f.limits) // nobody is asked about a call that a limit denies
	if p.ruling.Denied {
		return
	}
	by := p.judged.asking
	modern := p.request.Revision != ""
	if f.approver != nil && (!modern || !mayAsk(jsonrpc.Value(p.request.Params, "_meta", mcp.MetaCapabilities, "elicitation"))) {
		f.confirmElsewhere(ctx, p, by, counted)
		return
	}
	counted.giveBack() // it counts once it is made
	if modern {
		f.confirmModern(x, p, by)
		return
	}
	if f.prompt == nil { // the answer to a question could arrive anywhere
		p.ruling = policy.Deny("%s, and over HTTP the user can be asked in MCP 2026-07-28 only; ucbridge stdio can ask in every revision", by.Rule)
		return
	}
	form, err := f.g.form(p, describe(p.request))
	if err != nil {
		p.ruling = policy.Deny("%s: %v", by.Rule, err)
		return
	}
	if _, _, elicitation := f.client.get(); !mayAsk(elicitation) {
		p.ruling = policy.Deny("%s, and the client cannot ask its user", by.Rule)
		return
	}
	if !f.prompt(x, form) {
		p.ruling = policy.Deny("%s: the user did not agree", by.Rule)
		return
	}
	p.ruling = policy.Ruling{Rule: by.Rule + ": the user agreed"}
	p.count(f.limits)
}
