package telemetry

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"ucbridge/bridge/jsonrpc"
)

// record returns a tracer, and what it is told of.
func record(t *testing.T) (*Tracer, *tracetest.SpanRecorder) {
	t.Helper()
	spans := tracetest.NewSpanRecorder()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))
	tracer := &Tracer{provider.Tracer("test"), true, provider.Shutdown}
	t.Cleanup(func() { _ = tracer.Close(context.Background()) })
	return tracer, spans
}

func parse(t *testing.T, raw string) jsonrpc.Message {
	t.Helper()
	m, err := jsonrpc.Parse([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// attributes are those of a span, as text.
func attributes(s sdktrace.ReadOnlySpan) map[string]string {
	all := make(map[string]string)
	for _, a := range s.Attributes() {
		all[string(a.Key)] = a.Value.String()
	}
	return all
}

const (
	inMeta   = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	inHeader = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
)

// TestParents: what _meta says of the trace counts before a header, which is linked.
func TestParents(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		header, meta, parent string
		links                int
	}{
		"both":    {inHeader, `,"_meta":{"traceparent":"` + inMeta + `"}`, inMeta, 1},
		"header":  {inHeader, ``, inHeader, 0},
		"_meta":   {"", `,"_meta":{"traceparent":"` + inMeta + `","x":1}`, inMeta, 0},
		"garbage": {inHeader, `,"_meta":{"traceparent":"x"}`, inHeader, 0},
		"none":    {"", ``, "", 0},
	} {
		tracer, spans := record(t)
		header := make(http.Header)
		if c.header != "" {
			header.Set("Traceparent", c.header)
		}
		m := parse(t, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo"`+c.meta+`}}`)
		o := Arrived(propagation.HeaderCarrier(header))
		o.Begin(tracer, m, "POST", time.Now())
		given := string(o.Given(m.Raw))
		o.End(m, About{Transport: "tcp"})
		span := spans.Ended()[0]
		parent, is := span.Parent(), span.SpanContext()
		if got := "00-" + parent.TraceID().String() + "-" + parent.SpanID().String() + "-01"; parent.IsValid() && got != c.parent || parent.IsValid() != (c.parent != "") || len(span.Links()) != c.links {
			t.Errorf("%s: the parent is %s, with %d links", name, got, len(span.Links()))
		}
		if want := `"traceparent":"00-` + is.TraceID().String() + "-" + is.SpanID().String() + `-01"`; !strings.Contains(given, want) || strings.Count(given, "traceparent") != 1 {
			t.Errorf("%s: the server is given %s", name, given)
		}
	}
}

// TestOff: where no traces are sent, messages stay as they are, and the caller's trace
// goes on.
func TestOff(t *testing.T) {
	t.Parallel()
	m := parse(t, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","_meta":{"traceparent":"`+inMeta+`"}}}`)
	o := Arrived(propagation.HeaderCarrier{"Traceparent": {inHeader}})
	o.Begin(&Tracer{}, m, "POST", time.Now())
	onward := make(http.Header)
	o.Inject(propagation.HeaderCarrier(onward))
	if given := o.Given(m.Raw); &given[0] != &m.Raw[0] || onward.Get("Traceparent") != inHeader {
		t.Errorf("given %s, %v", given, onward)
	}
	o.End(m, About{})
}

// TestConversation tells of the requests of a stdio client, and how each ended.
func TestConversation(t *testing.T) {
	t.Parallel()
	tracer, spans := record(t)
	c := NewConversation(tracer)
	for _, raw := range []string{
		`{"jsonrpc":"2.0","id":"a","method":"initialize","params":{"protocolVersion":"2025-11-25"}}`,
		`{"jsonrpc":"2.0","method":"notifications/initialized"}`,
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo"}}`,
		`{"jsonrpc":"2.0","id":2,"method":"prompts/get","params":{"name":"greet"}}`,
		`{"jsonrpc":"2.0","id":3,"method":"resources/read","params":{"uri":"file:///a"}}`,
		`{"jsonrpc":"2.0","id":4,"method":"tools/list"}`,
	} {
		heard := c.Heard(parse(t, raw))
		if traced := strings.Contains(string(heard.Raw), `"_meta":{"traceparent":`); traced != (heard.ID != nil) {
			t.Errorf("%s goes on as %s", raw, heard.Raw)
		}
	}
	for _, raw := range []string{
		`{"jsonrpc":"2.0","id":"a","result":{"protocolVersion":"2025-06-18"}}`,
		`{"jsonrpc":"2.0","id":3,"error":{"code":-32002,"message":"no"}}`,
		`{"jsonrpc":"2.0","id":2,"result":{"isError":false}}`,
		`{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"\"isError\":false"}],"isError":true}}`,
		`{"jsonrpc":"2.0","id":1,"result":{}}`,
		`{"jsonrpc":"2.0","method":"notifications/message","params":{}}`,
	} {
		c.Said(parse(t, raw))
	}
	c.Close()
	want := map[string]map[string]string{
		"initialize":        {"mcp.method.name": "initialize", "jsonrpc.request.id": "a", "mcp.protocol.version": "2025-06-18"},
		"resources/read":    {"mcp.method.name": "resources/read", "jsonrpc.request.id": "3", "mcp.protocol.version": "2025-06-18", "mcp.resource.uri": "file:///a", "error.type": "-32002", "rpc.response.status_code": "-32002"},
		"prompts/get greet": {"mcp.method.name": "prompts/get", "jsonrpc.request.id": "2", "mcp.protocol.version": "2025-06-18", "gen_ai.prompt.name": "greet"},
		"tools/call echo":   {"mcp.method.name": "tools/call", "jsonrpc.request.id": "1", "mcp.protocol.version": "2025-06-18", "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "echo", "error.type": "tool_error"},
		"tools/list":        {"mcp.method.name": "tools/list", "jsonrpc.request.id": "4", "mcp.protocol.version": "2025-06-18", "error.type": "cancelled"},
	}
	got := make(map[string]map[string]string)
	for _, s := range spans.Ended() {
		got[s.Name()] = attributes(s)
		delete(got[s.Name()], "network.transport")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
