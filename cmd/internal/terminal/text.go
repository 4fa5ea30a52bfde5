// Package terminal shows words from outside to a person: nothing that moves the
// cursor, turns the writing direction or cannot be seen gets through.
package terminal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean makes text of several lines fit to be shown: control and invisible
// characters become visible escapes, all but line ends and tabs.
func Clean(text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	if !strings.ContainsFunc(text, hidden) && utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(text, "\uFFFD") {
		if hidden(r) {
			fmt.Fprintf(&b, `\u{%x}`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Line makes text fit to be shown on one line.
func Line(text string) string { return Clean(strings.Join(strings.Fields(text), " ")) }

// hidden reports whether a character does something other than being seen: control
// characters, marks of direction and of joining, tags (Unicode categories Cc, Cf,
// Zl, Zp), and what looks empty without being white space.
func hidden(r rune) bool {
	switch r {
	case '\n', '\t':
		return false
	case '\u115F', '\u1160', '\u3164', '\uFFA0': // the fillers of Hangul
		return true
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}

// JSON indents a JSON value. It stays the same value, number by number and in the
// same order; only hidden characters inside its strings are written as escapes.
func JSON(raw []byte) []byte {
	var b bytes.Buffer
	if err := json.Indent(&b, raw, "", "  "); err != nil { // it came in a JSON message
		return []byte(Clean(string(raw)))
	}
	if !bytes.ContainsFunc(b.Bytes(), hidden) {
		return b.Bytes()
	}
	var out []byte
	for _, r := range b.String() {
		switch {
		case !hidden(r):
			out = utf8.AppendRune(out, r)
		case r > 0xFFFF:
			r -= 0x10000
			out = fmt.Appendf(out, `\u%04x\u%04x`, 0xD800+r>>10, 0xDC00+r&0x3FF)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
	}
	return out
}

// Wrap breaks text into lines of at most width characters, words whole where
// that is possible, each behind the indent. Width 0 breaks nothing. Line ends in
// text stay.
func Wrap(text, indent string, width int) string {
	room := width - len(indent)
	var b strings.Builder
	for line := range strings.Lines(strings.TrimRight(text, "\n")) {
		line = strings.TrimRight(line, " \t\n")
		if width <= 0 || room < 1 || utf8.RuneCountInString(line) <= room {
			b.WriteString(strings.TrimRight(indent+line, " ") + "\n")
			continue
		}
		used := 0
		for _, word := range strings.Fields(line) {
			size := utf8.RuneCountInString(word)
			switch {
			case used == 0:
				b.WriteString(indent)
			case used+1+size > room:
				b.WriteString("\n" + indent)
				used = 0
			default:
				b.WriteByte(' ')
				used++
			}
			b.WriteString(word)
			used += size
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// Cut shortens one line to at most width characters; width 0 leaves it whole.
func Cut(line string, width int) string {
	if width <= 0 || utf8.RuneCountInString(line) <= width {
		return line
	}
	return string([]rune(line)[:max(width-3, 0)]) + "..."
}
