package lazyregexp_test

import (
	"fmt"

	"ucbridge/bridge/lazyregexp"
)

// The expression is compiled by the first match, and not when the program starts.
var word = lazyregexp.New(`^[a-z]+$`)

func ExampleNew() {
	fmt.Println(word.MatchString("ada"), word.MatchString("Ada"))
	// Output: true false
}
