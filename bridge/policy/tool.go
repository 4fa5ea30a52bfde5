package policy

import (
	"errors"

	"ucbridge/bridge/strictjson"
)

// Tool is what a policy must know of a tool that its server has listed.
type Tool struct {
	Name string
	// ReadOnly and Destructive are the server's own hints (2025-06-18, Tools,
	// "ToolAnnotations"): a tool of which nothing is said may destroy.
	ReadOnly, Destructive bool
	// Changed says that its definition is not what it was when it was first seen, and
	// that this matters (pins: enforce).
	Changed bool
}

// ReadTool reads a tool as tools/list has it, strictly: what two readers could read
// differently is an error.
func ReadTool(element []byte) (Tool, error) {
	values, err := strictjson.Read(element, "name", "annotations", "description", "inputSchema")
	if err != nil {
		return Tool{}, err
	}
	name, ok := strictjson.Text(values[0])
	if !ok {
		return Tool{}, errors.New("its name is not a text")
	}
	t := Tool{Name: name, Destructive: true}
	if values[1] == nil || string(values[1]) == "null" {
		return t, nil
	}
	hints, err := strictjson.Read(values[1], "readOnlyHint", "destructiveHint")
	if err != nil {
		return Tool{}, err
	}
	t.ReadOnly = string(hints[0]) == "true"
	t.Destructive = !t.ReadOnly && string(hints[1]) != "false"
	return t, nil
}

// Worse returns what must be assumed of two tools of one name.
func (t Tool) Worse(twin Tool) Tool {
	t.ReadOnly, t.Destructive, t.Changed = t.ReadOnly && twin.ReadOnly, t.Destructive || twin.Destructive, t.Changed || twin.Changed
	return t
}
