package govern

import (
	"encoding/json"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
)

// refuse returns the answer to an exchange that was not handed on, nil where none
// is due. One message that may not pass keeps back the whole batch that it is in.
func (f *Filter) refuse(x *exchange) []byte {
	f.open.drop(x)
	var answers [][]byte
	for _, p := range x.parts {
		if p.request.ID == nil {
			if p.ruling.Denied { // nobody else is told
				f.record(p, nil, 0)
				f.g.log.Warn("dropping a notification of the client", "method", refusal.Quote(p.request.Method), "rule", p.ruling.Rule)
			}
			continue
		}
		var answer []byte
		if p.ruling.Denied {
			answer = f.rules().denial(p)
		} else {
			p.beside = true
			answer = refusal.New(refusal.BatchDenied, "Nothing in the batch was sent, because the policy denies one of its messages.").
				WithHint("send each message by itself").Response(p.request.ID)
		}
		m, err := jsonrpc.Parse(answer)
		if err != nil { // it was made here
			panic(err)
		}
		f.record(p, &m, len(answer))
		answers = append(answers, answer)
	}
	switch {
	case len(answers) == 0:
		return nil
	case x.message.Batch != nil:
		return array(answers)
	}
	return answers[0]
}

// denial is the answer to a request that may not pass: a tool error for a call,
// which AI clients show to the model, an error for all else.
func (r *ruleset) denial(p *part) []byte {
	if p.question != nil {
		return p.question
	}
	e := p.refused
	if e == nil {
		e = r.worded(p)
	}
	if p.request.Method != mcp.CallTool || e.Code == jsonrpc.CodeInvalidRequest {
		return e.Response(p.request.ID)
	}
	return toolError(p.request, e.Error())
}

func (r *ruleset) worded(p *part) *refusal.Error {
	reason, what := refusal.PolicyDenied, "This"
	switch p.about.kind {
	case aboutTool:
		what = "The tool " + quoted(p.about.name)
	case aboutPrompt:
		what = "The prompt " + quoted(p.about.name)
	case aboutResource, aboutTemplate:
		if len(p.about.uris) > 0 { // a subscription may be about none
			what = "The resource " + quoted(p.about.uris[0])
		}
	case aboutUnknown:
		what = "The method " + quoted(p.about.name)
	}
	if r.policy.Broken != nil {
		reason = refusal.PolicyUnreadable
	}
	e := refusal.New(reason, "%s was blocked by ucbridge policy: %s.", what, p.ruling.Rule)
	if p.about.kind == aboutUnknown {
		e.Code = jsonrpc.CodeMethodNotFound
	}
	if r.policy.Broken != nil {
		return e.WithHint("ucbridge policy check")
	}
	return e
}

func quoted(name string) string { return `"` + refusal.Quote(name) + `"` }

// toolError is the result of a call that failed, in words for the model.
func toolError(request jsonrpc.Message, words string) []byte {
	type content struct {
		Type string `json:"type"`
		Text string `json:"text"`
	}
	result := struct {
		ResultType string    `json:"resultType,omitempty"`
		Content    []content `json:"content"`
		IsError    bool      `json:"isError"`
	}{Content: []content{{"text", words}}, IsError: true}
	if request.Revision != "" {
		result.ResultType = "complete"
	}
	raw, err := json.Marshal(result)
	if err != nil { // strings alone are in it
		panic(err)
	}
	return jsonrpc.Result(request.ID, raw)
}
