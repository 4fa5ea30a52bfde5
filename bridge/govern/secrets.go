package govern

import (
	"strings"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/policy"
	"ucbridge/bridge/redact"
)

// clear deals with the secrets in a request that may pass otherwise. The server's own
// requestState is left alone: it is often a token of the form of one.
func (f *Filter) clear(x *exchange, p *part) {
	method, _ := mcp.Lookup(p.request.Method)
	if f.g.secrets.Arguments == policy.SecretOff || p.ruling.Denied || !method.ModelWrites || p.request.Params == nil {
		return
	}
	state, stateful := jsonrpc.Find(p.request.Params, "requestState")
	params := p.request.Params
	if stateful {
		params = jsonrpc.Splice(params, state, []byte("null"))
	}
	masked, kinds := redact.Value(params)
	if kinds == nil {
		return
	}
	p.secrets = kinds
	refused := policy.Deny("secrets.arguments (%s): the arguments hold a %s", f.g.secrets.ArgumentsAt, strings.Join(kinds, ", a "))
	at, ok := jsonrpc.Find(p.request.Raw, "params")
	if f.g.secrets.Arguments == policy.SecretBlock || x.message.Batch != nil || !ok {
		p.ruling = refused
		return
	}
	if stateful {
		masked = jsonrpc.Set(masked, p.request.Params[state.Start:state.End], "requestState")
	}
	m, err := jsonrpc.Parse(jsonrpc.Splice(p.request.Raw, at, masked))
	if err != nil { // two names that are secrets have become one
		p.ruling = refused
		return
	}
	if about, err := subjectOf(m); err != nil || !about.is(p.about) { // what it is about was ruled on as it was
		p.ruling = refused
		return
	}
	f.open.replace(x, p, m)
}

// resultTexts are the places where a server's words reach a model. States and cursors
// are not among them: they go back to the server and must not be touched.
func resultTexts() [][]string {
	return [][]string{
		{"result", "content"}, {"result", "structuredContent"}, {"result", "contents"}, {"result", "messages"},
		{"error", "message"}, {"error", "data"},
		{"result", "result"}, {"result", "error"}, // of a task (2026-07-28, extension io.modelcontextprotocol/tasks)
	}
}

// notificationTexts are the places where a notification of the server does.
func notificationTexts(method string) [][]string {
	switch method {
	case "notifications/message":
		return [][]string{{"params", "data"}}
	case "notifications/tasks":
		return [][]string{{"params", "result"}, {"params", "error"}}
	}
	return nil
}
