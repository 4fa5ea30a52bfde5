package document

import (
	"bytes"
	"slices"
	"strings"
)

// edit replaces the bytes of a document from start to end.
type edit struct {
	start, end int
	text       string
}

// splice carries out edits, which are in order and do not overlap.
func splice(src []byte, edits ...edit) []byte {
	var out []byte
	at := 0
	for _, e := range edits {
		out = append(append(out, src[at:e.start]...), e.text...)
		at = e.end
	}
	return append(out, src[at:]...)
}

// lineEnd is how the lines of src end: as the first one does.
func lineEnd(src []byte) string {
	if i := bytes.IndexByte(src, '\n'); i > 0 && src[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// withLineEnd spells the line ends of a text in another way.
func withLineEnd(text, end string) string { return strings.ReplaceAll(text, "\n", end) }

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// blank reports whether there is nothing but white space.
func blank(src []byte) bool {
	return !slices.ContainsFunc(src, func(c byte) bool { return !isSpace(c) })
}

// beforeSpace is the offset where the white space begins that ends at offset.
func beforeSpace(src []byte, offset int) int {
	for offset > 0 && isSpace(src[offset-1]) {
		offset--
	}
	return offset
}

// lineStart is the offset of the first byte of the line that offset is on.
func lineStart(src []byte, offset int) int { return bytes.LastIndexByte(src[:offset], '\n') + 1 }

// nextLine is the offset of the first byte after the line that offset is on.
func nextLine(src []byte, offset int) int {
	if i := bytes.IndexByte(src[offset:], '\n'); i >= 0 {
		return offset + i + 1
	}
	return len(src)
}

// indentation is the white space between the start of a line and offset, and
// whether there is nothing else.
func indentation(src []byte, offset int) (string, bool) {
	space := src[lineStart(src, offset):offset]
	return string(space), blank(space)
}
