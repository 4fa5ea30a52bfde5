package bridge

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"ucbridge/bridge/emulator"
	"ucbridge/bridge/jsonrpc"
)

// BenchmarkCall carries calls over each route, one at a time and many, small and
// large. The workspace and the server run in the same process.
func BenchmarkCall(b *testing.B) {
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			b.Error(err)
		}
		m, _ := jsonrpc.Parse(body) // GET has no body
		if !m.IsRequest() {
			w.WriteHeader(http.StatusAccepted)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"result":{"protocolVersion":"2025-11-25","capabilities":{}}}`, m.ID)
	}))
	defer upstream.Close()
	workspace.AddConnection(emulator.Connection{Name: "bench", Upstream: upstream.URL, MCP: true})
	for _, route := range []string{"proxy", "external-function"} {
		for _, size := range []int{0, 1 << 20} {
			for _, flight := range []int{1, 64} {
				if size > 0 && flight > 1 {
					continue
				}
				b.Run(fmt.Sprintf("%s/%d bytes/%d in flight", route, size, flight), func(b *testing.B) {
					near := startBridge(b, "bench", route)
					near.send(`{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{}}}`)
					near.next()
					line := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":"` + strings.Repeat("a", size) + `"}}`
					sent := 0
					for b.Loop() {
						for ; sent < flight; sent++ {
							near.send(line)
						}
						near.next()
						sent--
					}
					near.close()
				})
			}
		}
	}
}
