package databricks

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"ucbridge/bridge/lazyregexp"
	"ucbridge/bridge/refusal"
)

// wireError is what Databricks said in an answer that refuses. Everything in it
// comes from the wire.
type wireError struct {
	status    int
	signed    bool // in Databricks' own form: error_code, or a message with its request id
	code      string
	message   string
	requestID string
	wait      time.Duration // Retry-After or google.rpc.RetryInfo, 0 where neither is
}

// maxRefusal is how much of a refusal's body is looked at.
const maxRefusal = 64 << 10

var requestIDMark = lazyregexp.New(`\s*\[ReqId: ([0-9A-Za-z-]{8,64})\]`)

// isPlain reports whether s can be a code or an id: a word of at most 128 letters,
// digits and a few signs.
func isPlain(s string) bool {
	const signs = "_.:-"
	for _, c := range []byte(s) {
		if (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && strings.IndexByte(signs, c) < 0 {
			return false
		}
	}
	return s != "" && len(s) <= 128
}

// readWire reads Databricks' error JSON (Databricks SDK, apierr/errors.go and
// apierr/details.go): error_code is a string or a number. What has another form
// is kept as the message, unsigned.
func readWire(resp *http.Response, body []byte) wireError {
	w := wireError{status: resp.StatusCode}
	for _, name := range []string{"X-Databricks-Request-Id", "X-Request-Id"} {
		if id := resp.Header.Get(name); isPlain(id) {
			w.requestID = id
		}
	}
	w.readText(body)
	if d := refusal.RetryAfter(resp.Header); d > 0 {
		w.wait = d
	}
	return w
}

// readText takes in an error's text: JSON in Databricks' form, or anything.
func (w *wireError) readText(text []byte) {
	var form struct {
		Code    json.RawMessage `json:"error_code"`
		Message string          `json:"message"`
		Details []struct {
			Type       string `json:"@type"`
			RequestID  string `json:"request_id"`
			RetryDelay string `json:"retry_delay"`
		} `json:"details"`
	}
	w.message = string(text)
	// A member of another type than expected leaves the rest readable.
	if err := json.Unmarshal(text, &form); err == nil || len(form.Code) > 0 {
		w.signed = len(form.Code) > 0 && string(form.Code) != "null"
		w.code = strings.Trim(string(form.Code), `"`)
		if w.signed || form.Message != "" {
			w.message = form.Message
		}
	}
	if !isPlain(w.code) {
		w.code = ""
	}
	for _, d := range form.Details {
		if strings.HasSuffix(d.Type, "RequestInfo") && isPlain(d.RequestID) {
			w.requestID = d.RequestID
		}
		if delay, err := time.ParseDuration(d.RetryDelay); err == nil && delay > 0 {
			w.wait = delay
		}
	}
	if !strings.Contains(w.message, "[ReqId: ") {
		return // most have none, and an expression costs its first use
	}
	if m := requestIDMark().FindStringSubmatch(w.message); m != nil {
		w.requestID, w.signed = m[1], true
		w.message = requestIDMark().ReplaceAllString(w.message, "")
	}
}

// isMessage reports whether body is a JSON-RPC message or a batch, as far as it
// can be seen: it may have been cut.
func isMessage(body []byte) bool {
	dec := json.NewDecoder(bytes.NewReader(body))
	t, err := dec.Token()
	if err == nil && t == json.Delim('[') {
		t, err = dec.Token()
	}
	if err != nil || t != json.Delim('{') {
		return false
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return false
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return false
		}
		if name == "jsonrpc" {
			return string(value) == `"2.0"`
		}
	}
	return false
}

// wrapped reads a refusal that Databricks put into a JSON-RPC error with status
// 200, as /api/2.0/mcp/external does: code -32600 or -32001, the message being
// Databricks' text or its error JSON as a string.
func wrapped(resp *http.Response, body []byte) (wireError, bool) {
	if !bytes.Contains(body, []byte(`"error"`)) { // most answers are results
		return wireError{}, false
	}
	var form struct {
		Error struct {
			Code    json.Number `json:"code"`
			Message string      `json:"message"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &form) != nil || form.Error.Code != "-32600" && form.Error.Code != "-32001" {
		return wireError{}, false
	}
	w := readWire(resp, []byte(form.Error.Message))
	return w, true
}
