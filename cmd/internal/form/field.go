package form

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// field is one property of a form: of the schemas that elicitation permits, a
// string, a number, a boolean, one value out of a list, or several.
type field struct {
	Name        string
	Title       string          `json:"title"`
	Description string          `json:"description"`
	Type        string          `json:"type"`
	Default     json.RawMessage `json:"default"`
	Format      string          `json:"format"`
	Pattern     string          `json:"pattern"`
	Minimum     *float64        `json:"minimum"`
	Maximum     *float64        `json:"maximum"`
	MinLength   int             `json:"minLength"`
	MaxLength   *int            `json:"maxLength"`
	MinItems    int             `json:"minItems"`
	MaxItems    *int            `json:"maxItems"`

	choices  []choice
	required bool
}

// choice is one value that may be chosen.
type choice struct {
	value string
	title string
}

// options are the ways in which a schema lists choices.
type options struct {
	Enum      []string `json:"enum"`
	EnumNames []string `json:"enumNames"`
	OneOf     []titled `json:"oneOf"`
	AnyOf     []titled `json:"anyOf"`
}

type titled struct {
	Const string `json:"const"`
	Title string `json:"title"`
}

func (o options) choices() []choice {
	var all []choice
	for i, value := range o.Enum {
		title := value
		if i < len(o.EnumNames) {
			title = o.EnumNames[i]
		}
		all = append(all, choice{value, title})
	}
	for _, one := range slices.Concat(o.OneOf, o.AnyOf) {
		all = append(all, choice{one.Const, cmp.Or(one.Title, one.Const)})
	}
	return all
}

// fieldsOf reads the requested schema: the required fields first, then by name,
// since mcp-go does not keep the order in which they came.
func fieldsOf(schema []byte) []field {
	var s struct {
		Properties map[string]json.RawMessage `json:"properties"`
		Required   []string                   `json:"required"`
	}
	if json.Unmarshal(schema, &s) != nil {
		return nil
	}
	var fields []field
	for name, property := range s.Properties {
		f := field{Name: name, required: slices.Contains(s.Required, name)}
		_ = json.Unmarshal(property, &f) // what cannot be read is not checked here
		var own options
		_ = json.Unmarshal(property, &own)
		var items struct {
			Items options `json:"items"`
		}
		_ = json.Unmarshal(property, &items)
		f.choices = slices.Concat(own.choices(), items.Items.choices())
		fields = append(fields, f)
	}
	slices.SortFunc(fields, func(a, b field) int {
		if a.required != b.required {
			return map[bool]int{true: -1, false: 1}[a.required]
		}
		return strings.Compare(a.Name, b.Name)
	})
	return fields
}

func (f *field) label() string { return cmp.Or(f.Title, f.Name) }

// prompt asks for the field: what to type, and what happens without.
func (f *field) prompt() string {
	how := f.kind()
	switch {
	case f.defaulted():
		how += ", default " + f.shownDefault()
	case !f.required:
		how += ", optional"
	}
	return fmt.Sprintf("%s (%s):", strings.TrimSuffix(f.label(), ":"), how)
}

func (f *field) kind() string {
	switch {
	case f.Type == "boolean":
		return "yes/no"
	case f.Type == "array" && len(f.choices) > 0:
		return "numbers from the list, with commas between"
	case f.Type == "array":
		return "values with commas between"
	case len(f.choices) > 0:
		return "a number from the list"
	case f.Type == "string" || f.Type == "":
		return cmp.Or(f.Format, "text")
	}
	return f.Type + f.bounds()
}

func (f *field) bounds() string {
	switch {
	case f.Minimum != nil && f.Maximum != nil:
		return fmt.Sprintf(" from %g to %g", *f.Minimum, *f.Maximum)
	case f.Minimum != nil:
		return fmt.Sprintf(" from %g", *f.Minimum)
	case f.Maximum != nil:
		return fmt.Sprintf(" up to %g", *f.Maximum)
	}
	return ""
}

func (f *field) defaulted() bool { return f.Default != nil && string(f.Default) != "null" }

// shownDefault is the default as it would be typed.
func (f *field) shownDefault() string {
	var yes bool
	var text string
	switch {
	case f.Type == "boolean" && json.Unmarshal(f.Default, &yes) == nil:
		return map[bool]string{true: "yes", false: "no"}[yes]
	case json.Unmarshal(f.Default, &text) == nil:
		return text
	}
	return string(f.Default)
}
