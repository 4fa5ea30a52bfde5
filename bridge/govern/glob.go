package govern

import (
	"slices"
	"strings"
)

// Pattern is one glob of a policy and where it was written. "*" stands for any
// run of characters, "/" and none included, "?" for one character; all else
// stands for itself.
type Pattern struct {
	Glob string
	At   Place
}

// Matches reports whether the glob covers the whole of name. It takes time in
// proportion to the product of both lengths at worst.
func (p Pattern) Matches(name string) bool { return match([]rune(p.Glob), []rune(name)) }

// match walks both; at a mismatch it returns to the last star and lets that
// swallow one more character.
func match(glob, name []rune) bool {
	g, n, star, mark := 0, 0, -1, 0
	for n < len(name) {
		switch {
		case g < len(glob) && glob[g] == '*':
			star, mark = g, n
			g++
		case g < len(glob) && (glob[g] == '?' || glob[g] == name[n]):
			g++
			n++
		case star >= 0:
			mark++
			g, n = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(string(glob[g:]), "*") == ""
}

// covers reports whether the glob matches any spelling of a name by which a lax
// reader might take it for another. It serves rules that forbid.
func (p Pattern) covers(spellings []string) bool {
	return slices.ContainsFunc(spellings, func(s string) bool { return p.Matches(s) || p.resembles(s) })
}

// resembles reports whether the glob, in any of its own spellings, matches what is
// left of a name without case and the like.
func (p Pattern) resembles(name string) bool {
	name = skeleton(name)
	return slices.ContainsFunc(spellingsOf(p.Glob), func(glob string) bool {
		return Pattern{Glob: skeleton(glob)}.Matches(name)
	})
}
