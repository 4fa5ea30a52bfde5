package document

import "bytes"

// Extension is something in a file that strict readers of its format refuse.
type Extension int

// The extensions. Those of JSON are what editors with comments take.
const (
	ByteOrderMark Extension = 1 << iota
	Comments
	TrailingCommas
)

func (e Extension) String() string {
	switch e {
	case ByteOrderMark:
		return "byte order mark"
	case Comments:
		return "comments"
	case TrailingCommas:
		return "trailing commas"
	}
	return "strict JSON"
}

// Found is the first place of an extension.
type Found struct {
	Extension Extension
	Line      int
}

// Extensions returns the first place of each extension in src, which holds a
// document that Entries can read.
func (s Section) Extensions(src []byte) []Found {
	var found []Found
	text, marked := bytes.CutPrefix(src, byteOrderMark)
	if marked {
		found = append(found, Found{ByteOrderMark, 1})
	}
	if s.Format != JSON {
		return found
	}
	var seen Extension
	add := func(e Extension, offset int) {
		if seen&e == 0 {
			seen |= e
			found = append(found, Found{e, 1 + bytes.Count(text[:offset], []byte("\n"))})
		}
	}
	comma := -1 // the last one, if nothing but space and comments came after it
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case isSpace(c):
		case c == '/':
			add(Comments, i)
			i = afterComment(text, i) - 1
		case c == ',':
			comma = i
		case (c == '}' || c == ']') && comma >= 0:
			add(TrailingCommas, comma)
			comma = -1
		case c == '"':
			comma, i = -1, stringEnd(text, i)
		default:
			comma = -1
		}
	}
	return found
}

// afterComment is the offset of the first byte after the comment at i.
func afterComment(text []byte, i int) int {
	end := "\n"
	if bytes.HasPrefix(text[i:], []byte("/*")) {
		end = "*/"
	}
	if n := bytes.Index(text[i+2:], []byte(end)); n >= 0 {
		return i + 2 + n + len(end)
	}
	return len(text)
}

// stringEnd is the offset of the quote that ends the string which begins at i.
func stringEnd(text []byte, i int) int {
	for i++; i < len(text) && text[i] != '"'; i++ {
		if text[i] == '\\' {
			i++
		}
	}
	return i
}
