package govern

import (
	"fmt"

	"ucbridge/bridge/confusable"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/pins"
	"ucbridge/bridge/policy"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/strictjson"
)

// entriesOf returns the array of a list in the result of its method.
func entriesOf(result []byte, list mcp.List) ([]byte, error) {
	values, err := strictjson.Read(result, list.Member, "nextCursor")
	if err != nil {
		return nil, err
	}
	if len(values[0]) == 0 || values[0][0] != '[' {
		return nil, fmt.Errorf("no array %q", list.Member)
	}
	return values[0], nil
}

// readTools reads the entries of a page of tools; changed has the keys of those that
// are not what they were. If a name occurs more than once, the most restrictive entry
// wins.
func readTools(entries []byte, changed map[string]bool) map[string]policy.Tool {
	page := make(map[string]policy.Tool)
	for _, element := range jsonrpc.Elements(entries) {
		t, err := policy.ReadTool(element)
		if err != nil {
			continue // not shown, and not callable
		}
		t.Changed = changed[pins.Key(mcp.ListTools, t.Name)]
		if twin, ok := page[t.Name]; ok {
			t = t.Worse(twin)
		}
		page[t.Name] = t
	}
	return page
}

// filterList returns the bytes of a list with those entries alone that may be shown.
// The error says that the list cannot be read.
func (f *Filter) filterList(request, answer jsonrpc.Message, list mcp.List) ([]byte, error) {
	if err := strictjson.Envelope(answer); err != nil {
		return nil, err
	}
	entries, err := entriesOf(answer.Result, list)
	if err != nil {
		return nil, err
	}
	method := request.Method
	changed := f.g.changed(method, entries)
	var tools map[string]policy.Tool
	if method == mcp.ListTools {
		tools = readTools(entries, changed)
		cursor := request.Field("cursor")
		f.tools.learn(tools, cursor == nil || string(cursor) == "null")
	}
	at, _ := jsonrpc.Find(answer.Raw, "result", list.Member) // it was read just now
	return jsonrpc.Retain(answer.Raw, at, func(element []byte) bool {
		values, err := strictjson.Read(element, list.Key)
		if err != nil {
			return false
		}
		name, ok := strictjson.Text(values[0])
		return ok && !changed[pins.Key(method, name)] && f.shows(method, name, tools)
	}), nil
}

// changed returns the keys of those entries of a list that are blocked because
// they are not what they were when they were first seen.
func (g *Governor) changed(method string, entries []byte) map[string]bool {
	if g.rules().pins == nil {
		return nil
	}
	changed := g.rules().pins.Check(method, entries)
	if g.rules().pinning.Mode != policy.PinEnforce {
		return nil
	}
	return changed
}

// withoutChangedInstructions returns what a server says of itself, without its
// instructions where they have changed and that matters: they reach the model before
// anything else does.
func (g *Governor) withoutChangedInstructions(answer jsonrpc.Message) []byte {
	if g.rules().pins == nil || !g.rules().pins.CheckInstructions(answer.Result) || g.rules().pinning.Mode != policy.PinEnforce {
		return answer.Raw
	}
	raw := answer.Raw
	for _, m := range jsonrpc.Members(answer.Result) {
		if confusable.Skeleton(m.Name) == "instructions" { // by any reader's name
			raw = jsonrpc.Remove(raw, "result", m.Name)
		}
	}
	return raw
}

// shows reports whether an entry of a list may be shown.
func (f *Filter) shows(method, name string, tools map[string]policy.Tool) bool {
	var ruling policy.Ruling
	switch method {
	case mcp.ListTools:
		t, ok := tools[name]
		if !ok {
			return false
		}
		if f.owns(name) {
			return true
		}
		ruling = f.g.rules().policy.Tool(t)
	case mcp.ListPrompts:
		ruling = f.g.rules().policy.Prompt(name)
	case "resources/list":
		ruling = f.g.rules().policy.Resource(name)
	default:
		ruling = f.g.rules().policy.Template(name)
	}
	if ruling.Denied {
		f.g.log.Debug("hiding an entry of a list", "method", method, "name", refusal.Quote(name), "rule", ruling.Rule)
	}
	return !ruling.Denied
}

func unreadableList(err error) *refusal.Error {
	e := refusal.New(refusal.PolicyUnreadableList, "The server's list cannot be read without doubt, and so it is not shown.")
	e.Data.Detail = refusal.Quote(fmt.Sprint(err))
	return e
}
