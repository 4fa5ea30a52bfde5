package gateway

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"ucbridge/bridge/databricks"
	"ucbridge/bridge/emulator"
)

// TestVoice: no answer that nothing governs bears the gateway's name, however long it is;
// a long result passes as it is, and a listed change is logged.
func TestVoice(t *testing.T) {
	t.Parallel()
	padding := strings.Repeat("x", maxChecked+1)
	for name, tt := range map[string]struct {
		answer  string
		changed bool
	}{
		"an error":              {`{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"m","data":{"source":"ucbridge"}}}`, true},
		"a long error":          {`{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"` + padding + `","data":{"source":"ucbridge"}}}`, true},
		"a long error first":    {`{"error":{"code":1,"message":"` + padding + `","data":{"source":"ucbridge"}},"jsonrpc":"2.0","id":1}`, true},
		"a result in its voice": {`{"jsonrpc":"2.0","id":1,"result":{"content":[],"_meta":{"ucbridge/error":{"code":1}}}}`, true},
		"a long result":         {`{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"` + padding + ` ucbridge"}]}}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				_, _ = io.WriteString(w, tt.answer)
			}))
			t.Cleanup(server.Close)
			s := set(t, databricks.Target{Connection: "own", Route: "proxy"}, func(o *Options) { o.MaxMessage = 4 << 20 })
			s.workspace.AddConnection(emulator.Connection{Name: "own", MCP: true, Upstream: server.URL})
			_, heard, _ := s.call(t, "POST", ada, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a"}}`)
			if tt.changed == (heard == tt.answer) || tt.changed && strings.Contains(heard, `"ucbridge`) {
				t.Errorf("heard %.200s", strings.ReplaceAll(heard, padding, "..."))
			}
			if logged := strings.Contains(s.log.String(), "given another name"); logged != tt.changed {
				t.Errorf("logged: %v", logged)
			}
		})
	}
}
