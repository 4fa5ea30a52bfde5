package e2e

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"ucbridge/bridge/otlp"
)

// TestOTLP sends the same spans by ucbridge's exporter and by OpenTelemetry's own,
// with the same variables, and compares what a collector gets.
func TestOTLP(t *testing.T) {
	for _, protocol := range []string{"http/protobuf", "http/json"} {
		for _, compression := range []string{"", "gzip"} {
			t.Run(protocol+compression, func(t *testing.T) {
				t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
				t.Setenv("OTEL_EXPORTER_OTLP_COMPRESSION", compression)
				t.Setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-key=a%20b")
				theirs := exported(t, func() (sdktrace.SpanExporter, error) { return otlptracehttp.New(t.Context()) })
				ours := exported(t, func() (sdktrace.SpanExporter, error) { return otlp.New(os.Getenv), nil })
				if diff := cmp.Diff(theirs.header, ours.header); diff != "" {
					t.Errorf("headers (-theirs +ours):\n%s", diff)
				}
				if protocol == "http/json" { // in which identifiers may be written in either case
					if diff := cmp.Diff(decode(t, bytes.ReplaceAll(theirs.body, []byte("FF"), []byte("ff"))), decode(t, ours.body)); diff != "" {
						t.Errorf("JSON (-theirs +ours):\n%s", diff)
					}
					return
				}
				if diff := cmp.Diff(decodeSpans(t, theirs.body), decodeSpans(t, ours.body), protocmp.Transform()); diff != "" {
					t.Errorf("protobuf (-theirs +ours):\n%s", diff)
				}
			})
		}
	}
}

// export is what a collector got.
type export struct {
	header map[string]string
	body   []byte
}

// exported has an exporter send spans to a collector, which the variables name.
func exported(t *testing.T, open func() (sdktrace.SpanExporter, error)) export {
	t.Helper()
	got := make(chan export, 1)
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e := export{header: map[string]string{"path": r.Method + " " + r.URL.Path}}
		for _, name := range []string{"Content-Type", "Content-Encoding", "X-Key"} {
			e.header[name] = r.Header.Get(name)
		}
		var body io.Reader = r.Body
		if r.Header.Get("Content-Encoding") == "gzip" {
			var err error
			if body, err = gzip.NewReader(body); err != nil {
				t.Error(err)
				return
			}
		}
		var err error
		if e.body, err = io.ReadAll(body); err != nil {
			t.Error(err)
		}
		got <- e
	}))
	defer collector.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	exporter, err := open()
	if err != nil {
		t.Fatal(err)
	}
	if err := exporter.ExportSpans(t.Context(), exportedSpans()); err != nil {
		t.Fatal(err)
	}
	if err := exporter.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	return <-got
}

// exportedSpans are of every kind that a tracer can make without events.
func exportedSpans() []sdktrace.ReadOnlySpan {
	about := resource.NewWithAttributes("https://opentelemetry.io/schemas/1.40.0", attribute.String("service.name", "ucbridge"), attribute.String("team", "blue"))
	scope := instrumentation.Scope{Name: "ucbridge", Version: "1.2.3"}
	state, err := trace.ParseTraceState("a=b,c=d")
	if err != nil {
		panic(err)
	}
	at := time.Unix(1_780_000_000, 123_456_789)
	parent := func(remote bool) trace.SpanContext {
		return trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1, 255}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled, Remote: remote})
	}
	span := func(id byte) trace.SpanContext {
		return trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1, 255}, SpanID: trace.SpanID{id}, TraceFlags: trace.FlagsSampled, TraceState: state})
	}
	return tracetest.SpanStubs{
		{
			Name: "POST /mcp/x é", SpanContext: span(3), Parent: parent(true), SpanKind: trace.SpanKindServer, StartTime: at, EndTime: at.Add(time.Second),
			Attributes: []attribute.KeyValue{
				attribute.String("http.request.method", "POST"), attribute.Int("http.response.status_code", 200), attribute.Int64("big", 1<<62),
				attribute.Int("negative", -1), attribute.Bool("yes", true), attribute.Bool("no", false), attribute.Float64("half", .5),
				attribute.String("empty", ""), attribute.Int("zero", 0), attribute.StringSlice("list", []string{"a", ""}),
			},
			Status: sdktrace.Status{Code: codes.Error, Description: "server_error"}, DroppedAttributes: 300,
			Links: []sdktrace.Link{
				// Theirs leaves out the trace state of a link.
				{SpanContext: parent(false), Attributes: []attribute.KeyValue{attribute.String("why", "ambient")}, DroppedAttributeCount: 2}, {SpanContext: parent(true)},
			},
			Resource: about, InstrumentationScope: scope,
		},
		{Name: "inside", SpanContext: span(4), Parent: parent(false), SpanKind: trace.SpanKindInternal, StartTime: at, EndTime: at, Status: sdktrace.Status{Code: codes.Ok}, Resource: about, InstrumentationScope: scope},
		{Name: "root of another scope", SpanContext: span(5), StartTime: at, EndTime: at, Resource: about, InstrumentationScope: instrumentation.Scope{Name: "other", SchemaURL: "https://x.test/1"}},
	}.Snapshots()
}

func decodeSpans(t *testing.T, body []byte) *collectorpb.ExportTraceServiceRequest {
	t.Helper()
	var request collectorpb.ExportTraceServiceRequest
	if err := proto.Unmarshal(body, &request); err != nil {
		t.Fatal(err)
	}
	if len(request.GetResourceSpans()) == 0 {
		t.Fatal("no spans")
	}
	return &request
}
