package policy

import (
	"slices"
	"strings"
	"unicode/utf8"

	"ucbridge/bridge/confusable"
)

// Pattern is one glob of a policy and where it was written. "*" stands for any
// run of characters, "/" and none included, "?" for one character; all else
// stands for itself.
type Pattern struct {
	Glob string
	At   Place

	folded []string // see NewPattern
}

// NewPattern returns the pattern ready for use: comparing without regard to
// spelling takes a preparation that is made once.
func NewPattern(glob string, at Place) Pattern {
	p := Pattern{Glob: glob, At: at}
	for _, s := range spellingsOf(glob) {
		p.folded = append(p.folded, confusable.Skeleton(s))
	}
	return p
}

// Matches reports whether the glob covers the whole of name. It takes time in
// proportion to the product of both lengths at worst.
func (p Pattern) Matches(name string) bool { return match(p.Glob, name) }

// match walks both; at a mismatch it returns to the last star and lets that
// swallow one more character.
func match(glob, name string) bool {
	g, n, star, mark := 0, 0, -1, 0
	for n < len(name) {
		char, size := utf8.DecodeRuneInString(name[n:])
		wild, width := utf8.DecodeRuneInString(glob[g:])
		switch {
		case wild == '*' && width > 0:
			star, mark = g, n
			g += width
		case width > 0 && (wild == '?' || wild == char && width == size):
			g += width
			n += size
		case star >= 0:
			_, size := utf8.DecodeRuneInString(name[mark:])
			mark += size
			g, n = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(glob[g:], "*") == ""
}

// spelling is one way to write a name, and what is left of it without case and the
// like.
type spelling struct{ name, skeleton string }

func spelled(names ...string) []spelling {
	all := make([]spelling, len(names))
	for i, name := range names {
		all[i] = spelling{name, confusable.Skeleton(name)}
	}
	return all
}

// covers reports whether the glob matches any spelling of a name by which a lax
// reader might take it for another. It serves rules that forbid.
func (p Pattern) covers(spellings []spelling) bool {
	return slices.ContainsFunc(spellings, func(s spelling) bool { return p.Matches(s.name) || p.resembles(s.skeleton) })
}

// resembles reports whether the glob, in any of its own spellings, matches a name's
// skeleton.
func (p Pattern) resembles(skeleton string) bool {
	return slices.ContainsFunc(p.folded, func(glob string) bool { return match(glob, skeleton) })
}
