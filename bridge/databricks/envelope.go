package databricks

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/bits"
	"net/http"
	"slices"
	"strings"
)

// functionMethods is the enum of the member method (Databricks SDK,
// service/serving/model.go, ExternalFunctionRequestHttpMethod).
var functionMethods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}

// envelope is the body of POST /api/2.0/external-function that carries req: the
// MCP headers, the message and the query as JSON text inside JSON strings. The
// message comes out of the member json byte for byte. size is a guess at the
// length of body.
//
// The members are those of ExternalFunctionRequest in the Databricks SDK,
// service/serving/model.go.
func envelope(d destination, req *http.Request, body io.Reader, size int) ([]byte, error) {
	if !slices.Contains(functionMethods, req.Method) {
		return nil, fmt.Errorf("wrapping %s request: external-function carries %s only", req.Method, strings.Join(functionMethods, ", "))
	}
	path, params, err := d.functionTarget()
	if err != nil {
		return nil, err
	}
	inner := innerHeaders(req.Header)
	maps.Copy(inner, d.headers)
	headers, err := json.Marshal(inner)
	if err != nil {
		return nil, fmt.Errorf("wrapping headers: %w", err)
	}
	q := quoter{buf: make([]byte, 0, size+size/4+1024)}
	q.member(`{"connection_name":"`, d.connection)
	q.member(`,"method":"`, req.Method)
	q.member(`,"path":"`, path)
	q.member(`,"headers":"`, string(headers))
	if params != "" {
		q.member(`,"params":"`, params)
	}
	if body != nil {
		q.buf = append(q.buf, `,"json":"`...)
		if _, err := io.Copy(&q, body); err != nil {
			return nil, fmt.Errorf("wrapping message: %w", err)
		}
		q.buf = append(q.buf, '"')
	}
	return append(q.buf, '}'), nil
}

// innerHeaders picks what the MCP server behind the connection has to see. The
// connection's own credential is added by Databricks.
func innerHeaders(h http.Header) map[string]string {
	inner := make(map[string]string, len(h))
	for name, values := range h {
		switch {
		case name == "Accept", name == "Content-Type", name == "Last-Event-Id", strings.HasPrefix(name, "Mcp-"):
			inner[wireName(name)] = strings.Join(values, ", ")
		}
	}
	if inner["Accept"] == "" {
		inner["Accept"] = "application/json, text/event-stream"
	}
	return inner
}

// wireName spells a header as the MCP specification does, for servers behind
// Databricks that compare names exactly.
func wireName(canonical string) string {
	switch canonical {
	case "Mcp-Protocol-Version":
		return "MCP-Protocol-Version"
	case "Last-Event-Id":
		return "Last-Event-ID"
	}
	return canonical
}

// quoter is a JSON text under construction; what is written to it lands inside a
// JSON string. A Write of a whole message costs one pass and no copy between.
type quoter struct{ buf []byte }

func (q *quoter) member(name, value string) {
	q.buf = append(q.buf, name...)
	q.buf = appendEscaped(q.buf, []byte(value))
	q.buf = append(q.buf, '"')
}

func (q *quoter) Write(p []byte) (int, error) {
	q.buf = appendEscaped(q.buf, p)
	return len(p), nil
}

// appendEscaped appends src as the inside of a JSON string. Only what RFC 8259,
// section 7, demands is escaped: the quotation mark, the reverse solidus and the
// control characters. src must be UTF-8, which every checked JSON text is.
//
// It copies eight bytes at a time and keeps those before the first that needs an
// escape.
func appendEscaped(dst, src []byte) []byte {
	for len(src) >= 8 {
		if cap(dst)-len(dst) < 8 {
			dst = slices.Grow(dst, len(src)+len(src)/8+8)
		}
		word := binary.LittleEndian.Uint64(src)
		binary.LittleEndian.PutUint64(dst[len(dst):len(dst)+8], word)
		n := plainBytes(word)
		dst = dst[:len(dst)+n]
		if src = src[n:]; n < 8 {
			dst = appendByte(dst, src[0])
			src = src[1:]
		}
	}
	for _, c := range src {
		dst = appendByte(dst, c)
	}
	return dst
}

// plainBytes returns how many of the eight bytes, from the lowest on, come before
// the first that needs an escape. Such a byte is marked in its high bit: it is
// below 0x20, or equal to the quotation mark or the reverse solidus. A borrow can
// mark a byte above a true mark wrongly, never one below.
func plainBytes(word uint64) int {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	quote, slash := word^(ones*'"'), word^(ones*'\\')
	marks := (word - ones*0x20) &^ word
	marks |= (quote - ones) &^ quote
	marks |= (slash - ones) &^ slash
	return bits.TrailingZeros64(marks&highs) / 8
}

func appendByte(dst []byte, c byte) []byte {
	switch {
	case c == '"' || c == '\\':
		return append(dst, '\\', c)
	case c >= 0x20:
		return append(dst, c)
	case c == '\n':
		return append(dst, '\\', 'n')
	case c == '\r':
		return append(dst, '\\', 'r')
	case c == '\t':
		return append(dst, '\\', 't')
	}
	const hex = "0123456789abcdef"
	return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}

// sniff restores the Content-Type that external-function loses: it looks at the
// first bytes of the body, which JSON and an event stream never share.
func sniff(resp *http.Response) {
	head := peekBody(resp, 16, func(b []byte) bool { return kindOf(b) != "" })
	if kind := kindOf(head); kind != "" {
		resp.Header.Set("Content-Type", kind)
	}
}

// kindOf tells the media type by the first bytes, "" if they do not say.
func kindOf(head []byte) string {
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\uFEFF")), " \t\r\n")
	if len(head) == 0 {
		return ""
	}
	switch head[0] {
	case '{', '[':
		return "application/json"
	case '<':
		return "text/html"
	}
	for _, field := range []string{":", "event:", "data:", "id:", "retry:"} {
		if bytes.HasPrefix(head, []byte(field)) {
			return "text/event-stream"
		}
	}
	return ""
}
