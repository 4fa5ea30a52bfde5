// Package strictjson reads objects in which no two readers may see different things: a
// name that stands twice, or that a lax reader takes for another, is an error.
package strictjson

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"ucbridge/bridge/confusable"
	"ucbridge/bridge/jsonrpc"
)

// Envelope refuses a message in whose envelope another reader might see more.
func Envelope(m jsonrpc.Message) error {
	if !m.Others { // nothing but JSON-RPC's own names, each once
		return nil
	}
	_, err := Read(m.Raw, "jsonrpc", "id", "method", "params", "result", "error")
	return err
}

// ambiguousError says that two readers may see different things in an object.
type ambiguousError struct{ name, as string }

func (e *ambiguousError) Error() string {
	return fmt.Sprintf("member %q can be taken for %q", e.name, e.as)
}

// Read returns the values of the members with these names, nil for one that is
// missing. It refuses an object in which some other reader might find another
// value than this one does: a name that stands twice, or one that a reader
// without regard to case or Unicode forms takes for one of these
// (CVE-2026-27896 is that mistake, in a Go library).
func Read(object []byte, names ...string) ([][]byte, error) {
	if len(object) == 0 || object[0] != '{' {
		return nil, errors.New("not an object")
	}
	values := make([][]byte, len(names))
	if err := pick(values, jsonrpc.Members(object), names); err != nil {
		return nil, err
	}
	return values, nil
}

// Params is [Read] for the params of a message, whose members are known.
func Params(m jsonrpc.Message, names ...string) ([][]byte, error) {
	if m.Fields == nil {
		return nil, errors.New("params are not an object")
	}
	values := make([][]byte, len(names))
	if err := pick(values, m.Fields, names); err != nil {
		return nil, fmt.Errorf("params: %w", err)
	}
	return values, nil
}

// Distinct is [Params] for who does not need the values.
func Distinct(m jsonrpc.Message, names ...string) error {
	if m.Fields == nil {
		return errors.New("params are not an object")
	}
	var room [8][]byte // no memory of its own for as many names
	values := room[:0]
	for range names {
		values = append(values, nil)
	}
	if err := pick(values, m.Fields, names); err != nil {
		return fmt.Errorf("params: %w", err)
	}
	return nil
}

// pick sets values to those of the members with these names.
func pick(values [][]byte, members []jsonrpc.Member, names []string) error {
	for _, m := range members {
		exact := false
		for i, name := range names {
			if m.Name == name {
				if values[i] != nil {
					return &ambiguousError{m.Name, name}
				}
				values[i], exact = m.Value, true
			}
		}
		if exact {
			continue
		}
		seen := confusable.Skeleton(m.Name)
		for _, name := range names {
			if seen == confusable.Skeleton(name) {
				return &ambiguousError{m.Name, name}
			}
		}
	}
	return nil
}

// Text returns the string that a value holds, as its bytes decode. A string with
// half a surrogate pair is none: readers disagree on what it is.
func Text(value []byte) (string, bool) {
	if len(value) < 2 || value[0] != '"' {
		return "", false
	}
	if inner := value[1 : len(value)-1]; isPlain(inner) {
		return string(inner), true
	}
	s, err := jsontext.AppendUnquote(nil, value)
	return string(s), err == nil
}

// isPlain reports whether what stands between the quotes of a string is its text.
func isPlain(inner []byte) bool {
	for _, c := range inner {
		if c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// Members returns all members of an object. It refuses one in which two names are the
// same for some reader.
func Members(object []byte) ([]jsonrpc.Member, error) {
	if len(object) == 0 || object[0] != '{' {
		return nil, errors.New("not an object")
	}
	members := jsonrpc.Members(object)
	seen := make(map[string]string, len(members))
	for _, m := range members {
		as := confusable.Skeleton(m.Name)
		if other, twice := seen[as]; twice {
			return nil, &ambiguousError{m.Name, other}
		}
		seen[as] = m.Name
	}
	return members, nil
}
