package jsonrpc

import (
	"bytes"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Span is a range of bytes in a message: raw[Start:End].
type Span struct{ Start, End int }

// member is one name and value of an object, in the order they stand.
type member struct {
	name  string
	whole Span // from the name's first byte to the value's last
	value Span
}

// members lists the top-level members of object, which must be valid JSON (part
// of a parsed message is); nil where object is not a JSON object.
func members(object []byte) []member {
	s := scanner{b: object}
	if s.peek() != '{' {
		return nil
	}
	var all []member
	err := s.object(maxDepth, func(name Span) error {
		value, err := s.value(maxDepth)
		all = append(all, member{
			name:  unquote(object[name.Start:name.End]),
			whole: Span{name.Start, s.i},
			value: Span{s.i - len(value), s.i},
		})
		return err
	})
	if err != nil {
		return nil
	}
	return all
}

// Find returns where the value stands that path leads to, through objects only.
// The last of several members of one name counts, as in most JSON readers.
func Find(raw []byte, path ...string) (Span, bool) {
	at := Span{0, len(raw)}
	for _, name := range path {
		found := false
		within := at
		for _, m := range members(raw[within.Start:within.End]) {
			if m.name == name {
				at = Span{within.Start + m.value.Start, within.Start + m.value.End}
				found = true
			}
		}
		if !found {
			return Span{}, false
		}
	}
	return at, true
}

// Value returns the bytes that path leads to, nil where there are none.
func Value(raw []byte, path ...string) []byte {
	at, ok := Find(raw, path...)
	if !ok {
		return nil
	}
	return raw[at.Start:at.End]
}

// Text returns the string that path leads to, "" where there is none.
func Text(raw []byte, path ...string) string {
	value := Value(raw, path...)
	if len(value) == 0 || value[0] != '"' {
		return ""
	}
	return unquote(value)
}

// Rewrite returns raw with edit's value in place of each value that some reader may find at
// the path: names may stand several times, and are compared without regard to case. Every
// other byte stays; raw itself is returned where edit changes nothing.
func Rewrite(raw []byte, edit func(value []byte) []byte, path ...string) []byte {
	if len(path) == 0 {
		return edit(raw)
	}
	for _, m := range slices.Backward(members(raw)) {
		if !strings.EqualFold(m.name, path[0]) {
			continue
		}
		value := raw[m.value.Start:m.value.End:m.value.End]
		if with := Rewrite(value, edit, path[1:]...); &with[0] != &value[0] {
			raw = Splice(raw, m.value, with)
		}
	}
	return raw
}

// Splice returns raw with the bytes of at replaced; raw stays as it was.
func Splice(raw []byte, at Span, with []byte) []byte {
	out := make([]byte, 0, len(raw)-(at.End-at.Start)+len(with))
	out = append(out, raw[:at.Start]...)
	out = append(out, with...)
	return append(out, raw[at.End:]...)
}

// Remove returns raw without the member that path leads to, and with it the
// comma that separated it. Every other byte stays; raw itself is returned where
// there is no such member.
func Remove(raw []byte, path ...string) []byte {
	parent, ok := Find(raw, path[:len(path)-1]...)
	if !ok {
		return raw
	}
	all := members(raw[parent.Start:parent.End])
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].name != path[len(path)-1] {
			continue
		}
		cut := all[i].whole
		switch {
		case i+1 < len(all): // up to the next name takes the comma behind
			cut.End = all[i+1].whole.Start
		case i > 0: // the last one takes the comma before
			cut.Start = all[i-1].whole.End
		}
		raw = Splice(raw, Span{parent.Start + cut.Start, parent.Start + cut.End}, nil)
		return Remove(raw, path...)
	}
	return raw
}

// WithID returns the response m with the given id, in place of the one it has or
// in front of its members where it has none.
func (m *Message) WithID(id ID) []byte {
	if at, ok := Find(m.Raw, "id"); ok {
		return Splice(m.Raw, at, id)
	}
	lead := append(append([]byte(`"id":`), id...), ',')
	brace := bytes.IndexByte(m.Raw, '{') + 1
	return Splice(m.Raw, Span{brace, brace}, lead)
}

// OneLine returns raw with the line breaks inside it made spaces, as a line of
// the stdio transport must have none. In valid JSON they can only be white space
// between tokens. Raw itself is returned, and false, where there are none.
func OneLine(raw []byte) ([]byte, bool) {
	if bytes.IndexByte(raw, '\n') < 0 && bytes.IndexByte(raw, '\r') < 0 {
		return raw, false
	}
	out := bytes.Clone(raw)
	for i, b := range out {
		if b == '\n' || b == '\r' {
			out[i] = ' '
		}
	}
	return out, true
}

// Set returns raw with the value at path replaced, or added as the last member
// of its object where it was missing. Objects on the way that are missing are
// added too. Raw itself is returned where path leads through something that is
// no object.
func Set(raw, value []byte, path ...string) []byte {
	if at, ok := Find(raw, path...); ok {
		return Splice(raw, at, value)
	}
	if len(path) == 0 {
		return raw
	}
	parent, ok := Find(raw, path[:len(path)-1]...)
	if !ok {
		return Set(raw, added(value, path[len(path)-1]), path[:len(path)-1]...)
	}
	object := raw[parent.Start:parent.End]
	if len(object) == 0 || object[0] != '{' {
		return raw
	}
	entry := added(value, path[len(path)-1])
	entry = entry[1 : len(entry)-1]
	if len(members(object)) > 0 {
		entry = append([]byte{','}, entry...)
	}
	return Splice(raw, Span{parent.End - 1, parent.End - 1}, entry)
}

// added is the object that holds value alone.
func added(value []byte, name string) []byte {
	quoted, err := jsontext.AppendQuote([]byte{'{'}, name)
	if err != nil { // names are the bridge's own
		panic(err)
	}
	return append(append(append(quoted, ':'), value...), '}')
}

// Append returns raw with value, or several with commas between, behind the elements of the
// array at path; raw itself where there is no array.
func Append(raw, value []byte, path ...string) []byte {
	at, ok := Find(raw, path...)
	if !ok || raw[at.Start] != '[' {
		return raw
	}
	if len(bytes.TrimSpace(raw[at.Start+1:at.End-1])) > 0 {
		value = append([]byte{','}, value...)
	}
	return Splice(raw, Span{at.End - 1, at.End - 1}, value)
}

// Elements returns the elements of an array, nil where raw is none.
func Elements(raw []byte) [][]byte {
	s := scanner{b: raw}
	if s.peek() != '[' {
		return nil
	}
	var all [][]byte
	err := s.array(maxDepth, func() error {
		value, err := s.value(maxDepth)
		all = append(all, value)
		return err
	})
	if err != nil {
		return nil
	}
	return all
}
