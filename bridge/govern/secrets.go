package govern

import (
	"strings"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/policy"
	"ucbridge/bridge/redact"
)

// carriers are the methods whose params hold what a model wrote.
var carriers = map[string]bool{
	"tools/call": true, "prompts/get": true, "completion/complete": true,
	"resources/read": true, "resources/subscribe": true, "resources/unsubscribe": true, "tasks/update": true,
}

// clear deals with the secrets in a request that may pass otherwise. The server's own
// requestState is left alone: it is often a token of the form of one.
func (c *Gate) clear(x *exchange, p *part) {
	if c.secrets.Arguments == policy.SecretOff || p.ruling.Denied || !carriers[p.request.Method] || p.request.Params == nil {
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
	refused := policy.Deny("secrets.arguments (%s): the arguments hold a %s", c.secrets.ArgumentsAt, strings.Join(kinds, ", a "))
	at, ok := jsonrpc.Find(p.request.Raw, "params")
	if c.secrets.Arguments == policy.SecretBlock || x.message.Batch != nil || !ok {
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
	c.replace(x, p, m)
}

// masking are the places where a server's words reach a model. States and cursors
// are not among them: they go back to the server and must not be touched.
var masking = [][]string{
	{"result", "content"}, {"result", "structuredContent"}, {"result", "contents"}, {"result", "messages"},
	{"error", "message"}, {"error", "data"},
	{"result", "result"}, {"result", "error"}, // of a task (2026-07-28, extension io.modelcontextprotocol/tasks)
}

// telling are the places where notifications of a server do.
var telling = map[string][][]string{
	"notifications/message": {{"params", "data"}},
	"notifications/tasks":   {{"params", "result"}, {"params", "error"}},
}
