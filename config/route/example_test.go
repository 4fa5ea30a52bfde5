package route_test

import (
	"fmt"

	"ucbridge/config/route"
)

func ExampleOf() {
	r := route.Of(route.ExternalFunction)
	fmt.Println(r.Streams, r.Scope)
	fmt.Println(route.Choices())
	// Output:
	// false all-apis
	// [auto proxy external-function mcp-external]
}
