package mcp_test

import (
	"testing"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
)

func TestSetMeta(t *testing.T) {
	t.Parallel()
	members := []jsonrpc.Member{{Name: "warehouse_id", Value: []byte(`"w"`)}, {Name: "limit", Value: []byte("5")}}
	for raw, want := range map[string]string{
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name" : "a"}}`:                                            `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name" : "a","_meta":{"warehouse_id":"w","limit":5}}}`,
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"_meta":{"x":1.0,"warehouse_id":"mine"},"name":"a"}}`:      `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"_meta":{"x":1.0,"warehouse_id":"w","limit":5},"name":"a"}}`,
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"_meta":null,"name":"a"}}`:                                 `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"_meta":{"warehouse_id":"w","limit":5},"name":"a"}}`,
		`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}`:                                                        `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{}}`,
		`{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":"tools/call"}}`:                                    `{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":"tools/call"}}`,
		`[{"jsonrpc":"2.0","method":"x"},{"jsonrpc":"2.0","id":1,"method":"tools\/call","params":{"name":"a","_meta":{}}}]`: `[{"jsonrpc":"2.0","method":"x"},{"jsonrpc":"2.0","id":1,"method":"tools\/call","params":{"name":"a","_meta":{"warehouse_id":"w","limit":5}}}]`,
	} {
		if m := mcp.SetMeta(parse(t, raw), members); string(m.Raw) != want {
			t.Errorf("%s\nbecame %s", raw, m.Raw)
		}
	}
	for name, ok := range map[string]bool{
		"warehouse_id": true, "com.example/x": true, "a/b": true, "": false, "progressToken": false,
		mcp.MetaRevision: false, "dev.mcp/x": false, "traceparent": false,
	} {
		if mcp.IsPresettable(name) != ok {
			t.Errorf("%q: %v", name, !ok)
		}
	}
}
