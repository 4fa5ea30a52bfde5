package govern

import (
	"fmt"
	"strings"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/pins"
	"ucbridge/bridge/policy"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/strictjson"
)

// list is how the result of a list method is read.
type list struct {
	member string // of the result, an array
	key    string // of an element, what a policy names it by
}

var lists = map[string]list{
	"tools/list":               {"tools", "name"},
	"prompts/list":             {"prompts", "name"},
	"resources/list":           {"resources", "uri"},
	"resources/templates/list": {"resourceTemplates", "uriTemplate"},
}

// entries returns where the array of a list stands in the bytes of a response.
func (l list) entries(answer jsonrpc.Message) (jsonrpc.Span, error) {
	if err := strictjson.Envelope(answer); err != nil {
		return jsonrpc.Span{}, err
	}
	values, err := strictjson.Read(answer.Result, l.member, "nextCursor")
	if err != nil {
		return jsonrpc.Span{}, err
	}
	at, ok := jsonrpc.Find(answer.Raw, "result", l.member)
	if !ok || len(values[0]) == 0 || values[0][0] != '[' {
		return jsonrpc.Span{}, fmt.Errorf("no array %q", l.member)
	}
	return at, nil
}

// readTools reads a page of tools. Of several of one name the worst counts.
func readTools(answer jsonrpc.Message) (map[string]policy.Tool, error) {
	at, err := lists["tools/list"].entries(answer)
	if err != nil {
		return nil, err
	}
	page := make(map[string]policy.Tool)
	for _, element := range jsonrpc.Elements(answer.Raw[at.Start:at.End]) {
		t, err := policy.ReadTool(element)
		if err != nil {
			continue // not shown, and not callable
		}
		if twin, ok := page[t.Name]; ok {
			t = t.Worse(twin)
		}
		page[t.Name] = t
	}
	return page, nil
}

// filter returns the bytes of a list with those entries alone that may be shown.
// The error says that the list cannot be read.
func (c *Gate) filter(request, answer jsonrpc.Message) ([]byte, error) {
	method := request.Method
	l := lists[method]
	at, err := l.entries(answer)
	if err != nil {
		return nil, err
	}
	var tools map[string]policy.Tool
	if method == "tools/list" {
		if tools, err = c.readTools(answer); err != nil {
			return nil, err
		}
		cursor := request.Field("cursor")
		c.tools.learn(tools, cursor == nil || string(cursor) == "null")
	}
	changed := c.changed(method, answer.Raw[at.Start:at.End])
	return jsonrpc.Retain(answer.Raw, at, func(element []byte) bool {
		values, err := strictjson.Read(element, l.key)
		if err != nil {
			return false
		}
		name, ok := strictjson.Text(values[0])
		return ok && !changed[pins.Key(method, name)] && c.shows(method, name, tools)
	}), nil
}

// readTools reads a page of tools and notes which are not what they were.
func (c *Governor) readTools(answer jsonrpc.Message) (map[string]policy.Tool, error) {
	tools, err := readTools(answer)
	if err != nil || c.pins == nil {
		return tools, err
	}
	for key := range c.changed("tools/list", jsonrpc.Value(answer.Result, "tools")) {
		name := strings.TrimPrefix(key, "tool ")
		if t, ok := tools[name]; ok {
			t.Changed = true
			tools[name] = t
		}
	}
	return tools, nil
}

// changed returns the keys of those entries of a list that are blocked because
// they are not what they were when they were first seen.
func (c *Governor) changed(method string, entries []byte) map[string]bool {
	if c.pins == nil {
		return nil
	}
	changed := c.pins.Check(method, entries)
	if c.pinning.Mode != policy.PinEnforce {
		return nil
	}
	return changed
}

// owns reports whether calls to that tool are answered by the bridge itself.
func (c *Gate) owns(tool string) bool { return c.server != nil && c.server.Owns(tool) }

// shows reports whether an entry of a list may be shown.
func (c *Gate) shows(method, name string, tools map[string]policy.Tool) bool {
	var ruling policy.Ruling
	switch method {
	case "tools/list":
		t, ok := tools[name]
		if !ok {
			return false
		}
		if c.owns(name) {
			return true
		}
		ruling = c.policy.Tool(t)
	case "prompts/list":
		ruling = c.policy.Prompt(name)
	case "resources/list":
		ruling = c.policy.Resource(name)
	default:
		ruling = c.policy.Template(name)
	}
	if ruling.Denied {
		c.log.Debug("hiding an entry of a list", "method", method, "name", refusal.Quote(name), "rule", ruling.Rule)
	}
	return !ruling.Denied
}
