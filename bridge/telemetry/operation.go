package telemetry

import (
	"bytes"
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
)

var traceContext propagation.TraceContext

// Operation is the span of one MCP request or notification, as its receiver sees it. It
// is for one goroutine.
type Operation struct {
	ctx    context.Context // holds the span, or that of the sender
	span   trace.Span
	own    bool   // the span is one of ours, whether it is sampled or not
	target string // the tool or prompt, "" for none
}

// Arrived returns an operation of which nothing is known but the headers that it came
// with, nil for none. It has no span yet, and hands on that of the sender.
func Arrived(header propagation.TextMapCarrier) Operation {
	ctx := context.Background()
	if header != nil {
		ctx = extract(header)
	}
	return Operation{ctx: ctx, span: trace.SpanFromContext(ctx)}
}

// Begin begins the span of a message that came at a time. What its _meta says of the
// trace counts before the headers, which are linked (semantic conventions, "Context
// propagation").
func (o *Operation) Begin(t *Tracer, m jsonrpc.Message, name string, at time.Time) {
	if !t.on {
		return
	}
	ctx := o.ctx
	options := []trace.SpanStartOption{trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(at)}
	if m.Batch == nil {
		if from := fromMeta(m.Params); trace.SpanContextFromContext(from).IsValid() {
			if ambient := trace.SpanContextFromContext(ctx); ambient.IsValid() {
				options = append(options, trace.WithLinks(trace.Link{SpanContext: ambient}))
			}
			ctx = from
		}
		if o.target = Target(m); o.target != "" {
			name = short(m.Method) + " " + o.target
		} else if m.Method != "" {
			name = short(m.Method)
		}
	}
	o.ctx, o.span = t.tracer.Start(ctx, name, options...)
	o.own = true
}

// Inject puts the trace into the headers of a request that goes on.
func (o *Operation) Inject(header propagation.TextMapCarrier) { traceContext.Inject(o.ctx, header) }

// Given returns a request or notification with the trace in its _meta, raw itself where
// there is no span of ours. One that is not sampled is handed on too, so that the server
// decides alike. What stood there of another trace's state goes (W3C Trace Context, 3.3).
func (o *Operation) Given(raw []byte) []byte {
	if !o.own {
		return raw
	}
	carried := make(propagation.MapCarrier)
	traceContext.Inject(o.ctx, carried)
	for _, name := range traceContext.Fields() {
		if carried[name] == "" {
			raw = jsonrpc.Remove(raw, "params", "_meta", name)
			continue
		}
		quoted, err := jsontext.AppendQuote(nil, carried[name])
		if err != nil { // a trace is ASCII
			panic(err)
		}
		raw = jsonrpc.Set(raw, quoted, "params", "_meta", name)
	}
	return raw
}

// TraceID is the trace's, "" for none.
func (o *Operation) TraceID() string {
	if id := o.span.SpanContext(); id.HasTraceID() {
		return id.TraceID().String()
	}
	return ""
}

// About is what is known of an operation beside its message.
type About struct {
	Session, Revision string // "" where not known
	Transport         string // "tcp" or "pipe"
	// More are attributes that are not MCP's.
	More []attribute.KeyValue
	// Failure is the error.type, "" for none, and Code that of a JSON-RPC error.
	Failure, Code string
}

// End ends the span of a message.
func (o *Operation) End(m jsonrpc.Message, about About) {
	defer o.span.End()
	if !o.span.IsRecording() {
		return
	}
	attributes := append(about.More, attribute.String("network.transport", about.Transport))
	if about.Transport == "tcp" {
		attributes = append(attributes, attribute.String("network.protocol.name", "http"))
	}
	add := func(name, value string) {
		if value != "" {
			attributes = append(attributes, attribute.String(name, short(value)))
		}
	}
	if m.Batch == nil && m.Method != "" {
		add("mcp.method.name", m.Method)
		switch m.Method {
		case mcp.CallTool:
			add("gen_ai.operation.name", "execute_tool")
			add("gen_ai.tool.name", o.target)
		case "prompts/get":
			add("gen_ai.prompt.name", o.target)
		case "resources/read", "resources/subscribe", "resources/unsubscribe":
			add("mcp.resource.uri", jsonrpc.Text(m.Params, "uri"))
		}
		add("jsonrpc.request.id", idText(m.ID))
	}
	if revision := mcp.Revision(m); revision != "" {
		about.Revision = revision
	}
	add("mcp.session.id", about.Session)
	add("mcp.protocol.version", about.Revision)
	add("rpc.response.status_code", about.Code)
	add("error.type", about.Failure)
	o.span.SetAttributes(attributes...)
	if about.Failure != "" {
		o.span.SetStatus(codes.Error, short(about.Failure))
	}
}

// Target is the tool or prompt that a request is about, "" for none. What is too long for
// a name is none.
func Target(m jsonrpc.Message) string {
	if m.Method != mcp.CallTool && m.Method != "prompts/get" || len(m.Params) > maxParams {
		return ""
	}
	if name := jsonrpc.Text(m.Field("name")); len(name) <= maxWord {
		return name
	}
	return ""
}

// Outcome is how a response says that its request ended: error.type, "" where it went
// well, and the code of a JSON-RPC error.
func Outcome(response jsonrpc.Message) (failure, code string) {
	if response.Error != nil {
		code = string(jsonrpc.Value(response.Error, "code"))
		return code, code
	}
	// Most results do not have the member, and need no closer look.
	if bytes.Contains(response.Result, []byte(`"isError"`)) && string(jsonrpc.Value(response.Result, "isError")) == "true" {
		return "tool_error", ""
	}
	return "", ""
}

const (
	// maxWord is how much, in bytes, a trace takes of what a client wrote.
	maxWord = 128
	// maxParams is how long parameters may be, in bytes, to be searched for a name.
	maxParams = 64 << 10
)

func short(word string) string {
	if len(word) <= maxWord {
		return word
	}
	return strings.ToValidUTF8(word[:maxWord], "") + "..."
}

// idText is a request's id as text: a string without its quotes.
func idText(id jsonrpc.ID) string {
	if id == nil || id.IsNull() {
		return ""
	}
	return cmp.Or(jsonrpc.Text(id), string(id))
}

// fromMeta is the trace that the _meta of a message names.
func fromMeta(params []byte) context.Context {
	if !bytes.Contains(params, []byte("traceparent")) { // most have none, and need no closer look
		return context.Background()
	}
	return extract(meta{params})
}

// extract returns the trace that a message came with.
func extract(from propagation.TextMapCarrier) context.Context {
	return traceContext.Extract(context.Background(), stateCarrier{from})
}

// stateCarrier gives a trace's state in the one form that the propagator reads. It may be
// in several headers and have empty members (W3C Trace Context, 3.3.1), for which the
// propagator would leave a part or the whole of it out.
type stateCarrier struct{ propagation.TextMapCarrier }

func (c stateCarrier) Get(name string) string {
	values := []string{c.TextMapCarrier.Get(name)}
	if name != "tracestate" {
		return values[0]
	}
	if several, ok := c.TextMapCarrier.(propagation.ValuesGetter); ok {
		values = several.Values(name)
	}
	var members []string
	for member := range strings.SplitSeq(strings.Join(values, ","), ",") {
		if strings.TrimSpace(member) != "" {
			members = append(members, member)
		}
	}
	return strings.Join(members, ",")
}

// meta reads trace context from the parameters of a message.
type meta struct{ params []byte }

func (c meta) Get(name string) string { return jsonrpc.Text(c.params, "_meta", name) }
func (c meta) Set(string, string)     {}
func (c meta) Keys() []string         { return nil }
