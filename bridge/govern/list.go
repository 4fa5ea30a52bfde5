package govern

import (
	"fmt"
	"log/slog"

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
	changed := f.rules().changed(method, entries)
	var tools map[string]policy.Tool
	if method == mcp.ListTools {
		tools = readTools(entries, changed)
		cursor := request.Field("cursor")
		f.tools.learn(tools, cursor == nil || string(cursor) == "null")
	}
	at, _ := jsonrpc.Find(answer.Raw, "result", list.Member) // it was read just now
	rules := f.rules()
	return jsonrpc.Retain(answer.Raw, at, func(element []byte) bool {
		values, err := strictjson.Read(element, list.Key)
		if err != nil {
			return false
		}
		name, ok := strictjson.Text(values[0])
		if ok && method != mcp.ListTools {
			f.lists.learn(method, name)
		}
		owned := method == mcp.ListTools && tools[name].Name != "" && f.owns(name)
		return ok && !changed[pins.Key(method, name)] && (owned || rules.shows(method, name, tools, f.g.log))
	}), nil
}

// changed returns the keys of those entries of a list that are blocked because
// they are not what they were when they were first seen.
func (r *ruleset) changed(method string, entries []byte) map[string]bool {
	if r.pins == nil {
		return nil
	}
	changed := r.pins.Check(method, entries)
	if r.pinning.Mode != policy.PinEnforce {
		return nil
	}
	return changed
}

// withoutChangedInstructions returns what a server says of itself, without its
// instructions where they have changed and that matters: they reach the model before
// anything else does.
func (r *ruleset) withoutChangedInstructions(answer jsonrpc.Message) []byte {
	if r.pins == nil || !r.pins.CheckInstructions(answer.Result) || r.pinning.Mode != policy.PinEnforce {
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

// shows reports whether an entry of a list may be shown; tools are those of a list of
// tools.
func (r *ruleset) shows(method, name string, tools map[string]policy.Tool, log *slog.Logger) bool {
	ruling := r.listed(method, name, tools)
	if ruling.Denied {
		log.Debug("hiding an entry of a list", "method", method, "name", refusal.Quote(name), "rule", ruling.Rule)
	}
	return !ruling.Denied
}

// listed rules on the place of an entry in its list.
func (r *ruleset) listed(method, name string, tools map[string]policy.Tool) policy.Ruling {
	switch method {
	case mcp.ListTools:
		if t, ok := tools[name]; ok {
			return r.forLists.Tool(t)
		}
		return policy.Deny("it cannot be read")
	case mcp.ListPrompts:
		return r.forLists.Prompt(name)
	case mcp.ListResources:
		return r.forLists.Resource(name)
	default:
		return r.forLists.Template(name)
	}
}

func unreadableList(err error) *refusal.Error {
	return refusal.New(refusal.PolicyUnreadableList, "The server's list is ambiguous, so it is not shown.").Because(err)
}
