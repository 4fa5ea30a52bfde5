package audit

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// appendTo appends the row as one line of JSON: what encoding/json makes of it, at a
// third of the cost, for every call has a row or two.
func (r *Row) appendTo(b []byte) []byte {
	b = append(b, `{"time":"`...)
	b = r.Time.AppendFormat(b, time.RFC3339Nano)
	b = append(b, `","connection":`...)
	b = appendText(b, r.Connection)
	b = appendMember(b, "route", r.Route)
	b = appendMember(b, "user", r.User)
	b = appendMember(b, "client", r.Client)
	b = append(b, `,"method":`...)
	b = appendText(b, r.Method)
	b = appendMember(b, "tool", r.Tool)
	b = appendMember(b, "prompt", r.Prompt)
	b = appendMember(b, "uri", r.URI)
	b = r.appendArguments(b)
	b = append(b, `,"verdict":`...)
	b = appendText(b, r.Verdict)
	b = appendMember(b, "rule", r.Rule)
	b = appendMember(b, "status", r.Status)
	b = appendCount(b, "code", r.Code)
	b = appendMember(b, "reason", r.Reason)
	b = appendMember(b, "call", r.Call)
	b = appendMember(b, "ambiguous", r.Ambiguous)
	b = append(b, `,"duration_ms":`...)
	b = strconv.AppendFloat(b, r.Duration, 'f', -1, 64)
	b = append(b, `,"request_bytes":`...)
	b = strconv.AppendInt(b, int64(r.RequestBytes), 10)
	b = appendCount(b, "response_bytes", r.ResponseBytes)
	if len(r.Secrets) > 0 {
		b = append(b, `,"secrets":`...)
		begin := byte('[')
		for _, kind := range r.Secrets {
			b = appendText(append(b, begin), kind)
			begin = ','
		}
		b = append(b, ']')
	}
	if r.Cut {
		b = append(b, `,"cut":true`...)
	}
	b = appendMember(b, "request_id", r.RequestID)
	b = appendMember(b, "trace_id", r.TraceID)
	b = appendMember(b, "traceparent", r.Traceparent)
	b = appendCount(b, "lost", r.Lost)
	return append(b, '}', '\n')
}

func (r *Row) appendArguments(b []byte) []byte {
	if len(r.Arguments) > 0 {
		b = append(b, `,"arguments":`...)
		begin := byte('{')
		for _, name := range slices.Sorted(maps.Keys(r.Arguments)) {
			b = appendText(append(b, begin), name)
			b = strconv.AppendInt(append(b, ':'), int64(r.Arguments[name]), 10)
			begin = ','
		}
		b = append(b, '}')
	}
	if len(r.Values) == 0 {
		return b
	}
	var compact bytes.Buffer // a line break would end the row
	if err := json.Compact(&compact, r.Values); err != nil {
		return b
	}
	return append(append(b, `,"values":`...), compact.Bytes()...)
}

// appendMember appends a member that is left out where it is empty, as appendCount does.
func appendMember(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	b = append(append(append(b, `,"`...), name...), `":`...)
	return appendText(b, value)
}

func appendCount(b []byte, name string, n int) []byte {
	if n == 0 {
		return b
	}
	b = append(append(append(b, `,"`...), name...), `":`...)
	return strconv.AppendInt(b, int64(n), 10)
}

func appendText(b []byte, s string) []byte {
	quoted, err := jsontext.AppendQuote(b, s)
	if err != nil { // it is no UTF-8
		quoted, _ = jsontext.AppendQuote(b, strings.ToValidUTF8(s, "\uFFFD"))
	}
	return quoted
}
