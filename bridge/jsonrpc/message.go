// Package jsonrpc holds one JSON-RPC message the way the bridge carries it: the
// raw bytes, untouched, beside a strict reading of their envelope.
//
// The package never builds a message out of one that passes: what it changes, it
// changes by splicing bytes: [Splice], [Set], [Remove], [Retain], [Append]. [Parse] reads
// the names of JSON-RPC 2.0, and two things of MCP: that results are objects, and the
// revision that a message names ([MetaRevision]).
package jsonrpc

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"unicode/utf8"
)

// Message is one JSON-RPC message, or one batch of them. Raw holds the bytes as
// they came, without line end; all other slices point into it. A Message is
// never modified, so it may be shared between goroutines.
type Message struct {
	Raw    []byte
	ID     ID     // nil where the message has none
	Method string // "" in a response
	Params []byte // nil where there are none
	// Fields are the members of Params, each name once; nil where it is no object.
	Fields []Member
	Result []byte // nil in anything but a successful response
	// Outcome are the members of Result, as often as they stand there.
	Outcome []Member
	Error   []byte // nil in anything but an error response
	Batch   []Message
	// OneLine says that Raw is known to hold no line break.
	OneLine bool
	// Others reports whether the envelope has members beside those of JSON-RPC.
	Others bool
	// Revision is the text at params._meta[MetaRevision], "" where there is none.
	// Everything that treats a message asks for it, so it is read once, here; what
	// it means is told by package mcp.
	Revision string
	// Within is the id of the request on the stream of whose answer a request or a
	// notification came, nil where it came on none, or that is not known. It is no part of
	// the message, and whoever reads the stream sets it.
	Within ID
}

// MetaRevision is the member of params._meta in which a message of MCP 2026-07-28 or
// later says its revision.
const MetaRevision = "io.modelcontextprotocol/protocolVersion"

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

// SyntaxError says that bytes are not one JSON value (JSON-RPC code -32700). ID is that
// of a request whose method and id stand before the fault, nil elsewhere.
type SyntaxError struct {
	ID  ID
	Err error
}

func (e *SyntaxError) Error() string { return "reading JSON: " + e.Err.Error() }
func (e *SyntaxError) Unwrap() error { return e.Err }

// EnvelopeError says that a JSON value is not a JSON-RPC message (code -32600).
// ID is that of the value where one could be read.
type EnvelopeError struct {
	ID ID
	// Answered is the id of what would be a response, nil elsewhere: whoever waits for
	// that one waits in vain.
	Answered ID
	Err      error
}

func (e *EnvelopeError) Error() string { return "reading JSON-RPC message: " + e.Err.Error() }
func (e *EnvelopeError) Unwrap() error { return e.Err }

// Parse reads the envelope of raw, which it keeps: the caller must not change
// raw afterwards. Values are checked (JSON grammar, UTF-8) and skipped, not
// decoded. Member names match exactly, and a name that stands twice in the
// envelope or in params is refused, since two readers could pick different ones
// (CVE-2026-27896); deeper down duplicates pass. The envelope must say "jsonrpc":"2.0",
// a result must be an object, as all of MCP's are, and an error an object with an
// integer code and a message: clients drop what is anything else, and wait. The error is a *SyntaxError or
// an *EnvelopeError; a text that was cut is a SyntaxError around
// io.ErrUnexpectedEOF.
func Parse(raw []byte) (Message, error) { return ParseWhile(raw, nil) }

// MustParse reads a message that was put together here, of parts that were read. It panics
// where that is none.
func MustParse(raw []byte) Message {
	m, err := Parse(raw)
	if err != nil {
		panic(fmt.Sprintf("%v: %q", err, raw))
	}
	return m
}

// ParseWhile is Parse of a text that is still being read. raw is its beginning; read waits
// for more of it and returns all that there is, and what it returned before at the end or
// where reading fails. Each byte is looked at when it has just come.
func ParseWhile(raw []byte, read func() []byte) (Message, error) {
	r := reader{scanner{b: raw, read: read}}
	m, err := r.value()
	if err == nil || isEnvelope(err) {
		if r.peek() != 0 || r.i < len(r.b) {
			return Message{}, &SyntaxError{Err: r.unexpected("after the value")}
		}
		if !r.ascii() && !utf8.Valid(r.b) {
			return Message{}, &SyntaxError{ID: m.readable(), Err: errors.New("not UTF-8")}
		}
	}
	if err != nil {
		return Message{}, err
	}
	return m, nil
}

func isEnvelope(err error) bool {
	var envelope *EnvelopeError
	return errors.As(err, &envelope)
}

// reader reads the parts of a message that the bridge looks at.
type reader struct{ scanner }

// value reads a message or a batch.
func (r *reader) value() (Message, error) {
	switch r.peek() {
	case '{':
		return r.message(maxDepth)
	case '[':
		return r.batch()
	}
	if err := r.skip(maxDepth); err != nil {
		return Message{}, &SyntaxError{Err: err}
	}
	return Message{}, &EnvelopeError{Err: errors.New("neither an object nor an array")}
}

// batch reads an array of messages (MCP 2025-03-26; removed in 2025-06-18).
func (r *reader) batch() (Message, error) {
	start := r.i
	var elements []Message
	var invalid error
	err := r.array(maxDepth, func() error {
		if r.peek() != '{' {
			invalid = errors.New("a batch holds something other than an object")
			return r.skip(maxDepth - 1)
		}
		m, err := r.message(maxDepth - 1)
		if envelope := (*EnvelopeError)(nil); errors.As(err, &envelope) {
			invalid, err = envelope.Err, nil
		}
		elements = append(elements, m)
		return err
	})
	if err != nil {
		return Message{}, &SyntaxError{Err: withoutID(err)} // no more than one of several requests could be named
	}
	if len(elements) == 0 && invalid == nil {
		invalid = errors.New("an empty batch")
	}
	if invalid != nil {
		return Message{}, &EnvelopeError{Err: invalid}
	}
	return Message{Raw: r.b[start:r.i:r.i], OneLine: !r.broken, Batch: elements}, nil
}

// withoutID returns what is wrong, without the message that it is wrong with.
func withoutID(err error) error {
	if inner, ok := errors.AsType[*SyntaxError](err); ok {
		return inner.Err
	}
	return err
}

// message reads one object to its end, so that a faulty envelope still yields
// the id to answer with.
func (r *reader) message(depth int) (Message, error) {
	start := r.i
	var m Message
	names := nameSet{few: make([]string, 0, 5)} // as many as JSON-RPC has
	var invalid error
	err := r.object(depth, func(at Span) error {
		name := unquote(r.b[at.Start:at.End])
		if !names.add(name) {
			invalid = fmt.Errorf("member %q stands twice", name)
		}
		if name == "params" && r.peek() == '{' {
			return r.params(&m, depth-1, &invalid)
		}
		if name == "result" && r.peek() == '{' {
			return r.result(&m, depth-1)
		}
		kind := r.peek()
		value, err := r.scanner.value(depth - 1)
		if err == nil && kind != '"' && r.i == len(r.b) && !r.more() {
			err = io.ErrUnexpectedEOF // the rest of a number may be cut off, and another request have it so for an id
		}
		if err == nil {
			if fault := m.set(name, kind, value); fault != nil {
				invalid = fault
			}
		}
		return err
	})
	if err != nil {
		return Message{}, &SyntaxError{ID: m.readable(), Err: err}
	}
	m.Raw, m.OneLine = r.b[start:r.i:r.i], !r.broken
	if invalid == nil && !names.has("jsonrpc") {
		invalid = errors.New("the version of JSON-RPC is missing")
	}
	if invalid == nil {
		invalid = m.shape()
	}
	if invalid != nil {
		return m, &EnvelopeError{ID: m.answerable(), Answered: answered(m.Raw, &m), Err: invalid}
	}
	return m, nil
}

// set takes the value behind one name of the envelope; kind is its first byte.
func (m *Message) set(name string, kind byte, value []byte) error {
	switch name {
	case "id":
		if kind == '{' || kind == '[' || kind == 't' || kind == 'f' {
			return errors.New("the id is neither a string nor a number")
		}
		m.ID = ID(value)
	case "method":
		if kind != '"' {
			return errors.New("the method is not a string")
		}
		if m.Method = unquote(value); m.Method == "" {
			return errors.New("the method is empty")
		}
	case "params":
		if kind != '[' && kind != 'n' { // an object is read in message; many clients write null where there are none
			return errors.New("params is neither an object nor an array")
		}
		m.Params = value
	case "result":
		if kind != '{' {
			return errors.New("the result is not an object")
		}
		m.Result = value
	case "error":
		if fault := checkError(value); fault != nil {
			return fault
		}
		m.Error = value
	case "jsonrpc":
		if string(value) != `"2.0"` {
			return errors.New("the version of JSON-RPC is not 2.0")
		}
	default:
		m.Others = true
	}
	return nil
}

// checkError checks the error member of a response (JSON-RPC 2.0, section 5.1).
func checkError(value []byte) error {
	if value[0] != '{' {
		return errors.New("the error is not an object")
	}
	code := Value(value, "code")
	for i, c := range code {
		if (c < '0' || c > '9') && (c != '-' || i > 0) {
			code = nil
			break
		}
	}
	if len(code) == 0 {
		return errors.New("the error has no integer code")
	}
	if message := Value(value, "message"); len(message) == 0 || message[0] != '"' {
		return errors.New("the error has no message")
	}
	return nil
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

// readable is the answerable id of a message whose bytes have not all been checked.
func (m *Message) readable() ID {
	if id := m.answerable(); utf8.Valid(id) {
		return id
	}
	return nil
}

// answered is the id of a faulty message that was meant as a response.
func answered(raw []byte, m *Message) ID {
	if m.Method != "" || m.ID == nil || m.ID.IsNull() || Value(raw, "result") == nil && Value(raw, "error") == nil {
		return nil
	}
	return m.ID
}

// manyNames is how many names of an object are looked through one by one.
const manyNames = 32

// nameSet is the set of names seen in one object: a slice while they are
// few, which they are, and a map beyond, so that a hostile object costs no
// quadratic time.
type nameSet struct {
	few  []string
	many map[string]bool
}

func (n *nameSet) has(name string) bool {
	return n.many[name] || n.many == nil && slices.Contains(n.few, name)
}

func (n *nameSet) add(name string) bool {
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
	if n.few = append(n.few, name); len(n.few) == manyNames {
		n.many = make(map[string]bool, 2*manyNames)
		for _, seen := range n.few {
			n.many[seen] = true
		}
	}
	return true
}
