package confusable

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"
)

// Reveal returns text with characters that do not show, or that would change how a
// terminal shows the rest, written as escapes. Line breaks and tabs stay.
func Reveal(text string) string { return reveal(text, "\r") }

// RevealName is Reveal for what must stay on one line, and in one column.
func RevealName(name string) string { return reveal(name, "\r\n\t\u2028\u2029") }

func reveal(text, too string) string {
	var out bytes.Buffer
	for _, r := range text {
		if hidden(r) || strings.ContainsRune(too, r) {
			fmt.Fprintf(&out, "<U+%04X>", r)
			continue
		}
		out.WriteRune(r)
	}
	return out.String()
}

// HiddenIn lists the characters in the texts of a JSON value that a person would
// not see, each once, as in U+202E. What makes up an emoji is not among them.
func HiddenIn(value []byte) []string {
	if !mayHide(value) {
		return nil
	}
	var found []string
	tokens := jsontext.NewDecoder(bytes.NewReader(value), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	for {
		token, err := tokens.ReadToken()
		if err != nil {
			return found
		}
		if token.Kind() != '"' {
			continue
		}
		var before rune
		for _, r := range token.String() {
			joins := r == 0x200D || r == 0xFE0F || r == 0xFE0E
			if hidden(r) && !(joins && (unicode.IsSymbol(before) || before == 0xFE0F)) {
				if point := fmt.Sprintf("U+%04X", r); !slices.Contains(found, point) {
					found = append(found, point)
				}
			}
			before = r
		}
	}
}

// mayHide reports whether a JSON value holds anything but ASCII that shows, or an escape
// that may stand for something else. Most definitions of tools do not.
func mayHide(value []byte) bool {
	for i, c := range value {
		switch {
		case c >= 0x7F:
			return true
		case c == '\\' && i+1 < len(value):
			if next := value[i+1]; next == 'u' || next == 'b' || next == 'f' {
				return true
			}
		}
	}
	return false
}
