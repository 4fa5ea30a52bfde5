package govern

import (
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// skeleton is what is left of a name when everything goes in which a careless
// reader might see no difference: case, compatibility forms (NFKC), characters
// that do not show.
func skeleton(name string) string {
	if isPlain(name) {
		return strings.ToLower(name) // name itself where nothing changes
	}
	visible := strings.Map(func(r rune) rune {
		if hidden(r) || unicode.IsSpace(r) {
			return -1
		}
		return r
	}, name)
	return norm.NFKC.String(cases.Fold().String(norm.NFKC.String(visible)))
}

// isPlain reports whether a name is ASCII that shows.
func isPlain(name string) bool {
	for i := range len(name) {
		if c := name[i]; c <= ' ' || c >= 0x7f {
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

// spellingsOf returns a URI and the other ways to write the same: unescaped,
// without dot segments, scheme and host in lower case. A server may take any of
// them for the resource that a rule names.
func spellingsOf(uri string) []string {
	all := []string{uri}
	add := func(s string) {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	for s := uri; ; {
		plain, err := url.PathUnescape(s)
		if err != nil || plain == s || len(all) > 8 { // escaped over and over
			break
		}
		add(plain)
		s = plain
	}
	for _, s := range slices.Clone(all) {
		scheme, rest, found := strings.Cut(s, ":")
		if !found {
			add(path.Clean(s))
			continue
		}
		scheme = strings.ToLower(scheme) + ":"
		tail := strings.TrimLeft(rest, "/")
		slashes := rest[:len(rest)-len(tail)]
		host, below, hasPath := strings.Cut(strings.ReplaceAll(tail, `\`, "/"), "/")
		if !hasPath {
			add(scheme + slashes + strings.ToLower(host))
			continue
		}
		// With the host apart, and, for servers that know no host, as a part of the path.
		end := ""
		if strings.HasSuffix(below, "/") || below == "" {
			end = "/"
		}
		below = path.Clean("/" + below)
		add(scheme + slashes + strings.ToLower(host) + strings.TrimSuffix(below, "/") + end)
		whole := path.Clean(strings.ReplaceAll(tail, `\`, "/"))
		add(scheme + slashes + whole + end)
	}
	return all
}
