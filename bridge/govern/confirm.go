package govern

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strconv"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/policy"
	"ucbridge/bridge/refusal"
)

// confirmName is the member of the form that the user fills in, and the key of the
// question in an input_required result.
const confirmName = "ucbridge_confirm"

// form is the question as the params of elicitation/create (2025-06-18, Elicitation).
func (c *Gate) form(p *part) []byte {
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
		fmt.Sprintf("Run %s on %s? Arguments: %s", quoted(p.about.name), c.name, refusal.Quote(string(jsonrpc.Value(p.request.Params, "arguments")))),
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
func (c *Gate) confirm(x *exchange, p *part) {
	by, must := c.policy.Confirm(p.tool)
	if !must || p.ruling.Denied {
		return
	}
	if jsonrpc.Value(p.request.Params, "_meta", metaVersion) != nil {
		c.confirmModern(x, p, by)
		return
	}
	c.mu.Lock()
	capability := c.elicitation
	c.mu.Unlock()
	if c.visitor || !mayAsk(capability) {
		p.ruling = c.cannotAsk(by)
		return
	}
	if !c.ask(x, p) {
		p.ruling = policy.Deny("%s: the user did not agree", by.Rule)
		return
	}
	p.ruling = policy.Ruling{Rule: by.Rule + ": the user agreed"}
	c.count(p)
}

// ask puts the question to the user as a request of the bridge's own, and reports
// whether the answer was yes. It waits for as long as the client waits for its call.
func (c *Gate) ask(x *exchange, p *part) bool {
	id := strconv.Quote("ucbridge-confirm-" + rand.Text())
	answer := make(chan jsonrpc.Message, 1)
	c.mu.Lock()
	c.questions[id] = answer
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.questions, id)
		c.mu.Unlock()
	}()
	c.out(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%s,"method":"elicitation/create","params":%s}`, id, c.form(p)))
	select {
	case m := <-answer:
		return confirmed(m.Result)
	case <-x.gone:
		c.out(fmt.Appendf(nil, `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":%s,"reason":"the call was cancelled"}}`, id))
	case <-c.asking.Done():
	}
	return false
}

// answered takes the client's answer to a question of the bridge's own, and reports
// whether it was one.
func (c *Gate) answered(m jsonrpc.Message) bool {
	c.mu.Lock()
	answer := c.questions[string(m.ID)]
	delete(c.questions, string(m.ID))
	c.mu.Unlock()
	if answer == nil {
		return false
	}
	answer <- m
	return true
}
