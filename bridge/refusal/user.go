package refusal

import "strings"

// You stands in hints for the user's name, as GRANT wants it.
const You = "<you>"

// ForUser returns a hint with the user's name in place of [You]. It leaves the hint as it
// is where there is no name, and for one that does not mean itself in SQL between
// backticks and in JSON.
func ForUser(hint, name string) string {
	if name == "" || strings.ContainsFunc(name, notPlain) {
		return hint
	}
	return strings.ReplaceAll(hint, You, name)
}

func notPlain(r rune) bool {
	letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
	return !letter && !strings.ContainsRune("._%+@-", r)
}
