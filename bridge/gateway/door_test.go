package gateway

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"ucbridge/bridge/emulator"
	"ucbridge/bridge/unity"
)

// TestAnswerIsNoPage has a server answer with a page. A browser that is shown it,
// at the origin that acts for its user, is told to run nothing.
func TestAnswerIsNoPage(t *testing.T) {
	t.Parallel()
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Content-Security-Policy", "default-src *")
		_, _ = w.Write([]byte("<script>alert(1)</script>"))
	}))
	t.Cleanup(upstream.Close)
	s := set(t, unity.Target{Connection: "own"}, nil)
	s.workspace.AddConnection(emulator.Connection{Name: "own", Upstream: upstream.URL, MCP: true})
	status, body, h := s.call(t, "GET", ada, "")
	policy := h.Get("Content-Security-Policy")
	if status != http.StatusOK || !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "sandbox") || h.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%d %s: %v", status, body, h)
	}
}
