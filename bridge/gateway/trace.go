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

// startSpan begins the span of a request, in the trace that its caller began.
func (x *exchange) startSpan() {
	ctx := traceContext.Extract(context.Background(), propagation.HeaderCarrier(x.r.Header))
	x.traced, x.span = x.g.opts.Tracing.tracer.Start(ctx, x.r.Method, trace.WithSpanKind(trace.SpanKindServer))
}

// endSpan ends it, with what is known by now.
func (x *exchange) endSpan() {
	defer x.span.End()
	if !x.span.IsRecording() {
		return
	}
	attributes := []attribute.KeyValue{
		attribute.String("http.request.method", x.r.Method),
		attribute.Int("http.response.status_code", x.status),
	}
	name := x.r.Method
	if x.transport != nil {
		attributes = append(attributes, attribute.String("http.route", x.r.URL.Path))
		name += " " + x.r.URL.Path
	}
	if method := x.message.Method; method != "" {
		attributes = append(attributes, attribute.String("mcp.method.name", short(method)))
	}
	if string(x.reason) != "" {
		attributes = append(attributes, attribute.String("error.type", string(x.reason)))
	}
	x.span.SetName(name)
	x.span.SetAttributes(attributes...)
	if x.status >= http.StatusInternalServerError || x.status == http.StatusOK && string(x.reason) != "" {
		x.span.SetStatus(codes.Error, string(x.reason))
	}
}

// continueTrace puts the trace into the headers of the request that goes on.
func (x *exchange) continueTrace(h http.Header) {
	traceContext.Inject(x.traced, propagation.HeaderCarrier(h))
}
