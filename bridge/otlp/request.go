package otlp

import (
	"encoding/hex"
	"strconv"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// The messages of opentelemetry-proto that are sent. Their JSON is that of the
// protocol: identifiers in hexadecimal, 64-bit numbers as strings, enumerations as
// numbers. Comments give protobuf's field numbers.
type (
	request struct {
		ResourceSpans []resourceSpans `json:"resourceSpans"` // 1
	}
	resourceSpans struct {
		Resource   resource     `json:"resource"`            // 1
		ScopeSpans []scopeSpans `json:"scopeSpans"`          // 2
		SchemaURL  string       `json:"schemaUrl,omitempty"` // 3
	}
	resource struct {
		Attributes []keyValue `json:"attributes,omitempty"` // 1
	}
	scopeSpans struct {
		Scope     scope  `json:"scope"`               // 1
		Spans     []span `json:"spans"`               // 2
		SchemaURL string `json:"schemaUrl,omitempty"` // 3
	}
	scope struct {
		Name    string `json:"name,omitempty"`    // 1
		Version string `json:"version,omitempty"` // 2
	}
	span struct {
		TraceID           hexadecimal `json:"traceId"`                          // 1
		SpanID            hexadecimal `json:"spanId"`                           // 2
		TraceState        string      `json:"traceState,omitempty"`             // 3
		ParentSpanID      hexadecimal `json:"parentSpanId,omitempty"`           // 4
		Name              string      `json:"name"`                             // 5
		Kind              int         `json:"kind,omitempty"`                   // 6
		Start             uint64      `json:"startTimeUnixNano,string"`         // 7
		End               uint64      `json:"endTimeUnixNano,string"`           // 8
		Attributes        []keyValue  `json:"attributes,omitempty"`             // 9
		DroppedAttributes uint32      `json:"droppedAttributesCount,omitempty"` // 10
		Links             []link      `json:"links,omitempty"`                  // 13
		Status            status      `json:"status"`                           // 15
		Flags             uint32      `json:"flags,omitempty"`                  // 16
	}
	link struct {
		TraceID           hexadecimal `json:"traceId"`                          // 1
		SpanID            hexadecimal `json:"spanId"`                           // 2
		TraceState        string      `json:"traceState,omitempty"`             // 3
		Attributes        []keyValue  `json:"attributes,omitempty"`             // 4
		DroppedAttributes uint32      `json:"droppedAttributesCount,omitempty"` // 5
		Flags             uint32      `json:"flags,omitempty"`                  // 6
	}
	status struct {
		Message string `json:"message,omitempty"` // 2
		Code    int    `json:"code,omitempty"`    // 3
	}
	keyValue struct {
		Key   string   `json:"key"`   // 1
		Value anyValue `json:"value"` // 2
	}
	// anyValue has exactly one of its members.
	anyValue struct {
		String *string     `json:"stringValue,omitempty"` // 1
		Bool   *bool       `json:"boolValue,omitempty"`   // 2
		Int    *decimal    `json:"intValue,omitempty"`    // 3
		Double *float64    `json:"doubleValue,omitempty"` // 4
		Array  *arrayValue `json:"arrayValue,omitempty"`  // 5
	}
	arrayValue struct {
		Values []anyValue `json:"values"` // 1
	}

	hexadecimal []byte
	decimal     int64
)

func (h hexadecimal) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h), nil }

func (d decimal) MarshalText() ([]byte, error) { return strconv.AppendInt(nil, int64(d), 10), nil }

// Flags of a span beside the W3C trace flags: whether its parent is known to be
// of another process, and is.
const (
	flagHasRemote = 0x100
	flagRemote    = 0x200
)

// newRequest sorts spans by resource and instrumentation scope.
func newRequest(spans []sdktrace.ReadOnlySpan) request {
	var r request
	resources := make(map[attribute.Distinct]int) // index in r.ResourceSpans
	type place struct {
		resource int
		scope    instrumentation.Scope
	}
	scopes := make(map[place]int) // index in the resource's ScopeSpans
	for _, s := range spans {
		key := s.Resource().Equivalent()
		i, ok := resources[key]
		if !ok {
			i = len(r.ResourceSpans)
			resources[key] = i
			r.ResourceSpans = append(r.ResourceSpans, resourceSpans{
				Resource: resource{keyValues(s.Resource().Attributes())}, SchemaURL: s.Resource().SchemaURL(),
			})
		}
		in := s.InstrumentationScope()
		at := &r.ResourceSpans[i].ScopeSpans
		j, ok := scopes[place{i, in}]
		if !ok {
			j = len(*at)
			scopes[place{i, in}] = j
			*at = append(*at, scopeSpans{Scope: scope{in.Name, in.Version}, SchemaURL: in.SchemaURL})
		}
		(*at)[j].Spans = append((*at)[j].Spans, newSpan(s))
	}
	return r
}

func newSpan(s sdktrace.ReadOnlySpan) span {
	is, parent := s.SpanContext(), s.Parent()
	trace, id := is.TraceID(), is.SpanID()
	out := span{
		TraceID: trace[:], SpanID: id[:], TraceState: is.TraceState().String(), Name: s.Name(), Kind: int(s.SpanKind()),
		Start: uint64(max(0, s.StartTime().UnixNano())), End: uint64(max(0, s.EndTime().UnixNano())),
		Attributes: keyValues(s.Attributes()), DroppedAttributes: uint32(s.DroppedAttributes()),
		Status: status{s.Status().Description, statusCodes[s.Status().Code]},
		Flags:  uint32(is.TraceFlags()) | flagHasRemote,
	}
	for _, l := range s.Links() {
		out.Links = append(out.Links, newLink(l))
	}
	if parent.SpanID().IsValid() {
		id := parent.SpanID()
		out.ParentSpanID = id[:]
	}
	if parent.IsRemote() {
		out.Flags |= flagRemote
	}
	return out
}

func newLink(l sdktrace.Link) link {
	to := l.SpanContext
	trace, id := to.TraceID(), to.SpanID()
	out := link{
		TraceID: trace[:], SpanID: id[:], TraceState: to.TraceState().String(),
		Attributes: keyValues(l.Attributes), DroppedAttributes: uint32(l.DroppedAttributeCount),
		Flags: uint32(to.TraceFlags()) | flagHasRemote,
	}
	if to.IsRemote() {
		out.Flags |= flagRemote
	}
	return out
}

// statusCodes are the protocol's numbers, which are not the library's.
var statusCodes = map[codes.Code]int{codes.Unset: 0, codes.Ok: 1, codes.Error: 2}

func keyValues(all []attribute.KeyValue) []keyValue {
	var out []keyValue
	for _, a := range all {
		out = append(out, keyValue{string(a.Key), newValue(a.Value)})
	}
	return out
}

func newValue(v attribute.Value) anyValue {
	switch v.Type() {
	case attribute.BOOL:
		return anyValue{Bool: new(v.AsBool())}
	case attribute.INT64:
		return anyValue{Int: new(decimal(v.AsInt64()))}
	case attribute.FLOAT64:
		return anyValue{Double: new(v.AsFloat64())}
	case attribute.STRINGSLICE:
		var array arrayValue
		for _, s := range v.AsStringSlice() {
			array.Values = append(array.Values, anyValue{String: &s})
		}
		return anyValue{Array: &array}
	}
	return anyValue{String: new(v.String())} // other lists as text
}
