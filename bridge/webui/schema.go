package webui

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// tool is one tool of a server (MCP, Tools, "Tool").
type tool struct {
	Name, Title, Description string
	InputSchema              json.RawMessage
	OutputSchema             json.RawMessage
	Annotations              struct {
		Title           string
		ReadOnlyHint    *bool
		DestructiveHint *bool
	}
}

// Effect says, in the server's own view, what a call does: "reads", "writes",
// "destructive", or "" where the server does not say.
func (t tool) Effect() string {
	a := t.Annotations
	switch {
	case a.ReadOnlyHint != nil && *a.ReadOnlyHint:
		return "reads"
	case a.DestructiveHint != nil && *a.DestructiveHint:
		return "destructive"
	case a.ReadOnlyHint != nil || a.DestructiveHint != nil:
		return "writes"
	}
	return ""
}

// Label is a title for people, or else the name.
func (t tool) Label() string {
	for _, label := range []string{t.Title, t.Annotations.Title} {
		if label != "" && label != t.Name {
			return label
		}
	}
	return ""
}

// Field is one argument of a tool in its form. It is made of what the schema says
// of a property, and asks for JSON where that is more than a form can show.
type Field struct {
	Name, Title, Description string
	// Kind is how it is entered: "text", "line", "number", "integer", "choice"
	// or "json".
	Kind     string
	Required bool
	Choices  []string // of "choice": JSON values
	Minimum  json.Number
	Maximum  json.Number
	Hint     string // of "json": an example of what begins it
	// Value is what is entered, Fault what is wrong with it.
	Value, Fault string
}

// property is a schema as far as forms understand it.
type property struct {
	Title, Description, Format string
	Type                       kinds
	Enum                       []json.RawMessage
	Const                      json.RawMessage
	Default                    json.RawMessage
	Minimum, Maximum           json.Number
	AnyOf, OneOf               []property
}

// kinds is the member type of a schema: a string, or an array of them.
type kinds []string

func (k *kinds) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*k = kinds{one}
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(k))
}

// fieldsOf lists the arguments of a schema in the order in which they stand there.
func fieldsOf(schema []byte) []Field {
	var s struct {
		Properties json.RawMessage
		Required   []string
	}
	if json.Unmarshal(schema, &s) != nil {
		return nil
	}
	var fields []Field
	for name, raw := range properties(s.Properties) {
		var p property
		f := Field{Name: name, Kind: "json", Required: slices.Contains(s.Required, name)}
		if json.Unmarshal(raw, &p) == nil {
			f.describe(p)
		}
		fields = append(fields, f)
	}
	return fields
}

// properties yields the members of an object in their order.
func properties(object []byte) func(yield func(string, []byte) bool) {
	return func(yield func(string, []byte) bool) {
		d := jsontext.NewDecoder(bytes.NewReader(object), jsontext.AllowDuplicateNames(false))
		if begin, err := d.ReadToken(); err != nil || begin.Kind() != '{' {
			return
		}
		for d.PeekKind() == '"' {
			name, err := d.ReadToken()
			if err != nil {
				return
			}
			text := name.String()
			value, err := d.ReadValue()
			if err != nil || !yield(text, slices.Clone(value)) {
				return
			}
		}
	}
}

// describe makes the field of a property.
func (f *Field) describe(p property) {
	f.Title, f.Description = p.Title, p.Description
	p = p.plain()
	f.Choices = p.choices()
	f.Minimum, f.Maximum = p.Minimum, p.Maximum
	kind := ""
	if len(p.Type) == 1 {
		kind = p.Type[0]
	}
	switch {
	case f.Choices != nil:
		f.Kind = "choice"
	case kind == "string" && (p.Format == "" || p.Format == "textarea"):
		f.Kind = "text"
	case kind == "string":
		f.Kind = "line"
	case kind == "number" || kind == "integer":
		f.Kind = kind
	case kind == "object":
		f.Hint = "{ }"
	case kind == "array":
		f.Hint = "[ ]"
	}
	f.Value = f.spelled(p.Default)
}

// plain takes null out of a property: a form leaves out what has no value.
func (p property) plain() property {
	p.Type = slices.DeleteFunc(slices.Clone(p.Type), func(kind string) bool { return kind == "null" })
	for _, ways := range [][]property{p.AnyOf, p.OneOf} {
		ways = slices.DeleteFunc(slices.Clone(ways), func(w property) bool { return slices.Equal(w.Type, kinds{"null"}) })
		if len(ways) == 1 && p.Type == nil {
			only := ways[0].plain()
			if p.Default != nil {
				only.Default = p.Default
			}
			return only
		}
	}
	return p
}

// choices are the values that the schema lists, nil where it does not.
func (p property) choices() []string {
	values := p.Enum
	switch {
	case p.Const != nil:
		values = []json.RawMessage{p.Const}
	case slices.Equal(p.Type, kinds{"boolean"}) && values == nil:
		values = []json.RawMessage{[]byte("true"), []byte("false")}
	}
	var all []string
	for _, v := range values {
		if string(v) != "null" {
			all = append(all, string(v))
		}
	}
	return all
}

// spelled is a JSON value as it is entered in the field.
func (f *Field) spelled(value []byte) string {
	var text string
	switch {
	case value == nil || string(value) == "null":
		return ""
	case f.Kind != "choice" && f.Kind != "json" && json.Unmarshal(value, &text) == nil:
		return text
	}
	return string(value)
}

// Rows is how many lines a text is expected to have.
func (f Field) Rows() int { return min(12, 1+strings.Count(f.Value, "\n")) }
