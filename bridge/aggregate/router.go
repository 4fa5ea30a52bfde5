package aggregate

import (
	"bytes"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
)

// router gives requests to the servers that they belong to.
type router struct {
	set       *memberSet
	directory *directory
	replies   *replies
	tasks     *taskOwners
	listeners *listeners
	notices   *notices
	lister    *lister
	search    bool
}

// use sends a request to the server whose tool or prompt it names.
func (rt *router) use(r *request, m jsonrpc.Message) {
	r.takesInput = true
	name := jsonrpc.Text(m.Field("name"))
	list := listOf(m.Method)
	if t, ok := rt.directory.wasShown(list, name); ok {
		rt.send(r, t.of, m, renamed(m.Raw, name, t.name))
		return
	}
	rt.replies.run(r, func() {
		t, ok := rt.find(list, name)
		if !ok {
			rt.refuseUnknown(r, m, name)
			return
		}
		rt.send(r, t.of, m, renamed(m.Raw, name, t.name))
	})
}

// find returns what the client means by the name of a tool or prompt. It may be that of a
// server which has yet to answer.
func (rt *router) find(list, name string) (target, bool) {
	if t, ok := rt.directory.find(list, name); ok {
		return t, true
	}
	rt.set.gatherAll(list)
	if t, ok := rt.directory.find(list, name); ok {
		return t, true
	}
	return rt.directory.unlisted(list, name)
}

// renamed returns a request with the name that the server knows.
func renamed(raw []byte, name, own string) []byte {
	if name == own {
		return raw
	}
	return jsonrpc.Set(raw, quote(own), "params", "name")
}

// refuseUnknown answers a request for a tool or prompt that no server lists (2025-11-25,
// Tools, "Error Handling"). Where policies hide a tool of that name its call is recorded, as
// it is under the server's name; the client hears nothing of it.
func (rt *router) refuseUnknown(r *request, m jsonrpc.Message, name string) {
	kind := "prompt"
	if m.Method == mcp.CallTool {
		kind = "tool"
		for _, s := range rt.set.active() {
			if s.RecordHidden != nil {
				s.RecordHidden(m)
			}
		}
	}
	rt.replies.refuse(r, &refusal.Error{
		Code: mcp.CodeInvalidParams, Message: fmt.Sprintf("Unknown %s: %s", kind, refusal.Quote(name)),
		Data: refusal.Data{Source: refusal.Source, Reason: refusal.NotCarried, Hint: "list what there is again; " + statusTool + " tells which servers can be reached"},
	})
}

// reach sends a request to the server whose resource, template or prompt it names.
func (rt *router) reach(r *request, m jsonrpc.Message) {
	r.takesInput = m.Method == "resources/read"
	if m.Method == "completion/complete" && jsonrpc.Text(m.Params, "ref", "type") == "ref/prompt" {
		rt.completePrompt(r, m)
		return
	}
	uri := jsonrpc.Text(m.Field("uri"))
	find := rt.directory.resource
	if m.Method == "completion/complete" {
		uri, find = jsonrpc.Text(m.Params, "ref", "uri"), rt.directory.template
	}
	rt.replies.run(r, func() {
		to := find(uri)
		if to == nil {
			rt.set.gatherAll(mcp.ListResources, mcp.ListTemplates)
			to = find(uri)
		}
		if to == nil {
			rt.refuseResource(r, uri)
			return
		}
		rt.send(r, to, m, m.Raw)
	})
}

// refuseResource answers that no server has a resource (2026-07-28, Resources, "Error
// Handling"; another code until 2025-11-25).
func (rt *router) refuseResource(r *request, uri string) {
	e := &refusal.Error{
		Code: codeResourceNotFound, Message: "Resource not found: " + refusal.Quote(uri),
		Data: refusal.Data{Source: refusal.Source, Reason: refusal.NotCarried, Hint: "use an address that a server lists; " + statusTool + " tells which servers can be reached"},
	}
	if r.modern {
		e.Code = mcp.CodeInvalidParams
	}
	if rt.replies.requests.cancel(r.id) != nil {
		rt.replies.emit(jsonrpc.Set(e.Response(r.id), quote(uri), "error", "data", "uri"))
	}
}

// codeResourceNotFound is MCP's code for a resource that is not there (2025-11-25,
// Resources, "Error Handling").
const codeResourceNotFound = -32002

func (rt *router) completePrompt(r *request, m jsonrpc.Message) {
	name := jsonrpc.Text(m.Params, "ref", "name")
	rt.replies.run(r, func() {
		t, ok := rt.find(mcp.ListPrompts, name)
		if !ok {
			rt.refuseUnknown(r, m, name)
			return
		}
		raw := m.Raw
		if t.name != name {
			raw = jsonrpc.Set(raw, quote(t.name), "params", "ref", "name")
		}
		rt.send(r, t.of, m, raw)
	})
}

// send gives a request to a server; raw is m, or m with another name in it.
func (rt *router) send(r *request, to *member, m jsonrpc.Message, raw []byte) {
	if r.modern && !to.isModern() {
		rt.sendOlder(r, to, raw)
		return
	}
	if len(raw) != len(m.Raw) || !bytes.Equal(raw, m.Raw) {
		m = jsonrpc.MustParse(raw)
	}
	rt.hand(r, to, r.id, m)
}

// hand gives a request to a server under an id there, unless the client has cancelled it. A
// cancellation from here on comes behind it.
func (rt *router) hand(r *request, to *member, sent jsonrpc.ID, m jsonrpc.Message) {
	to.handing.Lock()
	defer to.handing.Unlock()
	if rt.replies.requests.route(r, to, sent) {
		to.conv.Handle(m)
	}
}

// errorOf is the error of a server's answer, in Go; a [*refusal.Error] where it is the
// bridge's own.
func errorOf(answer jsonrpc.Message) error {
	if own := refusal.Read(answer.Error); own != nil {
		return own
	}
	return fmt.Errorf("the server answers with an error: %s", refusal.Quote(jsonrpc.Text(answer.Error, "message")))
}

// quote returns a name as JSON. Names were read from JSON, so they can be written.
func quote(name string) []byte {
	quoted, err := jsontext.AppendQuote(nil, name)
	if err != nil { // a lone surrogate
		quoted, _ = jsontext.AppendQuote(nil, string(bytes.ToValidUTF8([]byte(name), []byte("\uFFFD"))))
	}
	return quoted
}
