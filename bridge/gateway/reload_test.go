package gateway

import (
	"bufio"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ucbridge/bridge/databricks"
	"ucbridge/bridge/emulator"
	"ucbridge/bridge/govern"
	"ucbridge/bridge/policy"
)

// TestPolicyAppears: a gateway that began without a policy obeys one that appears; who
// holds a stream open is told, and it is counted.
func TestPolicyAppears(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "policy.yaml")
	began := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			w.Header().Set("Content-Type", "text/event-stream")
			_ = http.NewResponseController(w).Flush()
			close(began)
			<-r.Context().Done()
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"jsonrpc":"2.0","id":1,"result":{}}`)
	}))
	t.Cleanup(server.Close)
	s := set(t, databricks.Target{Connection: "own", Route: "proxy"}, func(o *Options) {
		e := &o.Endpoints[0]
		sources, target := policy.Sources{Managed: policy.ManagedAt("", ""), User: file}, policy.TargetOf("own", "", "")
		e.Governor = govern.New(govern.Options{
			Name: "own", Policy: new(policy.Policy), Watch: sources.Watch(target), Route: e.Transport.Route, Log: slog.New(slog.DiscardHandler),
		})
		t.Cleanup(e.Governor.Close)
	})
	s.workspace.AddConnection(emulator.Connection{Name: "own", MCP: true, Upstream: server.URL})
	const call = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"delete_repo"}}`
	if _, heard, _ := s.call(t, "POST", ada, call); !strings.Contains(heard, `"result":{}`) {
		t.Fatalf("without a policy is heard %s", heard)
	}
	stream, err := s.send(t.Context(), "GET", ada, "", "Mcp-Session-Id: s1")
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	<-began
	if err := os.WriteFile(file, []byte("limits: {max_call: 1}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(stream.Body); lines.Scan(); {
		if strings.Contains(lines.Text(), "notifications/tools/list_changed") {
			break
		}
	}
	if _, heard, _ := s.call(t, "POST", ada, call); !strings.Contains(heard, "max_call") {
		t.Errorf("under the policy is heard %s", heard)
	}
	resp, err := s.client.RoundTrip(httptest.NewRequest("GET", s.url+"/metrics", nil))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, _ := io.ReadAll(resp.Body)
	for _, want := range []string{
		"# TYPE ucbridge_policy_reloads_total counter\n",
		`ucbridge_policy_reloads_total{path="/mcp/x",result="ok"} 1`, `ucbridge_policy_reloads_total{path="/mcp/x",result="unreadable"} 0`,
	} {
		if !strings.Contains(string(raw), want) {
			t.Errorf("%s is missing in the metrics", want)
		}
	}
}
