package govern

import (
	"cmp"
	"context"
	"crypto/rand"
	"strings"
	"time"

	"ucbridge/bridge/audit"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/policy"
	"ucbridge/bridge/redact"
	"ucbridge/bridge/refusal"
)

// row begins the row of a part, with what is known when it comes in.
func (f *Filter) row(p *part) audit.Entry {
	r := audit.Entry{Row: audit.Row{
		Time: p.began.UTC(), Connection: f.g.name, User: f.user, Client: f.client.nameIn(p.request), Method: audit.MaskName(p.request.Method),
		Verdict: "allow", Rule: p.ruling.Rule, RequestBytes: len(p.request.Raw), Secrets: p.secrets,
	}, RawArguments: p.about.arguments}
	if p.ruling == policy.Passes() {
		r.Rule = ""
	}
	switch p.about.kind {
	case aboutTool:
		r.Tool = audit.MaskName(p.about.name)
	case aboutPrompt:
		r.Prompt = audit.MaskName(p.about.name)
	case aboutResource, aboutTemplate:
		r.URI = audit.MaskName(strings.Join(p.about.uris, " "))
	}
	r.Ambiguous, r.Call = audit.MaskName(p.ambiguous), p.call
	r.Traceparent = audit.MaskName(cmp.Or(f.traceparent, jsonrpc.Text(p.request.Field("_meta"), "traceparent")))
	switch {
	case p.question != nil:
		r.Verdict = "ask"
	case p.ruling.Denied || p.beside:
		r.Verdict = "deny"
		r.Rule, _ = redact.Text(r.Rule) // it may quote what was asked for
	}
	return r
}

// recordBegun writes the rows that must stand in the log before the requests of x leave.
// Where that fails they do not leave.
func (f *Filter) recordBegun(ctx context.Context, x *exchange) {
	if x.denied() != nil {
		return
	}
	var rows []audit.Entry
	for _, p := range x.parts {
		if p.early {
			p.call = rand.Text()
			r := f.row(p)
			r.Status = audit.Begun
			rows = append(rows, r)
		}
	}
	if len(rows) == 0 {
		return
	}
	if by := f.rules().logs.Commit(ctx, rows...); by.Denied {
		for _, p := range x.parts {
			p.ruling = by
		}
	}
}

// nameIn is the name of the client that sent a request.
func (c *clientInfo) nameIn(request jsonrpc.Message) string {
	if info := jsonrpc.Value(request.Field("_meta"), mcp.MetaClientInfo); info != nil {
		return clientName(info)
	}
	name, _, _ := c.get()
	return name
}

// record writes the row of a request that was answered, by the server or here, with
// so many bytes; a nil answer says that nobody will.
func (f *Filter) record(p *part, answer *jsonrpc.Message, size int) {
	if f.rules().logs == nil || p.resumed && answer == nil {
		return
	}
	r := f.row(p)
	r.Duration = float64(time.Since(p.began).Microseconds()) / 1000
	r.ResponseBytes, r.Cut = size, p.cut
	r.RequestID, r.TraceID = p.trace.RequestID, p.trace.ID
	if p.sent {
		r.Route = f.g.route()
	}
	r.Status = "none"
	if answer != nil {
		r.Judge(*answer)
	}
	f.rules().logs.Write(&r)
}

// Refused writes the rows of a message that somebody else has refused.
func (f *Filter) Refused(m jsonrpc.Message, e *refusal.Error) {
	for _, r := range mcp.Messages(m) {
		if r.IsResponse() {
			continue
		}
		about, err := subjectOf(r)
		p := &part{request: r, about: about, began: time.Now(), ruling: policy.Deny("%s", e.Message), refused: e}
		if err != nil {
			p.ambiguous = err.Error()
		}
		answer := jsonrpc.MustParse(e.Response(r.ID))
		f.record(p, &answer, len(answer.Raw))
	}
}

// RecordHidden writes the row of a call that was not made, as the client was told that
// there is no such tool, where the server has listed the tool and the policy hides it.
func (c *Gate) RecordHidden(call jsonrpc.Message) { recordHidden(c.filter, call) }

// RecordHidden is [Gate.RecordHidden] for one of many clients.
func (g *Governor) RecordHidden(r Request, call jsonrpc.Message) {
	recordHidden(g.ForRequest(context.Background(), r), call)
}

func recordHidden(f *Filter, call jsonrpc.Message) {
	about, err := subjectOf(call)
	if err != nil || about.kind != aboutTool || f.g.Idle() {
		return
	}
	tool, listed := f.tools.listed(about.name)
	under := f.rules()
	if by := under.forLists.Tool(tool); listed && by.Denied {
		p := &part{request: call, about: about, tool: tool, under: under, ruling: by, began: time.Now()}
		answer := jsonrpc.MustParse(under.denial(p))
		f.record(p, &answer, len(answer.Raw))
	}
}

// recordOwn writes the row of a request of the bridge's own for a user.
func (g *Governor) recordOwn(user, method string, began time.Time, answer jsonrpc.Message, err error) {
	logs := g.rules().logs
	if logs == nil {
		return
	}
	r := audit.Entry{Row: audit.Row{Time: began.UTC(), Connection: g.name, User: user, Route: g.route(), Client: refusal.Source, Method: method, Verdict: "allow", Status: "none",
		Duration: float64(time.Since(began).Microseconds()) / 1000, ResponseBytes: len(answer.Raw)}}
	if err == nil {
		r.Judge(answer)
	}
	logs.Write(&r)
}
