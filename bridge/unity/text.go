package unity

import (
	"strings"
	"unicode"
)

// quoteLimit is how much of somebody else's words an error may carry, in
// characters.
const quoteLimit = 300

// clean makes text from outside fit to be quoted: one line without control
// characters and without those that reorder or hide text, and not too long.
func clean(s string) string {
	var b strings.Builder
	space, n := false, 0
	for _, c := range s {
		switch {
		case unicode.IsSpace(c) || unicode.IsControl(c):
			space = b.Len() > 0
			continue
		case unicode.Is(unicode.Cf, c) || unicode.Is(unicode.Co, c) || hidden(c) || c == unicode.ReplacementChar:
			continue
		}
		if space {
			b.WriteByte(' ')
			n++
		}
		if space = false; n >= quoteLimit {
			b.WriteString("...")
			break
		}
		b.WriteRune(c)
		n++
	}
	return b.String()
}

// hidden reports characters outside category Cf that show as nothing: the
// Hangul fillers, the combining grapheme joiner and the variation selectors.
func hidden(c rune) bool {
	switch c {
	case 0x034F, 0x115F, 0x1160, 0x3164, 0xFFA0:
		return true
	}
	return unicode.Is(unicode.Variation_Selector, c)
}

// mask takes the secrets of a request out of a quote.
func mask(s string, secrets []string) string {
	for _, secret := range secrets {
		if secret != "" {
			s = strings.ReplaceAll(s, secret, "***")
		}
	}
	return s
}
