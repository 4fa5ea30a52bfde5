package govern

import (
	"errors"
	"fmt"
	"strings"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/refusal"
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
	if err := readEnvelope(answer); err != nil {
		return jsonrpc.Span{}, err
	}
	values, err := read(answer.Result, l.member, "nextCursor")
	if err != nil {
		return jsonrpc.Span{}, err
	}
	at, ok := jsonrpc.Find(answer.Raw, "result", l.member)
	if !ok || len(values[0]) == 0 || values[0][0] != '[' {
		return jsonrpc.Span{}, fmt.Errorf("no array %q", l.member)
	}
	return at, nil
}

// readTool reads a listed tool.
func readTool(element []byte) (Tool, error) {
	values, err := read(element, "name", "annotations", "description", "inputSchema")
	if err != nil {
		return Tool{}, err
	}
	name, ok := text(values[0])
	if !ok {
		return Tool{}, errors.New("its name is not a text")
	}
	t := Tool{Name: name, Destructive: true}
	if values[1] == nil || string(values[1]) == "null" {
		return t, nil
	}
	hints, err := read(values[1], "readOnlyHint", "destructiveHint")
	if err != nil {
		return Tool{}, err
	}
	t.ReadOnly = string(hints[0]) == "true"
	t.Destructive = !t.ReadOnly && string(hints[1]) != "false"
	return t, nil
}

// worse is what must be assumed of two tools of one name.
func (t Tool) worse(twin Tool) Tool {
	t.ReadOnly, t.Destructive, t.Changed = t.ReadOnly && twin.ReadOnly, t.Destructive || twin.Destructive, t.Changed || twin.Changed
	return t
}

// readTools reads a page of tools. Of several of one name the worst counts.
func readTools(answer jsonrpc.Message) (map[string]Tool, error) {
	at, err := lists["tools/list"].entries(answer)
	if err != nil {
		return nil, err
	}
	page := make(map[string]Tool)
	for _, element := range jsonrpc.Elements(answer.Raw[at.Start:at.End]) {
		t, err := readTool(element)
		if err != nil {
			continue // not shown, and not callable
		}
		if twin, ok := page[t.Name]; ok {
			t = t.worse(twin)
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
	var tools map[string]Tool
	if method == "tools/list" {
		if tools, err = c.readTools(answer); err != nil {
			return nil, err
		}
		cursor := request.Field("cursor")
		c.tools.learn(tools, cursor == nil || string(cursor) == "null")
	}
	changed := c.changed(method, answer.Raw[at.Start:at.End])
	return jsonrpc.Retain(answer.Raw, at, func(element []byte) bool {
		values, err := read(element, l.key)
		if err != nil {
			return false
		}
		name, ok := text(values[0])
		return ok && !changed[pinKey(method, name)] && c.shows(method, name, tools)
	}), nil
}

// readTools reads a page of tools and notes which are not what they were.
func (c *Governor) readTools(answer jsonrpc.Message) (map[string]Tool, error) {
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
	if c.pins == nil || defining[method] == nil {
		return nil
	}
	seen := make(map[string]Definition)
	var doubtful []string
	for _, element := range jsonrpc.Elements(entries) {
		name, ok := text(jsonrpc.Value(element, "name"))
		if !ok {
			continue
		}
		key := pinKey(method, name)
		d, err := define(method, element)
		if _, twice := seen[key]; twice || err != nil { // no telling which one counts
			doubtful = append(doubtful, key)
			continue
		}
		seen[key] = d
	}
	changed := c.pins.check(seen, doubtful)
	if c.pinning.Mode != PinEnforce {
		return nil
	}
	return changed
}

// owns reports whether calls to that tool are answered by the bridge itself.
func (c *Gate) owns(tool string) bool { return c.server != nil && c.server.Owns(tool) }

// shows reports whether an entry of a list may be shown.
func (c *Gate) shows(method, name string, tools map[string]Tool) bool {
	var ruling Ruling
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
