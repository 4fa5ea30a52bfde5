// Package telemetry tells OpenTelemetry of MCP requests, by its conventions for MCP
// ("Semantic conventions for Model Context Protocol", semantic-conventions-genai): a span
// for each, named for its method and tool, in the trace that its sender began. Trace
// context stands in params._meta, where 2026-07-28 reserves the names.
package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"ucbridge/bridge/otlp"
)

// Tracer is what sends spans to a collector, or to nowhere. It is safe for concurrent
// use.
type Tracer struct {
	tracer trace.Tracer
	on     bool
	end    func(context.Context) error
}

// Open returns the tracer that the standard variables of OpenTelemetry ask
// for (OTEL_EXPORTER_OTLP_ENDPOINT and its relatives, OTEL_TRACES_EXPORTER,
// OTEL_SDK_DISABLED, OTEL_TRACES_SAMPLER, OTEL_RESOURCE_ATTRIBUTES): spans go out
// by OTLP over HTTP. Without an endpoint or an exporter in them there is none. What
// cannot be read of them is logged and left out, as the specification demands ("Error
// handling in OpenTelemetry").
func Open(version string, log *slog.Logger) *Tracer {
	off := &Tracer{tracer: noop.NewTracerProvider().Tracer(scopeName), end: func(context.Context) error { return nil }}
	fault := func(err error) { log.Warn("tracing", "error", err) }
	if !wanted(fault) {
		return off
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		if !errors.Is(err, resource.ErrPartialResource) { // which is told of below
			fault(err)
		}
	}))
	// What the environment says about the resource goes before these two.
	about, err := resource.New(context.Background(),
		resource.WithAttributes(attribute.String("service.name", "ucbridge"), attribute.String("service.version", version)),
		resource.WithTelemetrySDK(), resource.WithFromEnv())
	if err != nil {
		fault(fmt.Errorf("reading OTEL_RESOURCE_ATTRIBUTES: %w", err)) // about holds the rest
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(otlp.New(os.Getenv)), sdktrace.WithResource(about))
	return &Tracer{provider.Tracer(scopeName), true, provider.Shutdown}
}

// scopeName is the instrumentation scope of all spans.
const scopeName = "ucbridge"

// On reports whether spans are sent. Where they are not, nothing needs to be told.
func (t *Tracer) On() bool { return t.on }

// Close sends what is left, for as long as ctx allows.
func (t *Tracer) Close(ctx context.Context) error { return t.end(ctx) }

// wanted reports whether the variables ask for traces.
func wanted(fault func(error)) bool {
	value := func(name string) string { return strings.ToLower(strings.TrimSpace(os.Getenv(name))) }
	if value("OTEL_SDK_DISABLED") == "true" {
		return false
	}
	exporters := value("OTEL_TRACES_EXPORTER")
	if exporters == "" {
		return value("OTEL_EXPORTER_OTLP_ENDPOINT") != "" || value("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != ""
	}
	otlp := false
	for name := range strings.SplitSeq(exporters, ",") {
		switch name = strings.TrimSpace(name); name {
		case "otlp":
			otlp = true
		case "none", "":
		default:
			fault(fmt.Errorf("reading OTEL_TRACES_EXPORTER: there is no exporter %q here, otlp and none there are", name))
		}
	}
	return otlp
}
