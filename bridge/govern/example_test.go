package govern_test

import (
	"context"
	"fmt"
	"log/slog"

	"ucbridge/bridge/govern"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/policy"
)

func ExampleGovernor_ForRequest() {
	file, err := policy.Parse("policy.yaml", []byte("resources: {deny: [\"file:*\"]}"))
	if err != nil {
		fmt.Println(err)
		return
	}
	g := govern.New(govern.Options{
		Name: "github", Policy: policy.New(policy.TargetOf("github", "", ""), file),
		Route: func() string { return "proxy" }, Log: slog.New(slog.DiscardHandler),
	})
	defer g.Close()
	filter := g.ForRequest(context.Background(), govern.Request{Person: policy.Person{Name: "ada@example.com"}})
	m, err := jsonrpc.Parse([]byte(`{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"file:///etc/passwd"}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	verdict := filter.Begin(context.Background(), m)
	fmt.Println(verdict.Passes, verdict.Reason)
	// Output: false policy_denied
}
