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

// text reads a string.
func (s *scanner) text() error {
	s.i++ // the quote
	for {
		s.i, s.high = plain(s.b, s.i, s.high)
		switch {
		case s.i+longestEscape > len(s.b) && s.more(): // an escape is read at once
			continue
		case s.i >= len(s.b):
			return io.ErrUnexpectedEOF
		case s.b[s.i] == '"':
			s.i++
			return nil
		case s.b[s.i] != '\\':
			return s.unexpected("in a string")
		}
		if err := s.escape(); err != nil {
			return err
		}
	}
}

// plain passes over what stands in a string at i and is no more than characters and
// simple escapes, and returns where that ends. To seen it adds the bits of the bytes,
// and possibly of some behind them.
//
// It reads eight bytes at a time, and 64 of a string that is long. All escapes of a word are
// passed over before the next is read, which has its place for certain then: source files
// have many, and to read on from the end of each takes twice the time.
func plain(b []byte, i int, seen uint64) (int, uint64) {
	for long := i + 16; i+16 < len(b); { // and one more, which the last may escape
		if i >= long && i+blockSize < len(b) {
			return blocks(b, i, seen)
		}
		next := b[i : i+17]
		word := binary.LittleEndian.Uint64(next)
		found := special(word)
		if found == 0 { // as a rule; the next is within the same bounds
			seen |= word
			i += 8
			next = next[8:]
			word = binary.LittleEndian.Uint64(next)
			found = special(word)
		}
		seen |= word
		i += 8
		for found != 0 {
			at := bits.TrailingZeros64(found) / 8
			if next[at] != '\\' || !simpleEscape[next[at+1]] {
				return i - 8 + at, seen
			}
			if at == 7 { // it escapes the first byte of the next word
				i++
			}
			found &= ^uint64(0) << (8*at + 16)
		}
	}
	for ; i < len(b) && b[i] != '"' && b[i] >= 0x20; i++ {
		seen |= uint64(b[i])
		if b[i] != '\\' {
			continue
		}
		if i+1 == len(b) || !simpleEscape[b[i+1]] {
			break
		}
		i++
	}
	return i, seen
}

// blockSize is how many bytes of a long string are looked at together.
const blockSize = 64

// blocks is plain, of a long string, and takes escapes of four digits, too. With what is
// special of a block in one mask, the processor guesses wrongly where to go on once a block,
// and not once a word: in source files, that is half of the time.
func blocks(b []byte, i int, seen uint64) (int, uint64) {
	for i+blockSize < len(b) { // and one more, which the last may escape
		next := b[i : i+blockSize+1]
		w0, w1 := binary.LittleEndian.Uint64(next), binary.LittleEndian.Uint64(next[8:])
		w2, w3 := binary.LittleEndian.Uint64(next[16:]), binary.LittleEndian.Uint64(next[24:])
		w4, w5 := binary.LittleEndian.Uint64(next[32:]), binary.LittleEndian.Uint64(next[40:])
		w6, w7 := binary.LittleEndian.Uint64(next[48:]), binary.LittleEndian.Uint64(next[56:])
		seen |= w0 | w1 | w2 | w3 | w4 | w5 | w6 | w7
		s0, s1, s2, s3 := special(w0), special(w1), special(w2), special(w3)
		s4, s5, s6, s7 := special(w4), special(w5), special(w6), special(w7)
		if s0|s1|s2|s3|s4|s5|s6|s7 == 0 {
			i += blockSize
			continue
		}
		found := gather(s0) | gather(s1)<<8 | gather(s2)<<16 | gather(s3)<<24 |
			gather(s4)<<32 | gather(s5)<<40 | gather(s6)<<48 | gather(s7)<<56
		for found != 0 {
			at := bits.TrailingZeros64(found) % blockSize
			if next[at] != '\\' || !simpleEscape[next[at+1]] && !isUnicode(next[at+1:]) {
				return i + at, seen
			}
			first := found & -found
			i += int(first >> (blockSize - 1)) // one more where the last escapes the byte behind
			found &^= first | first<<1
		}
		i += blockSize
	}
	return plain(b, i, seen)
}

// gather moves the high bits of the eight bytes of w together, that of the lowest byte to the
// lowest place; w has no other bits.
func gather(w uint64) uint64 { return w * 0x0002040810204081 >> 56 }

// special sets the high bit of each byte of w that is a quote, a backslash or a control
// character, and no other.
func special(w uint64) uint64 {
	const (
		each = 0x0101010101010101
		high = 0x8080808080808080
	)
	low := w &^ high
	quote := (low ^ each*2) + each*(0x80-0x21) // with the second bit turned, it is 0x20, and control characters stay below
	backslash := (low ^ each*'\\') + each*0x7f
	return ^(quote&backslash | w) & high
}

// simpleEscape holds what may follow a backslash, but for u and its digits.
var simpleEscape = [256]bool{'"': true, '\\': true, '/': true, 'b': true, 'f': true, 'n': true, 'r': true, 't': true}

// longestEscape is how many bytes an escape has at most.
const longestEscape = len(`\u0000`)

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

// isUnicode reports whether b begins with the code of a UTF-16 unit, which some JSON writers
// have for each angle bracket.
func isUnicode(b []byte) bool {
	return len(b) > 4 && b[0] == 'u' && isHex(b[1]) && isHex(b[2]) && isHex(b[3]) && isHex(b[4])
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// number reads a number, again where it may go on behind what has come so far.
func (s *scanner) number() error {
	start := s.i
	err := s.numberSoFar()
	for s.i == len(s.b) && s.more() {
		s.i = start
		err = s.numberSoFar()
	}
	return err
}

func (s *scanner) numberSoFar() error {
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
