package databricks_test

import (
	"fmt"
	"net/http"
	"os"
	"strings"

	"ucbridge/bridge/databricks"
	"ucbridge/bridge/emulator"
)

// An MCP request through a Unity Catalog connection, signed with the token of
// the environment.
func ExampleOpen() {
	w, err := emulator.Start(emulator.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer w.Close()
	os.Setenv("DATABRICKS_TOKEN", "dapi-demo-ada")
	defer os.Unsetenv("DATABRICKS_TOKEN")

	transport, err := databricks.Open(databricks.Options{
		Target: databricks.Target{Connection: "github"},
		Host:   w.URL(),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer transport.Close()

	hello := strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"example","version":"1"}}}`)
	req, _ := http.NewRequest(http.MethodPost, transport.URL().String(), hello)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	resp, err := transport.RoundTrip(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	fmt.Println(resp.StatusCode, resp.Header.Get("Content-Type"))
	// Output: 200 application/json
}
