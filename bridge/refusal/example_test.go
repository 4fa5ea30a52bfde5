package refusal_test

import (
	"errors"
	"fmt"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/refusal"
)

// A refusal on its way up: found in an error, and sent as a response.
func ExampleNew() {
	err := fmt.Errorf("calling echo: %w", refusal.New(refusal.CallTimeout, "No answer within %s.", "1m0s").
		WithHint("try again with --call-timeout 5m"))

	e, _ := errors.AsType[*refusal.Error](err)
	fmt.Println(e.Data.Reason, e.Data.Reason.Status(), e.MayHaveRun())
	fmt.Println(e)
	fmt.Println(string(e.Response(jsonrpc.ID("7"))))
	// Output:
	// call_timeout 504 true
	// No answer within 1m0s. (try again with --call-timeout 5m)
	// {"jsonrpc":"2.0","id":7,"error":{"code":-32603,"message":"No answer within 1m0s.","data":{"source":"ucbridge","reason":"call_timeout","hint":"try again with --call-timeout 5m","retryable":false}}}
}
