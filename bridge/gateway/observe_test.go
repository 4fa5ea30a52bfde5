package gateway

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"ucbridge/bridge/databricks"
)

const (
	traceID     = "4bf92f3577b34da6a3ce929d0e0e4736"
	traceparent = "00-" + traceID + "-00f067aa0ba902b7-01"
)

// TestHeaders checks that MCP's headers go on as they are, that nothing else of
// the caller's does, and that the trace goes on.
func TestHeaders(t *testing.T) {
	t.Parallel()
	s := set(t, databricks.Target{Connection: "github"}, nil)
	given := map[string]string{
		"Mcp-Session-Id": "unknown", "Mcp-Protocol-Version": "2025-06-18", "Mcp-Method": "tools/call", "Mcp-Name": "=?base64?w6Q=?=",
		"Mcp-Param-Region": "eu", "Last-Event-Id": "7",
	}
	more := []string{"Traceparent: " + traceparent, "Tracestate: a=b", "Cookie: c=1", "Authorization: Bearer x", "X-Forwarded-Host: h", "X-Forwarded-User: u",
		"X-Databricks-Workspace-Id: 987", "X-Anything: y", "User-Agent: someone"}
	for name, value := range given {
		more = append(more, name+": "+value)
	}
	s.call(t, "POST", ada, `{"jsonrpc":"2.0","id":1,"method":"ping"}`, more...)
	all := s.workspace.Exchanges()
	got := all[len(all)-1].Upstream.Header
	for name, value := range given {
		if got.Get(name) != value {
			t.Errorf("%s: %q, want %q", name, got.Get(name), value)
		}
	}
	for name, values := range got {
		for _, value := range values {
			if name != "Traceparent" && name != "Tracestate" && strings.Contains(strings.Join(more[:9], "\n"), ": "+value) {
				t.Errorf("%s: %s went on", name, value)
			}
		}
	}
	if got.Get("Traceparent") != traceparent || got.Get("Tracestate") != "a=b" {
		t.Errorf("trace %q, %q", got.Get("Traceparent"), got.Get("Tracestate"))
	}
	if !strings.Contains(s.log.String(), `"trace":"`+traceID+`"`) {
		t.Errorf("the log does not name the trace: %s", s.log)
	}
}

// TestTracing has spans go to a collector by OTLP over HTTP, in the trace that
// the caller began.
func TestTracing(t *testing.T) {
	var mu sync.Mutex
	var spans bytes.Buffer
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if r.URL.Path != "/v1/traces" || r.Header.Get("X-Key") != "k" {
			t.Errorf("%s with %q", r.URL.Path, r.Header.Get("X-Key"))
		}
		_, _ = io.Copy(&spans, r.Body)
	}))
	t.Cleanup(collector.Close)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-key=k")
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "team=blue")
	s := set(t, databricks.Target{Connection: "github"}, nil)
	s.call(t, "POST", ada, `{"jsonrpc":"2.0","id":1,"method":"ping"}`, "Traceparent: "+traceparent)
	all := s.workspace.Exchanges()
	onward := all[len(all)-1].Upstream.Header.Get("Traceparent")
	if !strings.Contains(onward, traceID) || onward == traceparent {
		t.Errorf("the trace goes on as %q", onward)
	}
	if err := s.gateway.opts.Tracer.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	for _, want := range []string{"\x4b\xf9\x2f\x35", "/mcp/x", "mcp.method.name", "ping", "ucbridge", "blue"} {
		if !bytes.Contains(spans.Bytes(), []byte(want)) {
			t.Errorf("%q is not in what the collector got", want)
		}
	}
	if bytes.Contains(spans.Bytes(), []byte(ada)) || bytes.Contains(spans.Bytes(), []byte("ada@example.com")) {
		t.Error("the collector got the caller's token or name")
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	s := set(t, databricks.Target{Connection: "github"}, nil)
	s.begin(t, ada)
	s.call(t, "POST", "", hello)
	resp, err := s.client.RoundTrip(httptest.NewRequest("GET", s.url+"/metrics", nil))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`ucbridge_requests_total{method="POST",path="/mcp/x",status="200"} 1`,
		`ucbridge_requests_total{method="POST",path="other",status="401"} 1`,
		`ucbridge_refusals_total{reason="not_authenticated"} 1`,
		`ucbridge_call_seconds_count{path="/mcp/x"} 1`,
		`ucbridge_in_flight{kind="call"} 0`,
		"go_goroutines ", "process_resident_memory_bytes ",
	} {
		if !strings.Contains(string(raw), want) {
			t.Errorf("%s is missing", want)
		}
	}
	if strings.Contains(string(raw), "example.com") {
		t.Error("a user's name is in the metrics")
	}
}

// TestFaultIsLogged has a handler panic, which has to be seen without --debug.
func TestFaultIsLogged(t *testing.T) {
	t.Parallel()
	s := set(t, databricks.Target{Connection: "github"}, nil)
	g := New(s.gateway.opts)
	g.Page = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("a fault") })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- g.Serve(ctx, l) }()
	if resp, err := http.Get("http://" + l.Addr().String()); err == nil {
		resp.Body.Close()
		t.Error("a faulty handler answers")
	}
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
	if !strings.Contains(s.log.String(), "a fault") {
		t.Errorf("the log does not tell: %s", s.log)
	}
}

// TestLongMethod sends a message whose method is no name: the log is not filled by it.
func TestLongMethod(t *testing.T) {
	t.Parallel()
	s := set(t, databricks.Target{Connection: "github"}, nil)
	s.call(t, "POST", ada, `{"jsonrpc":"2.0","id":1,"method":"`+strings.Repeat("x", 100_000)+`"}`)
	if log := s.log.String(); len(log) > 2000 || !strings.Contains(log, `"rpc":"xxx`) {
		t.Errorf("the log has %d bytes: %.300s", len(log), log)
	}
}
