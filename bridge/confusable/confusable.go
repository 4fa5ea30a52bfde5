// Package confusable tells which texts a careless reader may take for one another
// (Unicode UTS #39, "Confusable Detection", is about the same), and shows what does not
// show.
package confusable

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Skeleton returns what is left of a name when everything goes in which a careless
// reader might see no difference: case, compatibility forms (NFKC), characters
// that do not show.
func Skeleton(name string) string {
	if isPlain(name) {
		return strings.ToLower(strings.ReplaceAll(name, " ", "")) // name itself where nothing changes
	}
	visible := strings.Map(func(r rune) rune {
		if hidden(r) || unicode.IsSpace(r) {
			return -1
		}
		return r
	}, name)
	return norm.NFKC.String(cases.Fold().String(norm.NFKC.String(visible)))
}

// isPlain reports whether a name is ASCII that shows, or spaces.
func isPlain(name string) bool {
	for i := range len(name) {
		if c := name[i]; c < ' ' || c >= 0x7f {
			return false
		}
	}
	return true
}

// hidden reports whether a character changes how a text reads without showing:
// control characters other than line breaks and tabs, formatting characters (bidi
// overrides, zero-width characters, tag characters, soft hyphens), variation
// selectors, and letters that are drawn as nothing.
func hidden(r rune) bool {
	switch {
	case r == '\n' || r == '\r' || r == '\t':
		return false
	case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Variation_Selector, r), unicode.Is(unicode.Co, r):
		return true
	}
	return unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)
}
