package jsonrpc

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
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
	// high has the highest bit of a byte set where a string may hold a byte that is
	// not ASCII. Most messages have none, and need not be looked at for UTF-8.
	high uint64
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

// peek skips white space and returns the next byte, 0 at the end.
func (s *scanner) peek() byte {
	for s.i < len(s.b) {
		switch c := s.b[s.i]; c {
		case ' ', '\t', '\n', '\r':
			s.i++
		default:
			return c
		}
	}
	return 0
}

// skip passes over one value that may nest so many levels deep.
func (s *scanner) skip(depth int) error {
	switch c := s.peek(); {
	case c == '"':
		return s.text()
	case c == '{':
		return s.object(depth, func(Span) error { return s.skip(depth - 1) })
	case c == '[':
		return s.array(depth, func() error { return s.skip(depth - 1) })
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
// where the name stands, quotes included; member must read the value.
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
		if s.peek() != '"' {
			return s.unexpected("looking for a member name")
		}
		start := s.i
		if err := s.text(); err != nil {
			return err
		}
		name := Span{start, s.i}
		if s.peek() != ':' {
			return s.unexpected("after a member name")
		}
		s.i++
		if err := member(name); err != nil {
			return err
		}
		switch s.peek() {
		case ',':
			s.i++
		case '}':
			s.i++
			return nil
		default:
			return s.unexpected("after a member")
		}
	}
}

// array reads an array, calling element for each element, which it must read.
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
		if err := element(); err != nil {
			return err
		}
		switch s.peek() {
		case ',':
			s.i++
		case ']':
			s.i++
			return nil
		default:
			return s.unexpected("after an element")
		}
	}
}

// text reads a string.
func (s *scanner) text() error {
	s.i++ // the quote
	for {
		s.plain()
		if s.i >= len(s.b) {
			return io.ErrUnexpectedEOF
		}
		switch c := s.b[s.i]; {
		case c == '"':
			s.i++
			return nil
		case c == '\\' && s.i+1 < len(s.b) && simpleEscape[s.b[s.i+1]]:
			s.i += 2
		case c == '\\':
			if err := s.escape(); err != nil {
				return err
			}
		default:
			return s.unexpected("in a string")
		}
	}
}

// plain passes over the bytes of a string up to its next quote, backslash or
// control character, eight at a time.
func (s *scanner) plain() {
	const (
		low  = 0x0101010101010101
		high = 0x8080808080808080
	)
	i, seen := s.i, s.high
	for ; i+8 <= len(s.b); i += 8 {
		w := binary.LittleEndian.Uint64(s.b[i:])
		seen |= w
		quote, backslash := w^(low*'"'), w^(low*'\\')
		// The high bit of a byte is set where the byte is the one looked for; above
		// the first such byte it may be set in error, which does not matter.
		found := ((quote-low)&^quote | (backslash-low)&^backslash | (w-low*0x20)&^w) & high
		if found != 0 {
			s.i, s.high = i+bits.TrailingZeros64(found)/8, seen
			return
		}
	}
	for ; i < len(s.b); i++ {
		c := s.b[i]
		if c == '"' || c == '\\' || c < 0x20 {
			break
		}
		seen |= uint64(c)
	}
	s.i, s.high = i, seen
}

// simpleEscape holds what may follow a backslash, but for u and its digits.
var simpleEscape = [256]bool{'"': true, '\\': true, '/': true, 'b': true, 'f': true, 'n': true, 'r': true, 't': true}

// escape reads a backslash and the code that follows it.
func (s *scanner) escape() error {
	if s.i++; !s.at('u') {
		return s.unexpected("in an escape")
	}
	s.i++
	for range 4 {
		if s.i >= len(s.b) || !isHex(s.b[s.i]) {
			return s.unexpected("in an escape")
		}
		s.i++
	}
	return nil
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// number reads a number.
func (s *scanner) number() error {
	if s.at('-') {
		s.i++
	}
	switch {
	case s.at('0'):
		s.i++
	case !s.digits():
		return s.unexpected("in a number")
	}
	if s.at('.') {
		s.i++
		if !s.digits() {
			return s.unexpected("in a number")
		}
	}
	if s.at('e') || s.at('E') {
		s.i++
		if s.at('+') || s.at('-') {
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

// digits passes over digits and reports whether there was one.
func (s *scanner) digits() bool {
	start := s.i
	for s.i < len(s.b) && s.b[s.i] >= '0' && s.b[s.i] <= '9' {
		s.i++
	}
	return s.i > start
}

func (s *scanner) literal(word string) error {
	for k := range len(word) {
		if !s.at(word[k]) {
			return s.unexpected("in " + word)
		}
		s.i++
	}
	return nil
}
