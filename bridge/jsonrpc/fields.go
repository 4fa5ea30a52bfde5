package jsonrpc

import (
	"bytes"
	"fmt"
	"slices"
)

// params reads an object of parameters, one level deep to refuse duplicate names.
func (r *reader) params(m *Message, depth int, invalid *error) error {
	start := r.i
	fields := make([]Member, 0, 4)
	var many map[string]bool
	err := r.object(depth, func(at Span) error {
		name := unquote(r.b[at.Start:at.End])
		if many == nil && len(fields) >= manyNames {
			many = make(map[string]bool, 2*manyNames)
			for _, f := range fields {
				many[f.Name] = true
			}
		}
		if many[name] || many == nil && slices.ContainsFunc(fields, func(f Member) bool { return f.Name == name }) {
			*invalid = fmt.Errorf("params member %q stands twice", name)
		}
		value, err := r.scanner.value(depth - 1)
		fields = append(fields, Member{name, value})
		// Most messages are spared the search. Some JSON writers escape the slash.
		if err == nil && name == "_meta" && bytes.Contains(value, []byte(`/protocolVersion"`)) {
			m.Revision = Text(value, MetaRevision)
		}
		if many != nil {
			many[name] = true
		}
		return err
	})
	m.Params, m.Fields = r.b[start:r.i:r.i], fields
	return err
}

// result reads an object of a result, one level deep: results are long, and are not to be
// searched again.
func (r *reader) result(m *Message, depth int) error {
	start := r.i
	outcome := make([]Member, 0, 4)
	err := r.object(depth, func(at Span) error {
		name := unquote(r.b[at.Start:at.End])
		value, err := r.scanner.value(depth - 1)
		outcome = append(outcome, Member{name, value})
		return err
	})
	m.Result, m.Outcome = r.b[start:r.i:r.i], outcome
	return err
}

// OutcomeField returns the value of a member of the result, nil where there is none. The
// last of several counts, as for [Find].
func (m *Message) OutcomeField(name string) []byte {
	for _, f := range slices.Backward(m.Outcome) {
		if f.Name == name {
			return f.Value
		}
	}
	return nil
}

// Field returns the value of a member of the params, nil where there is none.
func (m *Message) Field(name string) []byte {
	for _, f := range m.Fields {
		if f.Name == name {
			return f.Value
		}
	}
	return nil
}
