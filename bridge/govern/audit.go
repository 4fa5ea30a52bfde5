package govern

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/refusal"
)

// Row is one line of the audit log: one request of a client or of the bridge's own,
// a notification that was denied, and an answer that came by a resumed stream, whose
// request has a row of its own before it. What is empty is left out. Names stay as they are from version
// to version; new ones may be added.
type Row struct {
	// Time is when the request came in, UTC.
	Time time.Time `json:"time"`
	// Connection is what the bridge leads to, Route the way that was taken to it.
	Connection string `json:"connection"`
	Route      string `json:"route,omitempty"`
	// User is who sent it, where a door serves many.
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
	// answer, as after a cancel). Code and Reason are those of an error.
	Status string `json:"status,omitempty"`
	Code   int    `json:"code,omitempty"`
	Reason string `json:"reason,omitempty"`
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
	// Lost is how many rows before this one could not be kept.
	Lost int `json:"lost,omitempty"`
}

// entry is a row on its way to the log.
type entry struct {
	Row
	arguments []byte // as they came; complete puts them into the row
}

// holds is how many bytes the entry keeps from being freed, beside the row.
func (r *entry) holds() int {
	if r.arguments != nil {
		return r.RequestBytes // they are a part of the message
	}
	return len(r.Values)
}

// AuditRules say where and how a log is kept.
type AuditRules struct {
	At Place
	// File is the log, "" for the default of the system.
	File string
	// Required refuses calls while the log cannot be written.
	Required *Place
	// Values has arguments written, not only their sizes.
	Values *Place
	// MaxSize is the size beyond which a new file is begun, in bytes; Keep is how many
	// old ones stay.
	MaxSize *Size
	Keep    int
	KeepAt  Place
}

// mostArguments bounds the arguments that a row names, longestName each name.
const (
	mostArguments = 64
	longestName   = 100
)

// row begins the row of a part, with what is known when it comes in.
func (c *Gate) row(p *part) entry {
	r := entry{Row: Row{
		Time: p.began.UTC(), Connection: c.name, User: c.user, Client: c.clientOf(p.request), Method: discreet(p.request.Method),
		Verdict: "allow", Rule: p.ruling.Rule, RequestBytes: len(p.request.Raw), Secrets: p.secrets,
	}, arguments: p.about.arguments}
	if r.Rule == passes.Rule {
		r.Rule = ""
	}
	switch p.about.kind {
	case aboutTool:
		r.Tool = discreet(p.about.name)
	case aboutPrompt:
		r.Prompt = discreet(p.about.name)
	case aboutResource, aboutTemplate:
		if len(p.about.uris) > 0 {
			r.URI = discreet(p.about.uris[0])
		}
	}
	switch {
	case p.question != nil:
		r.Verdict = "ask"
	case p.ruling.Denied:
		r.Verdict = "deny"
		r.Rule, _ = maskPlain(r.Rule) // it may quote what was asked for
	}
	return r
}

// complete puts the arguments into the row, in the form that the log wants.
func (r *entry) complete(withValues bool) {
	if r.arguments == nil {
		return
	}
	r.Arguments = shape(r.arguments)
	if withValues {
		r.Values, _ = mask(r.arguments)
	}
	r.arguments = nil
}

// shape is the size of each argument.
func shape(arguments []byte) map[string]int {
	sizes := make(map[string]int)
	for _, m := range jsonrpc.Members(arguments) {
		if len(sizes) == mostArguments {
			break
		}
		sizes[discreet(m.Name)] = len(m.Value)
	}
	return sizes
}

// discreet is a name that a model may have put together, without secrets.
func discreet(name string) string {
	name, _ = maskPlain(name)
	return limited(name)
}

func limited(name string) string {
	if len(name) <= longestName {
		return name
	}
	return name[:longestName] + fmt.Sprintf("... (%d bytes)", len(name))
}

// clientOf is the name of the client that sent a request.
func (c *Gate) clientOf(request jsonrpc.Message) string {
	if info := jsonrpc.Value(request.Field("_meta"), metaClient); info != nil {
		return clientName(info)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.client
}

func clientName(info []byte) string {
	return limited(refusal.Quote(jsonrpc.Text(info, "name") + " " + jsonrpc.Text(info, "version")))
}

// record writes the row of a request that was answered, by the server or here, with
// so many bytes; a nil answer says that nobody will.
func (c *Gate) record(p *part, answer *jsonrpc.Message, size int) {
	if c.logs == nil || p.resumed && answer == nil {
		return
	}
	r := c.row(p)
	r.Duration = float64(time.Since(p.began).Microseconds()) / 1000
	r.ResponseBytes, r.Cut = size, p.cut
	r.RequestID, r.TraceID = p.trace.RequestID, p.trace.ID
	if p.sent {
		r.Route = c.route()
	}
	r.Status = "none"
	if answer != nil {
		r.judge(*answer)
	}
	c.logs.write(r)
}

// recordOwn writes the row of a request of the bridge's own.
func (c *Gate) recordOwn(method string, began time.Time, answer jsonrpc.Message, err error) {
	if c.logs == nil {
		return
	}
	r := Row{Time: began.UTC(), Connection: c.name, User: c.user, Route: c.route(), Client: source, Method: method, Verdict: "allow", Status: "none",
		Duration: float64(time.Since(began).Microseconds()) / 1000, ResponseBytes: len(answer.Raw)}
	if err == nil {
		r.judge(answer)
	}
	c.logs.write(entry{Row: r})
}

// judge notes how a request went.
func (r *Row) judge(answer jsonrpc.Message) {
	switch {
	case answer.Error != nil:
		r.Status = "error"
		r.Reason = limited(jsonrpc.Text(answer.Error, "data", "reason"))
		var code int
		if json.Unmarshal(jsonrpc.Value(answer.Error, "code"), &code) == nil { // else a server's own idea of one
			r.Code = code
		}
		if id := jsonrpc.Text(answer.Error, "data", "requestId"); id != "" && jsonrpc.Text(answer.Error, "data", "source") == source {
			r.RequestID = id
		}
	case r.Method == "tools/call" && bytes.Contains(answer.Result, []byte(`"isError"`)) && string(jsonrpc.Value(answer.Result, "isError")) == "true":
		r.Status = "tool_error"
	default:
		r.Status = "ok"
	}
}
