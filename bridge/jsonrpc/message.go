// Package jsonrpc holds one JSON-RPC message the way the bridge carries it: the
// raw bytes, untouched, beside a strict reading of their envelope.
//
// The package never builds a message out of one that passes: what it changes, it
// changes by splicing bytes. It does not know MCP; the names it reads are those
// of JSON-RPC 2.0.
package jsonrpc

import (
	"bytes"
	"errors"
	"fmt"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

// Message is one JSON-RPC message, or one batch of them. Raw holds the bytes as
// they came, without line end; all other slices point into it. A Message is
// never modified, so it may be shared between goroutines.
type Message struct {
	Raw    []byte
	ID     ID     // nil where the message has none
	Method string // "" in a response
	Params []byte // nil where there are none
	Result []byte // nil in anything but a successful response
	Error  []byte // nil in anything but an error response
	Batch  []Message
}

// IsRequest reports whether the message asks for an answer.
func (m *Message) IsRequest() bool { return m.Method != "" && m.ID != nil }

// IsNotification reports whether the message has a method and wants no answer.
func (m *Message) IsNotification() bool { return m.Method != "" && m.ID == nil }

// IsResponse reports whether the message answers a request; its id may be absent
// or null where the answering side could not read it.
func (m *Message) IsResponse() bool { return m.Result != nil || m.Error != nil }

// Result returns the response to the request with that id, nil where there is no
// result.
func Result(id ID, result []byte) []byte {
	if result == nil {
		return nil
	}
	return fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%s,"result":%s}`, id, result)
}

// SyntaxError says that bytes are not one JSON value (JSON-RPC code -32700).
type SyntaxError struct{ Err error }

func (e *SyntaxError) Error() string { return "reading JSON: " + e.Err.Error() }
func (e *SyntaxError) Unwrap() error { return e.Err }

// EnvelopeError says that a JSON value is not a JSON-RPC message (code -32600).
// ID is that of the value where one could be read.
type EnvelopeError struct {
	ID  ID
	Err error
}

func (e *EnvelopeError) Error() string { return "reading JSON-RPC message: " + e.Err.Error() }
func (e *EnvelopeError) Unwrap() error { return e.Err }

// Parse reads the envelope of raw, which it keeps: the caller must not change
// raw afterwards. Values are checked (JSON grammar, UTF-8) and skipped, not
// decoded. Member names match exactly, and a name that stands twice in the
// envelope or in params is refused, since two readers could pick different ones
// (CVE-2026-27896); deeper down duplicates pass. The error is a *SyntaxError or
// an *EnvelopeError.
func Parse(raw []byte) (Message, error) {
	r := readers.Get().(*reader)
	defer r.release()
	r.reset(raw)
	m, err := r.value()
	if err != nil {
		return Message{}, err
	}
	return m, r.end()
}

// reader is a pooled jsontext decoder that reads raw in place.
type reader struct {
	raw []byte
	buf bytes.Buffer
	dec *jsontext.Decoder
}

var readers = sync.Pool{New: func() any { return &reader{dec: jsontext.NewDecoder(new(bytes.Buffer))} }}

func (r *reader) reset(raw []byte) {
	r.raw = raw
	r.buf = *bytes.NewBuffer(raw) // jsontext reads a bytes.Buffer without copying it
	r.dec.Reset(&r.buf, jsontext.AllowDuplicateNames(true))
}

func (r *reader) release() {
	r.raw, r.buf = nil, bytes.Buffer{}
	r.dec.Reset(&r.buf)
	readers.Put(r)
}

// value reads a message or a batch.
func (r *reader) value() (Message, error) {
	switch r.dec.PeekKind() {
	case '{':
		return r.message()
	case '[':
		return r.batch()
	}
	if _, err := r.skip(); err != nil {
		return Message{}, err
	}
	return Message{}, &EnvelopeError{Err: errors.New("neither an object nor an array")}
}

// end checks that nothing but white space follows the value.
func (r *reader) end() error {
	rest := r.raw[r.dec.InputOffset():]
	if len(bytes.TrimLeft(rest, " \t\r\n")) > 0 {
		return &SyntaxError{Err: fmt.Errorf("more text after the value, at offset %d", r.dec.InputOffset())}
	}
	return nil
}

// skip passes over one value and returns its bytes.
func (r *reader) skip() ([]byte, error) {
	value, err := r.dec.ReadValue()
	if err != nil {
		return nil, &SyntaxError{Err: err}
	}
	end := int(r.dec.InputOffset())
	return r.raw[end-len(value) : end : end], nil
}

func (r *reader) token() (jsontext.Token, error) {
	t, err := r.dec.ReadToken()
	if err != nil {
		return t, &SyntaxError{Err: err}
	}
	return t, nil
}

// batch reads an array of messages (MCP 2025-03-26; removed in 2025-06-18).
func (r *reader) batch() (Message, error) {
	start := r.dec.InputOffset()
	if _, err := r.token(); err != nil {
		return Message{}, err
	}
	var elements []Message
	var invalid error
	for r.dec.PeekKind() != ']' {
		if r.dec.PeekKind() != '{' {
			if _, err := r.skip(); err != nil {
				return Message{}, err
			}
			invalid = errors.New("a batch holds something other than an object")
			continue
		}
		m, err := r.message()
		if syntax := (*SyntaxError)(nil); errors.As(err, &syntax) {
			return Message{}, err
		}
		if err != nil {
			invalid = err
		}
		elements = append(elements, m)
	}
	if _, err := r.token(); err != nil {
		return Message{}, err
	}
	if len(elements) == 0 && invalid == nil {
		invalid = errors.New("an empty batch")
	}
	if invalid != nil {
		return Message{}, &EnvelopeError{Err: invalid}
	}
	return Message{Raw: bytes.TrimSpace(r.raw[start:r.dec.InputOffset()]), Batch: elements}, nil
}

// message reads one object to its end, so that a faulty envelope still yields
// the id to answer with.
func (r *reader) message() (Message, error) {
	if _, err := r.token(); err != nil {
		return Message{}, err
	}
	start := r.dec.InputOffset() - 1
	var m Message
	var names envelopeNames
	var invalid error
	for r.dec.PeekKind() != '}' {
		name, err := r.token()
		if err != nil {
			return Message{}, err
		}
		text := name.String()
		if !names.add(text) {
			invalid = fmt.Errorf("member %q stands twice", text)
		}
		if err := r.member(&m, text); err != nil {
			if syntax := (*SyntaxError)(nil); errors.As(err, &syntax) {
				return Message{}, err
			}
			invalid = err
		}
	}
	if _, err := r.token(); err != nil {
		return Message{}, err
	}
	end := r.dec.InputOffset()
	m.Raw = r.raw[start:end:end]
	if invalid == nil {
		invalid = m.shape()
	}
	if invalid != nil {
		return m, &EnvelopeError{ID: m.answerable(), Err: invalid}
	}
	return m, nil
}

// member reads the value behind one name of the envelope into m.
func (r *reader) member(m *Message, name string) error {
	if name == "params" {
		params, err := r.params()
		m.Params = params
		return err
	}
	kind := r.dec.PeekKind()
	value, err := r.skip()
	if err != nil {
		return err
	}
	switch name {
	case "id":
		if kind != '"' && kind != '0' && kind != 'n' {
			return errors.New("the id is neither a string nor a number")
		}
		m.ID = ID(value)
	case "method":
		if kind != '"' {
			return errors.New("the method is not a string")
		}
		method, err := jsontext.AppendUnquote(nil, value)
		if err != nil || len(method) == 0 {
			return errors.New("the method is empty")
		}
		m.Method = string(method)
	case "result":
		m.Result = value
	case "error":
		m.Error = value
	}
	return nil
}

// params reads the params member, one level deep to refuse duplicate names.
func (r *reader) params() ([]byte, error) {
	if r.dec.PeekKind() != '{' {
		return r.skip()
	}
	if _, err := r.token(); err != nil {
		return nil, err
	}
	start := r.dec.InputOffset() - 1
	var names envelopeNames
	var invalid error
	for r.dec.PeekKind() != '}' {
		name, err := r.token()
		if err != nil {
			return nil, err
		}
		if text := name.String(); !names.add(text) {
			invalid = fmt.Errorf("params member %q stands twice", text)
		}
		if err := r.dec.SkipValue(); err != nil {
			return nil, &SyntaxError{Err: err}
		}
	}
	if _, err := r.token(); err != nil {
		return nil, err
	}
	end := r.dec.InputOffset()
	return r.raw[start:end:end], invalid
}

// shape checks that the message is a request, a notification or a response.
func (m *Message) shape() error {
	switch {
	case m.Method != "" && m.IsResponse():
		return errors.New("both a method and a result or error")
	case m.Result != nil && m.Error != nil:
		return errors.New("both a result and an error")
	case m.Method != "" && m.ID.IsNull():
		return errors.New("the id of a request is null")
	case m.Method == "" && !m.IsResponse():
		return errors.New("no method, result or error")
	case m.Result != nil && (m.ID == nil || m.ID.IsNull()):
		return errors.New("a result without an id")
	}
	return nil
}

// answerable is the id that an error about this message may carry.
func (m *Message) answerable() ID {
	if m.Method == "" || m.ID.IsNull() {
		return nil
	}
	return m.ID
}

// envelopeNames is the set of names seen in one object: a slice while they are
// few, which they are, and a map beyond, so that a hostile object costs no
// quadratic time.
type envelopeNames struct {
	few  []string
	many map[string]bool
}

func (n *envelopeNames) add(name string) bool {
	if n.many != nil {
		if n.many[name] {
			return false
		}
		n.many[name] = true
		return true
	}
	for _, seen := range n.few {
		if seen == name {
			return false
		}
	}
	if n.few = append(n.few, name); len(n.few) == 32 {
		n.many = make(map[string]bool, 64)
		for _, seen := range n.few {
			n.many[seen] = true
		}
	}
	return true
}
