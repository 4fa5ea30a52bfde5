// Package lazyregexp compiles regular expressions when they are first used.
// Compiling those of a whole package at the start would cost every start a
// millisecond, and most of them are for errors.
package lazyregexp

import (
	"regexp"
	"sync"
)

// Regexp is a regular expression in the syntax of [regexp]. It is safe for
// concurrent use. The zero value matches nothing and must not be called; nil
// says that there is none.
type Regexp func() *regexp.Regexp

// New returns the expression. A fault in it panics at its first use.
func New(expr string) Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}

// MatchString reports whether s contains a match.
func (r Regexp) MatchString(s string) bool { return r().MatchString(s) }
