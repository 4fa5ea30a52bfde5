package standby_test

import (
	"context"
	"fmt"
	"log/slog"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/standby"
)

func ExampleServer_Answer() {
	s := standby.New(standby.Options{Version: "1.0.0", Log: slog.New(slog.DiscardHandler)})
	s.Explain(refusal.New(refusal.NotAuthenticated, "Databricks does not know you.").WithHint("sign in with: ucbridge login"))
	request, err := jsonrpc.Parse([]byte(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`))
	if err != nil {
		panic(err)
	}
	list := s.Answer(context.Background(), request)
	for _, tool := range jsonrpc.Elements(jsonrpc.Value(list, "result", "tools")) {
		fmt.Println(jsonrpc.Text(tool, "name"))
	}
	// Output: ucbridge_status
}
