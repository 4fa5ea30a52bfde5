// Package arguments reads the arguments of a tool from a command line, typed by the
// tool's input schema. It knows of JSON Schema what names and types need; whether
// values are valid in full the server decides.
package arguments

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// Parameter is one argument that a tool takes.
type Parameter struct {
	Name        string
	Types       []string          // JSON types it may have; empty where the schema does not say
	Item        []string          // those of its elements, where it is an array
	Enum        []json.RawMessage // the only values there are; empty for any
	Default     json.RawMessage   // nil where there is none
	Title       string
	Description string
	Required    bool
}

// Parameters are all arguments of a tool, in the order of its schema.
type Parameters struct {
	All []Parameter
	// Open reports that arguments without a name in the schema are taken too.
	Open bool
}

// Of reads an input schema. What it cannot read it leaves out.
func Of(schema json.RawMessage) Parameters {
	var s struct {
		Properties           json.RawMessage `json:"properties"`
		PatternProperties    json.RawMessage `json:"patternProperties"`
		AdditionalProperties json.RawMessage `json:"additionalProperties"`
		Required             []string        `json:"required"`
	}
	if json.Unmarshal(schema, &s) != nil {
		return Parameters{Open: true}
	}
	// Absent, additionalProperties permits anything, but hardly a tool means it: a
	// mistyped name would pass unseen.
	more := string(s.AdditionalProperties)
	p := Parameters{Open: s.PatternProperties != nil || s.Properties == nil || more != "" && more != "false"}
	for name, property := range ordered(s.Properties) {
		p.All = append(p.All, parameter(name, property, schema))
		p.All[len(p.All)-1].Required = slices.Contains(s.Required, name)
	}
	return p
}

// Find returns the parameter of that name.
func (p *Parameters) Find(name string) (Parameter, bool) {
	i := slices.IndexFunc(p.All, func(one Parameter) bool { return one.Name == name })
	if i < 0 {
		return Parameter{Name: name}, false
	}
	return p.All[i], true
}

// Names are those of all parameters.
func (p *Parameters) Names() []string {
	var names []string
	for _, one := range p.All {
		names = append(names, one.Name)
	}
	return names
}

// ordered yields the members of an object as they stand.
func ordered(object json.RawMessage) func(yield func(string, json.RawMessage) bool) {
	return func(yield func(string, json.RawMessage) bool) {
		d := json.NewDecoder(bytes.NewReader(object))
		if open, err := d.Token(); err != nil || open != json.Delim('{') {
			return
		}
		for d.More() {
			name, err := d.Token()
			var value json.RawMessage
			if err != nil || d.Decode(&value) != nil || !yield(name.(string), value) {
				return
			}
		}
	}
}

// property is the part of a schema that is read here.
type property struct {
	Ref         string            `json:"$ref"`
	Type        oneOrMore         `json:"type"`
	Enum        []json.RawMessage `json:"enum"`
	Const       json.RawMessage   `json:"const"`
	Items       json.RawMessage   `json:"items"`
	AnyOf       []json.RawMessage `json:"anyOf"`
	OneOf       []json.RawMessage `json:"oneOf"`
	AllOf       []json.RawMessage `json:"allOf"`
	Default     json.RawMessage   `json:"default"`
	Title       string            `json:"title"`
	Description string            `json:"description"`
}

// oneOrMore is a string or an array of strings.
type oneOrMore []string

// UnmarshalJSON implements json.Unmarshaler.
func (o *oneOrMore) UnmarshalJSON(raw []byte) error {
	if len(raw) > 0 && raw[0] == '"' {
		*o = oneOrMore{""}
		return json.Unmarshal(raw, &(*o)[0])
	}
	return json.Unmarshal(raw, (*[]string)(o))
}

// deepest bounds how far references and alternatives are followed.
const deepest = 8

// parameter reads the schema of one property; root is where references lead.
func parameter(name string, schema, root json.RawMessage) Parameter {
	p := Parameter{Name: name}
	p.add(schema, root, deepest)
	return p
}

// add takes what a schema says, and what its references and alternatives say.
func (p *Parameter) add(schema, root json.RawMessage, depth int) {
	var s property
	if depth == 0 || json.Unmarshal(schema, &s) != nil {
		return
	}
	p.Types = union(p.Types, s.Type)
	if p.Title == "" {
		p.Title = s.Title
	}
	if p.Description == "" {
		p.Description = s.Description
	}
	if p.Default == nil {
		p.Default = s.Default
	}
	if s.Const != nil {
		s.Enum = append(s.Enum, s.Const)
	}
	for _, value := range s.Enum {
		p.Types = union(p.Types, []string{typeOf(value)})
	}
	if s.Items != nil {
		var item Parameter
		item.add(s.Items, root, depth-1)
		p.Item = union(p.Item, item.Types)
	}
	p.Enum = append(p.Enum, s.Enum...)
	if target := resolve(root, s.Ref); target != nil {
		p.add(target, root, depth-1)
	}
	for _, part := range s.AllOf {
		p.add(part, root, depth-1)
	}
	p.addAlternatives(slices.Concat(s.AnyOf, s.OneOf), root, depth-1)
}

// addAlternatives takes the types of all alternatives; their values only where each
// lists its own, for otherwise others are permitted too.
func (p *Parameter) addAlternatives(alternatives []json.RawMessage, root json.RawMessage, depth int) {
	var enum []json.RawMessage
	closed := true
	for _, schema := range alternatives {
		var one Parameter
		one.add(schema, root, depth)
		p.Types, p.Item = union(p.Types, one.Types), union(p.Item, one.Item)
		null := len(one.Types) == 1 && one.Types[0] == "null"
		if null && len(one.Enum) == 0 {
			one.Enum = []json.RawMessage{json.RawMessage("null")}
		}
		enum, closed = append(enum, one.Enum...), closed && len(one.Enum) > 0
	}
	if closed {
		p.Enum = append(p.Enum, enum...)
	}
}

func union(a, b []string) []string {
	for _, s := range b {
		if !slices.Contains(a, s) {
			a = append(a, s)
		}
	}
	return a
}

// resolve follows a reference within the schema: "#/$defs/Name".
func resolve(root json.RawMessage, ref string) json.RawMessage {
	path, ok := strings.CutPrefix(ref, "#/")
	if !ok {
		return nil
	}
	for name := range strings.SplitSeq(path, "/") {
		var object map[string]json.RawMessage
		if json.Unmarshal(root, &object) != nil {
			return nil
		}
		root = object[strings.NewReplacer("~1", "/", "~0", "~").Replace(name)]
	}
	return root
}

// typeOf is the JSON type of a value.
func typeOf(value json.RawMessage) string {
	value = bytes.TrimSpace(value)
	if len(value) == 0 {
		return ""
	}
	switch value[0] {
	case '"':
		return "string"
	case '{':
		return "object"
	case '[':
		return "array"
	case 't', 'f':
		return "boolean"
	case 'n':
		return "null"
	}
	if bytes.ContainsAny(value, ".eE") {
		return "number"
	}
	return "integer"
}

// Kind says in a word what a parameter is: "string", "integer or null",
// "array of string", or its values: "open|closed".
func (p *Parameter) Kind() string {
	if len(p.Enum) > 0 {
		return strings.Join(p.Values(), "|")
	}
	types := slices.Clone(p.Types)
	if i := slices.Index(types, "array"); i >= 0 && len(p.Item) > 0 {
		types[i] = "array of " + strings.Join(p.Item, " or ")
	}
	if len(types) == 0 {
		return "any"
	}
	return strings.Join(types, " or ")
}

// Values are the only values there are, as they are typed; empty for any.
func (p *Parameter) Values() []string {
	values := make([]string, len(p.Enum))
	for i, value := range p.Enum {
		values[i] = plain(value)
	}
	return values
}

// plain is a value as it is typed: a string without its quotes.
func plain(value json.RawMessage) string {
	var s string
	if json.Unmarshal(value, &s) == nil && typeOf(value) == "string" {
		return s
	}
	return string(value)
}
