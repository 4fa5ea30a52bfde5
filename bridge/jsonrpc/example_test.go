package jsonrpc_test

import (
	"fmt"

	"ucbridge/bridge/jsonrpc"
)

func ExampleParse() {
	m, err := jsonrpc.Parse([]byte(`{"jsonrpc":"2.0","id":9007199254740993,"method":"tools/list","x":1.0}`))
	fmt.Println(m.Method, string(m.ID), m.IsRequest(), err)
	_, err = jsonrpc.Parse([]byte(`{"error":"invalid_token"}`))
	fmt.Println(err)
	// Output:
	// tools/list 9007199254740993 true <nil>
	// reading JSON-RPC message: the error is not an object
}

func ExampleFind() {
	raw := []byte(`{"params": {"name" : "echo"}}`)
	at, ok := jsonrpc.Find(raw, "params", "name")
	fmt.Println(string(raw[at.Start:at.End]), ok)
	// Output: "echo" true
}

func ExampleSet() {
	raw := []byte(`{"params":{ "name":"echo" }}`)
	fmt.Println(string(jsonrpc.Set(raw, []byte(`1`), "params", "_meta", "progressToken")))
	// Output: {"params":{ "name":"echo" ,"_meta":{"progressToken":1}}}
}

func ExampleRemove() {
	fmt.Println(string(jsonrpc.Remove([]byte(`{"a": 1.0, "b":2 }`), "b")))
	// Output: {"a": 1.0 }
}

func ExampleRetain() {
	raw := []byte(`{"tools":[ {"name":"a"} , {"name":"b"} ]}`)
	at, _ := jsonrpc.Find(raw, "tools")
	fmt.Println(string(jsonrpc.Retain(raw, at, func(tool []byte) bool { return jsonrpc.Text(tool, "name") != "a" })))
	// Output: {"tools":[ {"name":"b"} ]}
}

func ExampleOwner() {
	open := []jsonrpc.ID{jsonrpc.ID(`"req/1"`), jsonrpc.ID("2")}
	fmt.Println(jsonrpc.Owner(open, jsonrpc.ID(`"req\/1"`), false), jsonrpc.Owner(open, jsonrpc.ID(`"server-error"`), false))
	// Output: 0 -1
}
