package adapt_test

import (
	"fmt"
	"log/slog"

	"ucbridge/bridge/adapt"
	"ucbridge/bridge/jsonrpc"
)

// A client that shows nothing of a result without content gets its structured content
// as text.
func ExampleClient() {
	parse := func(raw string) jsonrpc.Message {
		m, err := jsonrpc.Parse([]byte(raw))
		if err != nil {
			panic(err)
		}
		return m
	}
	c := adapt.New(func(raw []byte) { fmt.Println(string(raw)) }, func(m jsonrpc.Message) { fmt.Println(string(m.Raw)) }, slog.New(slog.DiscardHandler))
	c.Serve(func(jsonrpc.Message) {}) // to the server
	c.Handle(parse(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"clientInfo":{"name":"gemini-cli-mcp-client","version":"0.61.0"}}}`))
	c.Handle(parse(`{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"add"}}`))
	c.Emit([]byte(`{"jsonrpc":"2.0","id":2,"result":{"content":[],"structuredContent":{"sum":3}}}`))
	// Output: {"jsonrpc":"2.0","id":2,"result":{"content":[{"type":"text","text":"{\"sum\":3}"}],"structuredContent":{"sum":3}}}
}
