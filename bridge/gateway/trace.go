package gateway

import (
	"net/http"
	"strconv"

	"go.opentelemetry.io/otel/attribute"

	"ucbridge/bridge/telemetry"
)

// beginOperation begins the span of the request, of which the message is known now, if it
// has one.
func (x *exchange) beginOperation() {
	x.begun = true
	x.operation.Begin(x.g.opts.Tracer, x.message, x.r.Method, x.began)
}

// given is the message as it goes on, with the trace in it.
func (x *exchange) given(raw []byte) []byte {
	if x.message.Batch != nil || x.message.Method == "" {
		return raw
	}
	return x.operation.Given(raw)
}

// endOperation ends the span, with what is known of the request by now.
func (x *exchange) endOperation() {
	if !x.begun {
		x.beginOperation()
	}
	if !x.g.opts.Tracer.On() {
		return
	}
	about := telemetry.About{
		Transport: "tcp", Session: x.r.Header.Get(headerSession), Revision: x.r.Header.Get("Mcp-Protocol-Version"),
		Failure: x.failure, Code: x.code,
		More: []attribute.KeyValue{
			attribute.String("http.request.method", x.r.Method), attribute.Int("http.response.status_code", x.status),
		},
	}
	if x.transport != nil {
		about.More = append(about.More, attribute.String("http.route", x.r.URL.Path))
	}
	if x.reason != "" {
		about.Failure = string(x.reason)
	} else if about.Failure == "" && x.status >= http.StatusInternalServerError {
		about.Failure = strconv.Itoa(x.status)
	}
	x.operation.End(x.message, about)
}
