package databricks

import (
	"regexp"
	"sync"
)

// pattern is a regular expression that is compiled when it is first used. Most
// are for refusals: compiling them all would cost every start a millisecond.
type pattern func() *regexp.Regexp

func newPattern(expr string) pattern {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}

// matches reports whether s contains a match.
func (p pattern) matches(s string) bool { return p().MatchString(s) }
