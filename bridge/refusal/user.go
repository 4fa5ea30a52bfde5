package refusal

import (
	"strings"

	"ucbridge/bridge/lazyregexp"
)

// You stands in hints for the user's name, as GRANT wants it.
const You = "<you>"

// plainName is a name that means itself in SQL between backticks and in JSON.
var plainName = lazyregexp.New(`^[A-Za-z0-9._%+@-]+$`)

// ForUser returns a hint with the user's name in place of [You]. It leaves the hint as it
// is for a name that does not mean itself in a command.
func ForUser(hint, name string) string {
	if !plainName.MatchString(name) {
		return hint
	}
	return strings.ReplaceAll(hint, You, name)
}
