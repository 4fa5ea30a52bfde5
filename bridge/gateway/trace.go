package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"ucbridge/bridge/otlp"
)

// Tracing is what sends spans to a collector, or to nowhere.
type Tracing struct {
	tracer trace.Tracer
	end    func(context.Context) error
}

// OpenTracing returns the tracing that the standard variables of OpenTelemetry ask
// for (OTEL_EXPORTER_OTLP_ENDPOINT and its relatives, OTEL_TRACES_EXPORTER,
// OTEL_SDK_DISABLED, OTEL_TRACES_SAMPLER, OTEL_RESOURCE_ATTRIBUTES): spans go out
// by OTLP over HTTP. Without an endpoint or an exporter in them there is none.
func OpenTracing(ctx context.Context, version string, log *slog.Logger) (*Tracing, error) {
	if !tracingWanted() {
		return &Tracing{noop.NewTracerProvider().Tracer("ucbridge"), func(context.Context) error { return nil }}, nil
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("tracing", "error", err) }))
	// What the environment says about the resource goes before these two.
	about, err := resource.New(ctx,
		resource.WithAttributes(attribute.String("service.name", "ucbridge"), attribute.String("service.version", version)),
		resource.WithTelemetrySDK(), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("reading OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(otlp.New(os.Getenv)), sdktrace.WithResource(about))
	return &Tracing{provider.Tracer("ucbridge"), provider.Shutdown}, nil
}

// Close sends what is left, for as long as ctx allows.
func (t *Tracing) Close(ctx context.Context) error { return t.end(ctx) }

func tracingWanted() bool {
	if strings.EqualFold(os.Getenv("OTEL_SDK_DISABLED"), "true") {
		return false
	}
	switch os.Getenv("OTEL_TRACES_EXPORTER") {
	case "otlp":
		return true
	case "":
		return os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != ""
	}
	return false
}

var traceContext propagation.TraceContext

// span is the span of one request, in the trace that its caller began.
type span struct {
	ctx   context.Context // holds the span
	trace trace.Span
}

func startSpan(t *Tracing, r *http.Request) span {
	ctx := traceContext.Extract(context.Background(), propagation.HeaderCarrier(r.Header))
	ctx, began := t.tracer.Start(ctx, r.Method, trace.WithSpanKind(trace.SpanKindServer))
	return span{ctx, began}
}

// inject puts the trace into the headers of a request that goes on.
func (s span) inject(h propagation.TextMapCarrier) { traceContext.Inject(s.ctx, h) }

// id is the trace's, "" for none.
func (s span) id() string {
	if id := s.trace.SpanContext(); id.HasTraceID() {
		return id.TraceID().String()
	}
	return ""
}

// end ends the span, with what is known of the request by now.
func (s span) end(x *exchange) {
	defer s.trace.End()
	if !s.trace.IsRecording() {
		return
	}
	status, _ := x.out.result()
	attributes := []attribute.KeyValue{
		attribute.String("http.request.method", x.r.Method),
		attribute.Int("http.response.status_code", status),
	}
	name := x.r.Method
	if x.transport != nil {
		attributes = append(attributes, attribute.String("http.route", x.r.URL.Path))
		name += " " + x.r.URL.Path
	}
	if method := x.message.Method; method != "" {
		attributes = append(attributes, attribute.String("mcp.method.name", short(method)))
	}
	if x.reason != "" {
		attributes = append(attributes, attribute.String("error.type", string(x.reason)))
	}
	s.trace.SetName(name)
	s.trace.SetAttributes(attributes...)
	if status >= http.StatusInternalServerError || status == http.StatusOK && x.reason != "" {
		s.trace.SetStatus(codes.Error, string(x.reason))
	}
}
