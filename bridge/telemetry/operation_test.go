package telemetry

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/codes"
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

// TestTraceState: the state of a trace that is not gone on with does not stand beside ours.
func TestTraceState(t *testing.T) {
	t.Parallel()
	tracer, _ := record(t)
	for meta, want := range map[string]string{
		`"traceparent":"` + inMeta + `","tracestate":"a=b"`:       `"tracestate":"a=b"`,
		`"traceparent":"` + inMeta + `","tracestate":"a=b, ,c="`:  "",
		`"traceparent":"` + inMeta + `","tracestate":"a=b, ,c=d"`: `"tracestate":"a=b,c=d"`,
		`"traceparent":"garbage","tracestate":"a=b"`:              "",
		`"tracestate":"a=b","x":1`:                                "",
	} {
		m := parse(t, `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","_meta":{`+meta+`}}}`)
		o := Arrived(nil)
		o.Begin(tracer, m, "POST", time.Now())
		given := string(o.Given(m.Raw))
		o.End(m, About{})
		if got := strings.Contains(given, "tracestate"); got != (want != "") || !strings.Contains(given, want) {
			t.Errorf("%s: given %s", meta, given)
		}
	}
}

// TestTraceStateOfHeaders: several headers are one list, whose members may be empty (W3C
// Trace Context, 3.3.1).
func TestTraceStateOfHeaders(t *testing.T) {
	t.Parallel()
	for want, headers := range map[string][]string{
		"":            {},
		"a=1":         {"a=1"},
		"a=1,b=2":     {"a=1", "b=2"},
		"a=1,b=2,c=3": {"", "a=1, ,b=2,", "\t", "c=3"},
	} {
		o := Arrived(propagation.HeaderCarrier{"Traceparent": {inHeader}, "Tracestate": headers})
		onward := make(http.Header)
		o.Inject(propagation.HeaderCarrier(onward))
		if got := onward.Get("Tracestate"); got != want {
			t.Errorf("%q: handed on as %q, want %q", headers, got, want)
		}
	}
}

// TestNotSampled: the server is told of a span that is not sampled, by _meta as by headers.
func TestNotSampled(t *testing.T) {
	t.Parallel()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.NeverSample()))
	m := parse(t, `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`)
	o := Arrived(nil)
	o.Begin(&Tracer{tracer: provider.Tracer("test"), on: true}, m, "POST", time.Now())
	header := make(http.Header)
	o.Inject(propagation.HeaderCarrier(header))
	want := header.Get("Traceparent")
	if given := string(o.Given(m.Raw)); !strings.HasSuffix(want, "-00") || !strings.Contains(given, `"traceparent":"`+want+`"`) {
		t.Errorf("by header %q, given %s", want, given)
	}
	o.End(m, About{})
}

// TestLongCode: what a server makes up as a code is not kept at length.
func TestLongCode(t *testing.T) {
	t.Parallel()
	tracer, spans := record(t)
	m := parse(t, `{"jsonrpc":"2.0","id":"req\/1","method":"tools/list"}`)
	o := Arrived(nil)
	o.Begin(tracer, m, "POST", time.Now())
	about := About{Transport: "tcp"}
	about.Failure, about.Code = Outcome(parse(t, `{"jsonrpc":"2.0","id":1,"error":{"code":`+strings.Repeat("1", 10_000)+`,"message":"no"}}`))
	o.End(m, about)
	span := spans.Ended()[0]
	for name, value := range attributes(span) {
		if len(value) > 2*maxWord {
			t.Errorf("%s has %d bytes", name, len(value))
		}
	}
	if n := len(span.Status().Description); n == 0 || n > 2*maxWord {
		t.Errorf("the status has %d bytes", n)
	}
	if id := attributes(span)["jsonrpc.request.id"]; id != "req/1" {
		t.Errorf("the id is %s", id)
	}
}

// TestRepeatedID: a second request of an id takes nothing from the first one, and what is
// too much is not told of at all.
func TestRepeatedID(t *testing.T) {
	t.Parallel()
	tracer, spans := record(t)
	c := NewConversation(tracer)
	first := `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo"}}`
	c.Heard(parse(t, first))
	second := parse(t, `{"jsonrpc":"2.0","id":1,"method":"ping"}`)
	if heard := c.Heard(second); &heard.Raw[0] != &second.Raw[0] {
		t.Errorf("the second goes on as %s", heard.Raw)
	}
	c.Said(parse(t, `{"jsonrpc":"2.0","id":1,"result":{}}`))
	c.Said(parse(t, `{"jsonrpc":"2.0","id":1,"result":{}}`))
	for n := range maxOpen + 1 {
		c.Heard(parse(t, fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"ping"}`, n)))
	}
	if n := len(spans.Started()); n != 1+maxOpen {
		t.Errorf("%d spans", n)
	}
	c.Close()
	if ended := spans.Ended(); len(ended) != 1+maxOpen || ended[0].Name() != "tools/call echo" || ended[0].Status().Code != codes.Unset {
		t.Errorf("%d ended, the first is %s %v", len(ended), ended[0].Name(), ended[0].Status())
	}
}

// TestOpen: traces are sent where the variables ask for them, and what cannot be read of
// those is told, and keeps nothing from starting.
func TestOpen(t *testing.T) {
	for name, c := range map[string]struct {
		env    map[string]string
		on     bool
		logged string
	}{
		"nothing":               {nil, false, ""},
		"an endpoint":           {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}, true, ""},
		"an empty endpoint":     {map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": " "}, false, ""},
		"disabled":              {map[string]string{"OTEL_SDK_DISABLED": "True", "OTEL_TRACES_EXPORTER": "otlp"}, false, ""},
		"an exporter":           {map[string]string{"OTEL_TRACES_EXPORTER": "OTLP"}, true, ""},
		"none":                  {map[string]string{"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}, false, ""},
		"an unknown exporter":   {map[string]string{"OTEL_TRACES_EXPORTER": "console"}, false, "OTEL_TRACES_EXPORTER"},
		"two exporters":         {map[string]string{"OTEL_TRACES_EXPORTER": "console, otlp"}, true, "console"},
		"unreadable attributes": {map[string]string{"OTEL_TRACES_EXPORTER": "otlp", "OTEL_RESOURCE_ATTRIBUTES": "a=b,c"}, true, "OTEL_RESOURCE_ATTRIBUTES"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, variable := range os.Environ() {
				if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "OTEL_") {
					t.Setenv(name, "")
				}
			}
			for name, value := range c.env {
				t.Setenv(name, value)
			}
			var log bytes.Buffer
			tracer := Open("1.2.3", slog.New(slog.NewTextHandler(&log, nil)))
			if err := tracer.Close(t.Context()); err != nil {
				t.Error(err)
			}
			lines := strings.Count(log.String(), "\n")
			if tracer.On() != c.on || !strings.Contains(log.String(), c.logged) || lines > 1 || c.logged == "" && lines > 0 {
				t.Errorf("on %v, logged %s", tracer.On(), &log)
			}
		})
	}
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
