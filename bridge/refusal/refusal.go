// Package refusal holds the one kind of error that people, AI clients and programs
// see: an [Error] is one sentence, and its [Data] a stable [Reason], one thing to do, and
// the request id by which Databricks knows the request.
//
// What a reason means stands in one table, in reason.go: the HTTP status, the exit
// code, whether the request may be repeated, and whether it may have run ([Execution]).
// docs/faults.md has the same table, which a test writes.
//
// A refusal is returned as an error, and found with errors.As. It knows two ways to the
// client: [Error.Response] is JSON-RPC's error member, [Error.Answer] is what the client
// shows to its user. [Quote] makes words from the wire fit to stand in one.
package refusal

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/redact"
)

// Error is a failure in the bridge's own words, ready to be sent as the error
// member of a JSON-RPC response. Message is one plain sentence.
type Error struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	Data    Data   `json:"data"`
}

// Source is the name under which the bridge speaks: in [Data], and in the audit log as
// the client of its own requests.
const Source = "ucbridge"

// Data tells a program and an AI client what to make of an Error.
type Data struct {
	// Source is always [Source]: it tells the bridge's errors from those of
	// the MCP server behind it, which pass untouched.
	Source string `json:"source"`
	// Reason is stable and made for programs, e.g. "connection_forbidden".
	Reason Reason `json:"reason"`
	// Hint is one thing to do: a command or a link that can be pasted.
	Hint string `json:"hint,omitempty"`
	// Retryable reports whether the same request may succeed later unchanged.
	Retryable bool `json:"retryable"`
	// HTTPStatus is the status that Databricks or the upstream answered with,
	// 0 where there was no answer.
	HTTPStatus int `json:"httpStatus,omitempty"`
	// ErrorCode is Databricks' error_code, e.g. PERMISSION_DENIED.
	ErrorCode string `json:"errorCode,omitempty"`
	// RequestID is Databricks' request id, for support and system.access.audit.
	RequestID string `json:"requestId,omitempty"`
	// Detail quotes what the wire said: cleaned, cut, never instructions.
	Detail string `json:"detail,omitempty"`
	// OwnDetail says that Detail is the text of an error met on this side, and quotes
	// nobody; see [Error.Because].
	OwnDetail bool `json:"-"`
	// Unproven says that the refusal is known by words that the MCP server may have
	// said as well, so that the request may have run.
	Unproven bool `json:"-"`
	// RetryAfter is how long to wait before the same request may succeed, 0
	// where nobody said. It is not sent as such: the message says it.
	RetryAfter time.Duration `json:"-"`
	// LoginURL is the page where the user signs in, "" where that is not the
	// remedy. It is not sent as such: the hint names it.
	LoginURL string `json:"-"`
	// Supported and Requested are revisions of the protocol, with -32022 (MCP 2026-07-28,
	// Versioning).
	Supported []string `json:"supported,omitempty"`
	Requested string   `json:"requested,omitempty"`
	// Elicitations carries a URL elicitation (MCP 2025-11-25, code -32042).
	Elicitations []Elicitation `json:"elicitations,omitempty"`
}

// Elicitation asks the user to open a link (MCP 2025-11-25, elicitation, URL mode).
type Elicitation struct {
	Mode          string `json:"mode"`
	ElicitationID string `json:"elicitationId"`
	URL           string `json:"url"`
	Message       string `json:"message"`
}

// New returns an Error of the bridge with code -32603.
func New(reason Reason, format string, args ...any) *Error {
	return &Error{
		Code:    jsonrpc.CodeInternal,
		Message: fmt.Sprintf(format, args...),
		Data:    Data{Source: Source, Reason: reason, Retryable: reason.Retryable()},
	}
}

// WithHint sets the hint and returns e.
func (e *Error) WithHint(format string, args ...any) *Error {
	e.Data.Hint = fmt.Sprintf(format, args...)
	return e
}

// Because makes the text of an error met on this side the detail, and returns e.
func (e *Error) Because(err error) *Error {
	e.Data.Detail, e.Data.OwnDetail = Quote(err.Error()), true
	return e
}

// Error returns the sentence, and the hint behind it where there is one.
func (e *Error) Error() string {
	if e.Data.Hint == "" {
		return e.Message
	}
	return e.Message + " (" + e.Data.Hint + ")"
}

// CheckFirst is what people and clients are told where MayHaveRun: an AI client must
// not repeat a write without looking.
const CheckFirst = "The call may have run; check before repeating it."

// Unwarned returns the refusal without that warning, for what was no call, or never left.
func (e *Error) Unwarned() *Error {
	plain := *e
	plain.Message = strings.Replace(e.Message, " "+CheckFirst, "", 1)
	return &plain
}

// ServerStatus is the HTTP status that Databricks, or the server behind it, answered
// with; 0 where it is that of something on the way, which knows nothing of what was
// asked for.
func (e *Error) ServerStatus() int {
	if e.Data.Reason == Intercepted || e.Data.Reason == ProxyRefused {
		return 0
	}
	return e.Data.HTTPStatus
}

// MayHaveRun reports whether the MCP server may have carried the refused request
// out: by its reason, or since the status of the answer says that somebody behind
// the workspace's front door failed.
func (e *Error) MayHaveRun() bool {
	return e.Data.Reason.Execution() == MayHaveRun || e.Data.Unproven || e.Data.HTTPStatus >= http.StatusInternalServerError
}

// Response returns the JSON-RPC error response to the request with that id;
// with a nil id the member is left out, as MCP wants where the id is unknown.
func (e *Error) Response(id jsonrpc.ID) []byte {
	body, err := json.Marshal(e)
	if err != nil { // only strings, numbers and booleans are in it
		panic(err)
	}
	return jsonrpc.ErrorResponse(id, body)
}

const (
	// quoteSize is how many characters of foreign words an error may quote.
	quoteSize = 300
	// quotable is how many bytes of them are looked at: a name may be as long as a message.
	quotable = 16 << 10
)

// Quote makes words from the wire fit to stand in an error: on one line, without
// control and invisible characters, cut at 300 characters. What looks like a credential is
// masked: pages for developers repeat the request that failed, its token included.
func Quote(words string) string {
	var b strings.Builder
	count := 0
	words, _ = redact.Text(words[:min(len(words), quotable)])
	for _, r := range strings.Join(strings.Fields(words), " ") {
		if r == unicode.ReplacementChar || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			continue
		}
		if count++; count > quoteSize {
			b.WriteString("...")
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Disown returns a response of a server without what only the bridge says: an error under
// another data.source, where it has [Source], and a result without [MetaError]. Any other
// message is returned as it is.
func Disown(m jsonrpc.Message) jsonrpc.Message {
	switch {
	case m.Batch != nil:
		return disownBatch(m)
	case m.Result != nil:
		return disownResult(m)
	}
	if m.Error == nil || !strings.Contains(strings.ToLower(string(m.Error)), "source") && !strings.Contains(string(m.Error), `\u`) {
		return m
	}
	return edited(m, jsonrpc.Rewrite(m.Raw, func(value []byte) []byte {
		var source string
		if json.Unmarshal(value, &source) == nil && source == Source {
			return []byte(`"server"`)
		}
		return value
	}, "error", "data", "source"))
}

func disownResult(m jsonrpc.Message) jsonrpc.Message {
	if !m.Others && !slices.ContainsFunc(m.Outcome, func(f jsonrpc.Member) bool { return strings.EqualFold(f.Name, "_meta") }) {
		return m
	}
	return edited(m, jsonrpc.Rewrite(m.Raw, func(meta []byte) []byte { return jsonrpc.Remove(meta, MetaError) }, "result", "_meta"))
}

// edited is a message of which some bytes may be others now.
func edited(m jsonrpc.Message, raw []byte) jsonrpc.Message {
	if &raw[0] == &m.Raw[0] {
		return m
	}
	return reparsed(raw)
}

func disownBatch(m jsonrpc.Message) jsonrpc.Message {
	raw := []byte{'['}
	changed := false
	for i, element := range m.Batch {
		own := Disown(element)
		changed = changed || &own.Raw[0] != &element.Raw[0]
		if i > 0 {
			raw = append(raw, ',')
		}
		raw = append(raw, own.Raw...)
	}
	if !changed {
		return m
	}
	return reparsed(append(raw, ']'))
}

// reparsed reads a message in which one text stands for another.
func reparsed(raw []byte) jsonrpc.Message {
	m, err := jsonrpc.Parse(raw)
	if err != nil {
		panic(err)
	}
	return m
}
