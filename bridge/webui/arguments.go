package webui

import (
	"net/url"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Names of the members of a call's form. An argument's is its own name behind
// argumentPrefix.
const (
	argumentPrefix = "argument."
	wholeName      = "arguments" // all of them, as JSON
)

// read takes what was entered into the fields and returns the arguments of a call.
// Fields at fault say so, and then there are none.
func read(fields []Field, entered url.Values) (arguments []byte, ok bool) {
	arguments, ok = append(arguments, '{'), true
	for i := range fields {
		f := &fields[i]
		// A browser sends line breaks as CRLF (HTML, "form data set").
		f.Value = strings.ReplaceAll(entered.Get(argumentPrefix+f.Name), "\r\n", "\n")
		if f.Value == "" {
			if f.Required {
				f.Fault, ok = "required", false
			}
			continue
		}
		var value []byte
		if value, f.Fault = f.value(); f.Fault != "" {
			ok = false
			continue
		}
		name, err := jsontext.AppendQuote(nil, f.Name)
		if err != nil { // a schema's own name, which JSON has read
			panic(err)
		}
		if len(arguments) > 1 {
			arguments = append(arguments, ',')
		}
		arguments = append(append(append(arguments, name...), ':'), value...)
	}
	return append(arguments, '}'), ok
}

// value is what was entered, as JSON, or what is wrong with it. Numbers stay as
// they were typed: 9007199254740993 is no float64.
func (f *Field) value() (value []byte, fault string) {
	v := jsontext.Value(strings.TrimSpace(f.Value))
	switch f.Kind {
	case "text", "line":
		quoted, err := jsontext.AppendQuote(nil, f.Value)
		if err != nil {
			return nil, "not text"
		}
		return quoted, ""
	case "number":
		if !v.IsValid() || v.Kind() != '0' {
			return nil, "not a number"
		}
	case "integer":
		if !v.IsValid() || v.Kind() != '0' || strings.ContainsAny(string(v), ".eE") {
			return nil, "not a whole number"
		}
	case "choice":
		for _, c := range f.Choices {
			if c == f.Value {
				return []byte(c), ""
			}
		}
		return nil, "not one of the choices"
	default:
		if !v.IsValid() {
			return nil, "not JSON"
		}
		if f.Hint != "" && byte(v.Kind()) != f.Hint[0] {
			return nil, "JSON, but it does not begin with " + f.Hint[:1]
		}
	}
	return v, ""
}

// readWhole takes the arguments where all of them were entered as JSON.
func readWhole(text string) (arguments []byte, fault string) {
	v := jsontext.Value(strings.TrimSpace(text))
	switch {
	case len(v) == 0:
		return []byte("{}"), ""
	case !v.IsValid():
		return nil, "not JSON"
	case v.Kind() != '{':
		return nil, "JSON, but no object: { }"
	}
	return v, ""
}
