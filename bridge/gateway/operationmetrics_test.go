package gateway

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"ucbridge/bridge/databricks"
	"ucbridge/bridge/jsonrpc"
)

func (s *stage) metrics(t *testing.T) string {
	t.Helper()
	resp, err := s.client.RoundTrip(httptest.NewRequest("GET", s.url+"/metrics", nil))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var tools []string
	for line := range strings.Lines(string(raw)) {
		if strings.HasPrefix(line, "ucbridge_tool_calls") || strings.HasPrefix(line, "mcp_") {
			tools = append(tools, line)
		}
	}
	return strings.Join(tools, "")
}

func call(id int, tool, arguments string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":%q,"arguments":%s}}`, id, tool, arguments)
}

// TestToolMetrics counts calls by tool and by what became of them.
func TestToolMetrics(t *testing.T) {
	t.Parallel()
	upstream := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		m, err := jsonrpc.Parse(raw)
		if err != nil {
			t.Error(err)
		}
		answer := `"result":{"content":[]}`
		switch body := string(raw); {
		case m.Method == "tools/list":
			answer = `"result":{"tools":[{"name":"echo"},{"name":"fails"},{"name":"unknown"}]}`
		case strings.Contains(body, "fails"):
			answer = `"result":{"isError":true,"content":[{"type":"text","text":"no"}]}`
		case strings.Contains(body, "unknown"):
			answer = `"error":{"code":-32602,"message":"no such tool"}`
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"jsonrpc":"2.0","id":`+string(m.ID)+`,`+answer+`}`)
	})
	s := governed(t, upstream, "proxy", "tools: {deny: [create_*]}\n")
	for _, tool := range []string{"echo", "fails", "unknown", "create_issue"} {
		s.call(t, "POST", ada, call(1, tool, `{"text":"isError\":true"}`))
	}
	page := s.metrics(t)
	if strings.Contains(page, `mcp_client_operation_duration_seconds_count{mcp_method_name="tools/call",gen_ai_operation_name="execute_tool",gen_ai_tool_name="create_issue"`) {
		t.Error("a call that was denied is counted as sent on")
	}
	for _, want := range []string{
		`ucbridge_tool_calls_total{path="/mcp/x",tool="echo",verdict="answered"} 1`,
		`ucbridge_tool_calls_total{path="/mcp/x",tool="fails",verdict="tool_error"} 1`,
		`ucbridge_tool_calls_total{path="/mcp/x",tool="unknown",verdict="error"} 1`,
		`ucbridge_tool_calls_total{path="/mcp/x",tool="create_issue",verdict="denied"} 1`,
		`mcp_server_operation_duration_seconds_count{mcp_method_name="tools/call",gen_ai_operation_name="execute_tool",gen_ai_tool_name="echo"} 1`,
		`gen_ai_tool_name="fails",error_type="tool_error",le="+Inf"} 1`,
		`mcp_client_operation_duration_seconds_count{mcp_method_name="tools/call",gen_ai_operation_name="execute_tool",gen_ai_tool_name="echo"} 1`,
		`gen_ai_tool_name="unknown",error_type="-32602",le="+Inf"} 1`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("%s is not in\n%s", want, page)
		}
	}
}

// TestToolMetricsAreBounded has a caller make up names of tools.
func TestToolMetricsAreBounded(t *testing.T) {
	t.Parallel()
	s := set(t, databricks.Target{Connection: "github"}, nil)
	session := s.begin(t, ada)
	for i := range maxTools + 20 {
		s.call(t, "POST", ada, call(i, fmt.Sprintf("tool%d", i), `{}`), session)
	}
	page := s.metrics(t)
	if n := strings.Count(page, "ucbridge_tool_calls_total{"); n != maxTools+1 || !strings.Contains(page, `path="/mcp/x",tool="other",verdict="error"} 20`) {
		t.Errorf("%d tools are told apart: %.300s", n, page[max(0, strings.Index(page, `tool="other"`)-60):])
	}
}
