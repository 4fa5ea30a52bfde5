package jsonrpc

import (
	"errors"
	"fmt"
	"io"
)

// scanner reads JSON text (RFC 8259) in place: it finds where values begin and
// end and holds them to the grammar, and decodes nothing. It does not look at
// UTF-8, which its user checks for the whole text.
//
// It is the bridge's own for two reasons. Every byte of every message passes
// through it, and it takes half the time of jsontext, which it is tested
// against. And it lets through what a JSON writer may write, a lone surrogate
// such as "\ud83d" among it: JavaScript servers that cut a text in the middle of
// a character send it, and it is not the bridge's to refuse.
type scanner struct {
	b []byte
	i int
	// read returns b with more bytes behind it, or as it is at the end of the text; nil
	// where b is all of the text.
	read func() []byte
	// high has the highest bit of a byte set where a string may hold a byte that is
	// not ASCII. Most messages have none, and need not be looked at for UTF-8.
	high uint64
	// broken is set where a line break stood between tokens.
	broken bool
}

// maxDepth is how deep objects and arrays may nest, as in encoding/json.
const maxDepth = 10_000

var errDeep = errors.New("nested too deep")

// unexpected says what stands at the scanner, io.ErrUnexpectedEOF at the end.
func (s *scanner) unexpected(where string) error {
	if s.i >= len(s.b) {
		return io.ErrUnexpectedEOF
	}
	return fmt.Errorf("invalid character %q %s, at offset %d", s.b[s.i], where, s.i)
}

// more reads on at the end of b, and reports whether there is more.
func (s *scanner) more() bool {
	if s.read == nil {
		return false
	}
	before := len(s.b)
	s.b = s.read()
	return len(s.b) > before
}

// peek skips white space and returns the next byte, 0 at the end.
func (s *scanner) peek() byte {
	for s.i < len(s.b) || s.more() {
		switch c := s.b[s.i]; c {
		case '\n', '\r':
			s.broken = true
			s.i++
		case ' ', '\t':
			s.i++
		default:
			return c
		}
	}
	return 0
}

// skip passes over one value that may nest so many levels deep.
func (s *scanner) skip(depth int) error {
	var c byte
	if s.i < len(s.b) {
		c = s.b[s.i]
	}
	if c <= ' ' {
		c = s.peek()
	}
	switch {
	case c == '"':
		return s.text()
	case c == '{':
		return s.object(depth, nil)
	case c == '[':
		return s.array(depth, nil)
	case c == '-' || c >= '0' && c <= '9':
		return s.number()
	case c == 't':
		return s.literal("true")
	case c == 'f':
		return s.literal("false")
	case c == 'n':
		return s.literal("null")
	}
	return s.unexpected("looking for a value")
}

// value passes over one value and returns its bytes.
func (s *scanner) value(depth int) ([]byte, error) {
	s.peek()
	start := s.i
	err := s.skip(depth)
	return s.b[start:s.i:s.i], err
}

// object reads an object, calling member behind each name and its colon, with
// where the name stands, quotes included; member must read the value, which is skipped
// where member is nil.
func (s *scanner) object(depth int, member func(name Span) error) error {
	if depth <= 0 {
		return errDeep
	}
	s.i++ // the brace
	if s.peek() == '}' {
		s.i++
		return nil
	}
	for {
		if !s.at('"') && s.peek() != '"' {
			return s.unexpected("looking for a member name")
		}
		start := s.i
		if err := s.text(); err != nil {
			return err
		}
		name := Span{start, s.i}
		if !s.at(':') && s.peek() != ':' {
			return s.unexpected("after a member name")
		}
		s.i++
		var err error
		if member == nil {
			err = s.skip(depth - 1)
		} else {
			err = member(name)
		}
		if err != nil {
			return err
		}
		switch {
		case s.at(',') || s.peek() == ',':
			s.i++
		case s.at('}'):
			s.i++
			return nil
		default:
			return s.unexpected("after a member")
		}
	}
}

// array reads an array, calling element for each element, which it must read, and which
// is skipped where element is nil.
func (s *scanner) array(depth int, element func() error) error {
	if depth <= 0 {
		return errDeep
	}
	s.i++ // the bracket
	if s.peek() == ']' {
		s.i++
		return nil
	}
	for {
		var err error
		if element == nil {
			err = s.skip(depth - 1)
		} else {
			err = element()
		}
		if err != nil {
			return err
		}
		switch {
		case s.at(',') || s.peek() == ',':
			s.i++
		case s.at(']'):
			s.i++
			return nil
		default:
			return s.unexpected("after an element")
		}
	}
}

// number reads a number, which may go on behind what has come so far.
func (s *scanner) number() error {
	if s.at('-') {
		s.i++
	}
	switch {
	case s.come() && s.b[s.i] == '0':
		s.i++
	case !s.digits():
		return s.unexpected("in a number")
	}
	if s.come() && s.b[s.i] == '.' {
		s.i++
		if !s.digits() {
			return s.unexpected("in a number")
		}
	}
	if s.come() && s.b[s.i]|0x20 == 'e' {
		s.i++
		if s.come() && (s.b[s.i] == '+' || s.b[s.i] == '-') {
			s.i++
		}
		if !s.digits() {
			return s.unexpected("in a number")
		}
	}
	return nil
}

// ascii reports whether every byte so far was ASCII, for certain: outside of strings
// nothing else is JSON.
func (s *scanner) ascii() bool { return s.high&0x8080808080808080 == 0 }

func (s *scanner) at(c byte) bool { return s.i < len(s.b) && s.b[s.i] == c }

// come waits for the next byte, and reports whether there is one.
func (s *scanner) come() bool { return s.i < len(s.b) || s.more() }

// digits passes over digits and reports whether there was one.
func (s *scanner) digits() bool {
	start := s.i
	for {
		for s.i < len(s.b) && s.b[s.i] >= '0' && s.b[s.i] <= '9' {
			s.i++
		}
		if s.i < len(s.b) || !s.more() {
			return s.i > start
		}
	}
}

func (s *scanner) literal(word string) error {
	for s.i+len(word) > len(s.b) && s.more() {
	}
	for k := range len(word) {
		if !s.at(word[k]) {
			return s.unexpected("in " + word)
		}
		s.i++
	}
	return nil
}
