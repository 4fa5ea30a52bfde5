package emulator

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"
)

// message is what the workspace looks at in a JSON-RPC message.
type message struct {
	method string
	id     jsontext.Value // as spelled; nil where there is none
}

// idOrNull returns the id as it belongs into an answer.
func (m message) idOrNull() []byte {
	if m.id == nil {
		return []byte("null")
	}
	return m.id
}

// peek reads method and id from the start of a JSON-RPC message, of a batch from
// its first message. What cannot be read, or lies beyond the bytes given, stays
// empty: this is for the audit list, not for checking.
func peek(b []byte) message {
	var m message
	d := jsontext.NewDecoder(bytes.NewBuffer(b), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if d.PeekKind() == jsontext.KindBeginArray {
		_, _ = d.ReadToken()
	}
	if tok, err := d.ReadToken(); err != nil || tok.Kind() != jsontext.KindBeginObject {
		return m
	}
	for m.method == "" || m.id == nil {
		name, err := d.ReadToken()
		if err != nil || name.Kind() != jsontext.KindString {
			return m
		}
		switch name.String() {
		case "method":
			value, err := d.ReadToken()
			if err != nil || value.Kind() != jsontext.KindString {
				return m
			}
			m.method = value.String()
		case "id":
			value, err := d.ReadValue()
			if err != nil {
				return m
			}
			m.id = value.Clone()
		default:
			if d.SkipValue() != nil {
				return m
			}
		}
	}
	return m
}
