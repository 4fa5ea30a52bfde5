package audit

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
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

// Entry is a row on its way to the log. Its line is made when it is added: the log keeps
// nothing of it.
type Entry struct {
	// Row is the row but for Arguments, Values and Lost, which the log knows better.
	Row
	// RawArguments are the arguments as they came, nil where there are none.
	RawArguments []byte
}

// maxArguments bounds the arguments that a row names, maxName each name.
const (
	maxArguments = 64
	maxName      = 100
)

// argument is one argument of a call and how many bytes it has.
type argument struct {
	name string
	size int
}

// shape appends the size of each argument, by name, to none. Of several of one name the
// last counts.
func shape(all []argument, arguments []byte) []argument {
	for _, m := range jsonrpc.Members(arguments) {
		name := MaskName(m.Name)
		i, twin := slices.BinarySearchFunc(all, name, func(a argument, name string) int { return strings.Compare(a.name, name) })
		switch {
		case len(all) == maxArguments:
			return all
		case twin:
			all[i].size = len(m.Value)
		default:
			all = slices.Insert(all, i, argument{name, len(m.Value)})
		}
	}
	return all
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
