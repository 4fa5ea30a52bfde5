package redact_test

import (
	"fmt"
	"strings"

	"ucbridge/bridge/redact"
)

func ExampleValue() {
	token := "gh" + "p_" + strings.Repeat("x", 36)
	masked, kinds := redact.Value([]byte(`{"text":"the token is ` + token + `"}`))
	fmt.Println(string(masked), kinds)
	// Output: {"text":"the token is [GitHub token masked by ucbridge]"} [GitHub token]
}
