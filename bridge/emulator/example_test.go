package emulator_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"

	"ucbridge/bridge/emulator"
)

// A workspace in this process, and an MCP handshake through its connection github.
func ExampleStart() {
	w, err := emulator.Start(emulator.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer w.Close()

	hello := `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"example","version":"1"}}}`
	req, _ := http.NewRequest(http.MethodPost, w.URL()+"/api/2.0/unity-catalog/connections/github/proxy", strings.NewReader(hello))
	req.Header.Set("Authorization", "Bearer dapi-demo-ada")
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)

	seen := w.Exchanges()[0]
	fmt.Println(resp.StatusCode, seen.User, seen.Route, seen.Connection, seen.RPCMethod)
	// Output: 200 ada@example.com proxy github initialize
}
