package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"ucbridge/bridge/emulator"
)

// collector takes spans by OTLP.
type collector struct {
	*httptest.Server
	mu    sync.Mutex
	spans map[string]*tracepb.Span // by name
}

func startCollector(t *testing.T) *collector {
	t.Helper()
	c := &collector{spans: make(map[string]*tracepb.Span)}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		var got collectorpb.ExportTraceServiceRequest
		if err == nil {
			err = proto.Unmarshal(raw, &got)
		}
		if err != nil {
			t.Error(err)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, resource := range got.ResourceSpans {
			for _, scope := range resource.ScopeSpans {
				for _, span := range scope.Spans {
					c.spans[span.Name] = span
				}
			}
		}
	}))
	t.Cleanup(c.Close)
	return c
}

// attributes are those of the span with that name.
func (c *collector) attributes(name string) map[string]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := make(map[string]string)
	for _, a := range c.spans[name].GetAttributes() {
		all[a.Key] = a.Value.GetStringValue()
		if n := a.Value.GetIntValue(); n != 0 {
			all[a.Key] = fmt.Sprint(n)
		}
	}
	return all
}

const (
	callersTrace = "4bf92f3577b34da6a3ce929d0e0e4736"
	callersSpan  = "00f067aa0ba902b7"
)

// modernCall is a call of 2026-07-28 in the caller's trace.
func modernCall(id int, arguments string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"echo","arguments":%s,"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"traceparent":"00-%s-%s-01","baggage":"a=b"}}}`,
		id, arguments, callersTrace, callersSpan)
}

// checkCall checks the span of that call, and that the server was given it.
func (c *collector) checkCall(t *testing.T, w *emulator.Workspace, want map[string]string) {
	t.Helper()
	if diff := cmp.Diff(want, c.attributes("tools/call echo")); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	span := c.spans["tools/call echo"]
	if fmt.Sprintf("%x %x", span.GetTraceId(), span.GetParentSpanId()) != callersTrace+" "+callersSpan || span.GetKind() != tracepb.Span_SPAN_KIND_SERVER {
		t.Errorf("%v is not a server's span below the caller's", span)
	}
	given := fmt.Sprintf(`"traceparent":"00-%s-%x-01","baggage":"a=b"`, callersTrace, span.GetSpanId())
	for _, x := range w.Exchanges() {
		if x.RPCMethod == "tools/call" && strings.Contains(string(x.Upstream.Body), given) {
			return
		}
	}
	t.Errorf("the server was not given %s", given)
}

// TestTelemetryOfServe has the gateway tell a collector of a call.
func TestTelemetryOfServe(t *testing.T) {
	t.Parallel()
	c := startCollector(t)
	w := startWorkspace(t, "")
	cmd := exec.Command(ucbridge, "serve", "--listen", "127.0.0.1:0", "--auth", "obo", "--trust-forwarded", "--connection", "github")
	cmd.Env = environ(t, map[string]string{"DATABRICKS_HOST": w.URL(), "OTEL_EXPORTER_OTLP_ENDPOINT": c.URL})
	base := start(t, cmd).await(t, `serving (http://[^/]+)/`)
	post := func(message string) string {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/mcp/github", strings.NewReader(message))
		if err != nil {
			t.Fatal(err)
		}
		req.Header = http.Header{
			"Content-Type": {"application/json"}, "Accept": {"application/json, text/event-stream"}, "X-Forwarded-Access-Token": {"dapi-demo-ada"},
			"Mcp-Protocol-Version": {"2026-07-28"}, "Mcp-Method": {"tools/call"}, "Mcp-Name": {"echo"},
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		raw, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	if got := post(modernCall(7, `{"text":"hello"}`)); !strings.Contains(got, "hello") {
		t.Fatalf("%s", got)
	}
	stop(t, cmd)
	c.checkCall(t, w, map[string]string{
		"mcp.method.name": "tools/call", "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "echo", "jsonrpc.request.id": "7",
		"mcp.protocol.version": "2026-07-28", "network.transport": "tcp", "network.protocol.name": "http",
		"http.request.method": "POST", "http.response.status_code": "200", "http.route": "/mcp/github",
	})
}

// TestTelemetryOfStdio has the bridge tell a collector of a call.
func TestTelemetryOfStdio(t *testing.T) {
	t.Parallel()
	c := startCollector(t)
	w := startWorkspace(t, "")
	cmd := exec.Command(ucbridge, "stdio", "--connection", "github")
	cmd.Env = environ(t, map[string]string{"DATABRICKS_HOST": w.URL(), "DATABRICKS_TOKEN": "dapi-demo-ada", "OTEL_EXPORTER_OTLP_ENDPOINT": c.URL})
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	said := start(t, cmd)
	fmt.Fprintln(stdin, modernCall(7, `{"text":"hello"}`))
	said.await(t, `(hello)`)
	stdin.Close()
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	c.checkCall(t, w, map[string]string{
		"mcp.method.name": "tools/call", "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "echo", "jsonrpc.request.id": "7",
		"mcp.protocol.version": "2026-07-28", "network.transport": "pipe",
	})
}

// stop ends a gateway as its platform does.
func stop(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
}
