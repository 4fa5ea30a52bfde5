package streamable

import (
	"net/http"
	"strings"
)

// Trace is what an exchange is known by elsewhere, each empty where nobody said.
type Trace struct {
	// RequestID is the id that Databricks gave the request, as in system.access.audit.
	RequestID string
	// ID is the trace id (W3C Trace Context) under which the request was sent.
	ID string
}

// TraceOf reads it from the header of an answer, where the transport notes the
// Traceparent that it sent.
func TraceOf(h http.Header) Trace {
	t := Trace{RequestID: plain(h.Get("X-Databricks-Request-Id"))}
	if t.RequestID == "" {
		t.RequestID = plain(h.Get("X-Request-Id"))
	}
	// 00-, 32 hexadecimal digits of the trace, 16 of the span, flags
	if parent := h.Get("Traceparent"); len(parent) == len("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01") {
		t.ID = plain(parent[3:35])
	}
	return t
}

// plain is an id from the wire, "" where it is not fit to be written down.
func plain(id string) string {
	if len(id) > 128 || strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return ""
	}
	return id
}
