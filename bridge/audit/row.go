package audit

import (
	"encoding/json"
	"fmt"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/redact"
	"ucbridge/bridge/refusal"
)

// Row is one line of the audit log: one request of a client or of the bridge's own,
// a notification that was denied or that is none of MCP's, and an answer that came by a resumed stream, whose
// request has a row of its own before it. What is empty is left out. Names stay as they are from version
// to version; new ones may be added.
type Row struct {
	// Time is when the request came in, UTC.
	Time time.Time `json:"time"`
	// Connection is what the bridge leads to, Route the way that was taken to it.
	Connection string `json:"connection"`
	Route      string `json:"route,omitempty"`
	// User is who sent it, where a gateway serves many.
	User string `json:"user,omitempty"`
	// Client is what the client calls itself in initialize, or in _meta; ucbridge is
	// the bridge itself, which lists tools before it rules on a call.
	Client string `json:"client,omitempty"`
	Method string `json:"method"`
	// Tool, Prompt and URI are what the request was about.
	Tool   string `json:"tool,omitempty"`
	Prompt string `json:"prompt,omitempty"`
	URI    string `json:"uri,omitempty"`
	// Arguments holds the size in bytes of each argument, Values the arguments
	// themselves, secrets masked, where the policy asks for them (audit.values).
	Arguments map[string]int  `json:"arguments,omitempty"`
	Values    json.RawMessage `json:"values,omitempty"`
	// Verdict is allow, deny or ask (the call was answered with a question to the
	// user); Rule is what decided.
	Verdict string `json:"verdict"`
	Rule    string `json:"rule,omitempty"`
	// Status is ok, tool_error (the tool says that it failed), error, or none (no
	// answer, as after a cancel). Code and Reason are those of an error. Where the log
	// is required (audit.required), a row with the status begun is there before a call
	// leaves, and another one with the same Call once it is over.
	Status string `json:"status,omitempty"`
	Code   int    `json:"code,omitempty"`
	Reason string `json:"reason,omitempty"`
	// Call is the same in both rows of a call that has two.
	Call string `json:"call,omitempty"`
	// Ambiguous says why another reader may see another message than the row tells of.
	Ambiguous string `json:"ambiguous,omitempty"`
	// Duration is the time until the answer, in milliseconds; the sizes are bytes.
	Duration      float64 `json:"duration_ms"`
	RequestBytes  int     `json:"request_bytes"`
	ResponseBytes int     `json:"response_bytes,omitempty"`
	// Secrets are the kinds of secrets found, Cut that the result was shortened.
	Secrets []string `json:"secrets,omitempty"`
	Cut     bool     `json:"cut,omitempty"`
	// RequestID is Databricks' own, TraceID the W3C trace id: both stand in
	// Databricks' records of the same request.
	RequestID string `json:"request_id,omitempty"`
	TraceID   string `json:"trace_id,omitempty"`
	// Traceparent is the W3C trace context that the client gave. Over HTTP the trace is
	// carried on: TraceID is then the client's choice.
	Traceparent string `json:"traceparent,omitempty"`
	// Lost is how many rows before this one could not be kept.
	Lost int `json:"lost,omitempty"`
}

// Begun is the status of a row that is there before its call leaves.
const Begun = "begun"

// Entry is a row on its way to the log.
type Entry struct {
	Row
	RawArguments []byte // as they came; complete puts them into the row

	written chan error // has room for one; nil where nobody waits
}

// settle tells whoever waits for the row whether it was written.
func (r *Entry) settle(err error) {
	if r.written != nil {
		r.written <- err
		r.written = nil
	}
}

// holds is how many bytes the entry keeps from being freed, beside the row.
func (r *Entry) holds() int {
	if r.RawArguments != nil {
		return r.RequestBytes // they are a part of the message
	}
	return len(r.Values)
}

// maxArguments bounds the arguments that a row names, maxName each name.
const (
	maxArguments = 64
	maxName      = 100
)

// complete puts the arguments into the row, in the form that the log wants.
func (r *Entry) complete(withValues bool) {
	if r.RawArguments == nil {
		return
	}
	r.Arguments = shape(r.RawArguments)
	if withValues {
		r.Values, _ = redact.Value(r.RawArguments)
	}
	r.RawArguments = nil
}

// shape is the size of each argument.
func shape(arguments []byte) map[string]int {
	sizes := make(map[string]int)
	for _, m := range jsonrpc.Members(arguments) {
		if len(sizes) == maxArguments {
			break
		}
		sizes[MaskName(m.Name)] = len(m.Value)
	}
	return sizes
}

// MaskName returns a name that a model may have put together without secrets, and cut
// as [CutName] does.
func MaskName(name string) string {
	name, _ = redact.Text(name)
	return CutName(name)
}

// CutName cuts a name of more than 100 bytes and says how many it had.
func CutName(name string) string {
	if len(name) <= maxName {
		return name
	}
	return name[:maxName] + fmt.Sprintf("... (%d bytes)", len(name))
}

// Judge notes how a request went. A call that could not be carried is an error, also
// where the client gets a tool error for it.
func (r *Row) Judge(answer jsonrpc.Message) {
	refused := answer.Error
	if meta := answer.OutcomeField("_meta"); meta != nil {
		refused = jsonrpc.Value(meta, refusal.MetaError)
	}
	switch {
	case refused != nil:
		r.Status = "error"
		r.Reason = MaskName(jsonrpc.Text(refused, "data", "reason"))
		var code int
		if json.Unmarshal(jsonrpc.Value(refused, "code"), &code) == nil { // else a server's own idea of one
			r.Code = code
		}
		if id := jsonrpc.Text(refused, "data", "requestId"); id != "" && jsonrpc.Text(refused, "data", "source") == refusal.Source {
			r.RequestID = id
		}
	case r.Method == "tools/call" && string(answer.OutcomeField("isError")) == "true":
		r.Status = "tool_error"
	default:
		r.Status = "ok"
	}
}
