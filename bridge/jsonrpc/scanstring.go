package jsonrpc

import (
	"encoding/binary"
	"io"
	"math/bits"
)

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
