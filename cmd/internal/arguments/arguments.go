package arguments

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Error is a fault in the arguments given, worded for the one who typed them.
type Error struct {
	Problem string
	// Unknown is the name that the tool has no argument for, "" for another fault.
	Unknown string
}

func (e *Error) Error() string { return e.Problem }

func errorf(format string, args ...any) error { return &Error{Problem: fmt.Sprintf(format, args...)} }

// Reader reads the file that an argument names.
type Reader func(name string) ([]byte, error)

// Parse returns the arguments object that pairs stand for:
//
//	name=value   a value of the type that the schema gives name
//	name=@file   the same, out of a file
//	name:=JSON   a value spelled in JSON, :=@file one out of a file
//
// A pair that is repeated adds an element where name is an array. Arguments that
// the tool does not have, and those that it misses, are faults (*Error).
func (p *Parameters) Parse(pairs []string, read Reader) (json.RawMessage, error) {
	object := newObject()
	for _, pair := range pairs {
		if err := p.add(object, pair, read); err != nil {
			return nil, err
		}
	}
	var missing []string
	for _, one := range p.All {
		if _, given := object.values[one.Name]; one.Required && !given {
			missing = append(missing, one.Name)
		}
	}
	if len(missing) > 0 {
		return nil, errorf("missing %s", strings.Join(missing, ", "))
	}
	return object.json(), nil
}

func (p *Parameters) add(into *object, pair string, read Reader) error {
	name, text, ok := strings.Cut(pair, "=")
	if !ok || name == "" || name == ":" {
		return errorf("argument %q is not name=value", pair)
	}
	name, spelled := strings.CutSuffix(name, ":")
	one, known := p.Find(name)
	if !known && !p.Open {
		return &Error{fmt.Sprintf("there is no argument %q", name), name}
	}
	if file, ok := strings.CutPrefix(text, "@"); ok {
		content, err := read(file)
		if err != nil {
			return errorf("reading the argument %s: %v", name, err)
		}
		text = string(content)
	}
	if spelled {
		value := json.RawMessage(strings.TrimSpace(text))
		if !jsontext.Value(value).IsValid() {
			return errorf("the value of %s is not JSON", name)
		}
		return into.set(name, value)
	}
	if one.collects(text) {
		element := Parameter{Name: name, Types: one.Item}
		value, err := element.value(text)
		if err != nil {
			return err
		}
		return into.append(name, value)
	}
	value, err := one.value(text)
	if err != nil {
		return err
	}
	return into.set(name, value)
}

// collects reports whether text is one element of an array, not an array in JSON.
func (p *Parameter) collects(text string) bool {
	return slices.Contains(p.Types, "array") && !slices.Contains(p.Types, "string") &&
		!strings.HasPrefix(strings.TrimSpace(text), "[") && !(text == "null" && slices.Contains(p.Types, "null"))
}

// value reads text as a value of the parameter. A string is what was typed wherever
// a string is permitted.
func (p *Parameter) value(text string) (json.RawMessage, error) {
	if len(p.Enum) > 0 {
		for _, value := range p.Enum {
			if plain(value) == text {
				return value, nil
			}
		}
		return nil, errorf("%s is %q, but must be one of %s", p.Name, text, p.Kind())
	}
	if len(p.Types) == 0 || slices.Contains(p.Types, "string") {
		return quoted(p.Name, text)
	}
	value := json.RawMessage(strings.TrimSpace(text))
	if jsontext.Value(value).IsValid() {
		given := typeOf(value)
		if slices.Contains(p.Types, given) || given == "integer" && slices.Contains(p.Types, "number") {
			return value, nil
		}
		if given == "number" && slices.Contains(p.Types, "integer") && whole(value) {
			return value, nil
		}
	}
	return nil, errorf("%s is %q, but must be %s", p.Name, text, p.Kind())
}

// whole reports whether a number without an exponent has only zeros behind the
// point: 1.0 is an integer (JSON Schema 2020-12, 4.2.3).
func whole(number []byte) bool {
	before, after, _ := bytes.Cut(number, []byte("."))
	return !bytes.ContainsAny(number, "eE") && len(before) > 0 && len(bytes.Trim(after, "0")) == 0
}

func quoted(name, text string) (json.RawMessage, error) {
	value, err := jsontext.AppendQuote(nil, text)
	if err != nil {
		return nil, errorf("the value of %s is not UTF-8 text", name)
	}
	return value, nil
}

// object collects arguments in the order they are given.
type object struct {
	names  []string
	values map[string]json.RawMessage
	arrays map[string]bool // begun by append
}

func newObject() *object {
	return &object{values: map[string]json.RawMessage{}, arrays: map[string]bool{}}
}

func (o *object) set(name string, value json.RawMessage) error {
	if _, given := o.values[name]; given {
		return errorf("%s is given twice", name)
	}
	o.names = append(o.names, name)
	o.values[name] = value
	return nil
}

func (o *object) append(name string, element json.RawMessage) error {
	if !o.arrays[name] {
		o.arrays[name] = true
		return o.set(name, fmt.Appendf(nil, "[%s]", element))
	}
	array := o.values[name]
	o.values[name] = fmt.Appendf(nil, "%s,%s]", array[:len(array)-1], element)
	return nil
}

func (o *object) json() json.RawMessage {
	b := []byte{'{'}
	for i, name := range o.names {
		if i > 0 {
			b = append(b, ',')
		}
		b, _ = jsontext.AppendQuote(b, name) // a name that is no UTF-8 becomes U+FFFD
		b = append(append(b, ':'), o.values[name]...)
	}
	return append(b, '}')
}
