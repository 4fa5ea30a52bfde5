package gateway

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/unity"
)

// bodyWait is how long a message may take to arrive.
const bodyWait = 30 * time.Second

// exchange is one request of a caller on its way through the gateway.
type exchange struct {
	*Gateway
	w      http.ResponseWriter
	r      *http.Request
	wire   *http.ResponseController
	began  time.Time
	caller Caller
	road   *unity.Road
	stream bool // counted as a stream
	// entered says that the limiter counts it.
	entered bool
	message jsonrpc.Message // of a POST, once it was read

	status int
	sent   int64  // bytes of the answer
	reason string // of a refusal in our words
}

func newExchange(g *Gateway, w http.ResponseWriter, r *http.Request) *exchange {
	return &exchange{Gateway: g, w: w, r: r, wire: http.NewResponseController(w), began: time.Now()}
}

// serve answers the request, whatever happens.
func (x *exchange) serve() {
	var refusal *jsonrpc.Error
	if x.caller, refusal = x.Door.admit(x.r); refusal != nil {
		x.refuse(refusal)
		return
	}
	if x.road = x.endpoints[x.r.URL.Path]; x.road == nil {
		x.refuse(jsonrpc.NewError("not_served", "Nothing is served at %s.", jsonrpc.Quote(x.r.URL.Path)).
			WithHint("check the address, or ask whoever runs this gateway to serve it"))
		return
	}
	x.stream = x.r.Method == http.MethodGet
	if refusal = x.limits.begin(x.caller.Name, x.stream); refusal != nil {
		x.refuse(refusal)
		return
	}
	x.entered = true
	switch x.r.Method {
	case http.MethodPost:
		x.post()
	case http.MethodGet:
		x.get()
	case http.MethodDelete:
		x.delete()
	default:
		x.refuseMethod("GET, POST, DELETE")
	}
}

func (x *exchange) close() {
	if x.entered {
		x.limits.finish(x.caller.Name, x.stream)
	}
	x.log()
}

// post carries one message, and its answer back.
func (x *exchange) post() {
	if kind, _, err := mime.ParseMediaType(x.r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		x.refuse(jsonrpc.NewError("media_type_refused", "Content-Type must be application/json."))
		return
	}
	raw, refusal := x.read(x.MaxMessage)
	if refusal == nil {
		x.message, refusal = parse(raw)
	}
	if refusal != nil {
		x.refuse(refusal)
		return
	}
	ctx, answered := x.untilAnswered()
	resp, err := x.send(ctx, raw)
	if rerouted := (*unity.RouteChanged)(nil); errors.As(err, &rerouted) {
		resp, err = x.send(ctx, raw)
	}
	answered()
	if err != nil {
		x.fail(ctx, err)
		return
	}
	x.pass(resp)
}

// get opens the stream of a session, or resumes one that broke.
func (x *exchange) get() {
	ctx, cancel := context.WithCancel(x.r.Context())
	defer cancel()
	defer context.AfterFunc(x.draining, cancel)() // a client opens it again, elsewhere
	if x.road.Buffered() {
		x.refuseMethod("POST, DELETE")
		return
	}
	resp, err := x.send(ctx, nil)
	if rerouted := (*unity.RouteChanged)(nil); errors.As(err, &rerouted) {
		x.refuseMethod("POST, DELETE")
		return
	}
	if err != nil {
		x.fail(ctx, err)
		return
	}
	x.pass(resp)
}

// delete ends a session at the server.
func (x *exchange) delete() {
	resp, err := x.send(x.r.Context(), nil)
	if rerouted := (*unity.RouteChanged)(nil); errors.As(err, &rerouted) {
		resp, err = x.send(x.r.Context(), nil)
	}
	if err != nil {
		x.fail(x.r.Context(), err)
		return
	}
	x.pass(resp)
}

// read reads a body of at most so many bytes.
func (x *exchange) read(limit int64) ([]byte, *jsonrpc.Error) {
	// A deadline that stayed would end the request itself, once it has passed.
	_ = x.wire.SetReadDeadline(time.Now().Add(bodyWait)) // every connection of net/http has deadlines
	defer func() { _ = x.wire.SetReadDeadline(time.Time{}) }()
	tooLarge := jsonrpc.NewError("message_too_large", "The message is larger than %d bytes.", limit)
	if x.r.ContentLength > limit {
		return nil, tooLarge
	}
	var buf bytes.Buffer
	if n := x.r.ContentLength; n > 0 {
		buf.Grow(int(n) + bytes.MinRead)
	}
	_, err := buf.ReadFrom(http.MaxBytesReader(x.w, x.r.Body, limit))
	switch large := (*http.MaxBytesError)(nil); {
	case errors.As(err, &large):
		return nil, tooLarge
	case err != nil:
		return nil, jsonrpc.NewError("body_incomplete", "The message did not arrive whole within %d seconds.", int(bodyWait.Seconds()))
	}
	return buf.Bytes(), nil
}

// parse reads a message as strictly as it is read on stdio.
func parse(raw []byte) (jsonrpc.Message, *jsonrpc.Error) {
	m, err := jsonrpc.Parse(raw)
	var syntax *jsonrpc.SyntaxError
	var envelope *jsonrpc.EnvelopeError
	switch {
	case errors.As(err, &syntax):
		return m, &jsonrpc.Error{Code: jsonrpc.CodeParse, Message: "Parse error: the body is not JSON.",
			Data: jsonrpc.ErrorData{Source: "ucbridge", Reason: "parse_error", Detail: jsonrpc.Quote(syntax.Err.Error())}}
	case errors.As(err, &envelope):
		return jsonrpc.Message{ID: envelope.ID}, &jsonrpc.Error{Code: jsonrpc.CodeInvalidRequest, Message: "Invalid Request: the body is not a JSON-RPC message.",
			Data: jsonrpc.ErrorData{Source: "ucbridge", Reason: "invalid_request", Detail: jsonrpc.Quote(envelope.Err.Error())}}
	}
	return m, nil
}

// errNoAnswer ends an exchange whose answer did not begin in time.
var errNoAnswer = errors.New("no answer in time")

// untilAnswered returns the context of a call, and what to call once its answer
// has begun.
func (x *exchange) untilAnswered() (context.Context, func()) {
	if x.CallTimeout == 0 {
		return x.r.Context(), func() {}
	}
	ctx, cancel := context.WithCancelCause(x.r.Context())
	timer := time.AfterFunc(x.CallTimeout, func() { cancel(errNoAnswer) })
	return ctx, func() { timer.Stop() }
}

// send sends the request on: the body as it came, under the headers that are
// MCP's, signed for the caller.
func (x *exchange) send(ctx context.Context, body []byte) (*http.Response, error) {
	to := x.road.URL()
	req := (&http.Request{
		Method: x.r.Method, URL: to, Host: to.Host, Header: onward(x.r.Header),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(x.caller.sign(ctx))
	if body != nil {
		req.ContentLength = int64(len(body))
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		req.Body = io.NopCloser(bytes.NewReader(body))
	}
	return x.road.RoundTrip(req)
}

// onward picks the headers that go to the MCP server: those that MCP names, and
// the trace they belong to. Credentials, cookies and what a front door added are
// not among them.
func onward(h http.Header) http.Header {
	out := make(http.Header, 8)
	for name, values := range h {
		switch {
		case name == "Accept", name == "Content-Type", name == "Last-Event-Id",
			name == "Traceparent", name == "Tracestate", strings.HasPrefix(name, "Mcp-"):
			out[name] = values
		}
	}
	return out
}

// fail answers a request that was not carried out.
func (x *exchange) fail(ctx context.Context, err error) {
	switch {
	case errors.Is(context.Cause(ctx), errNoAnswer):
		x.refuse(jsonrpc.NewError("call_timeout", "No answer within %s. The call may have run; check before repeating it.", x.CallTimeout))
	case x.r.Context().Err() != nil:
		x.status = statusGone
		panic(http.ErrAbortHandler)
	default:
		x.refuse(worded(err))
	}
}

// statusGone marks, in the log, a request whose caller did not wait.
const statusGone = 499

// statuses are what refusals are in HTTP. Where a reason is missing it is the
// fault of what is behind the gateway.
var statuses = map[string]int{
	"parse_error":               http.StatusBadRequest,
	"invalid_request":           http.StatusBadRequest,
	"body_incomplete":           http.StatusRequestTimeout,
	"message_too_large":         http.StatusRequestEntityTooLarge,
	"media_type_refused":        http.StatusUnsupportedMediaType,
	"not_authenticated":         http.StatusUnauthorized,
	"origin_refused":            http.StatusForbidden,
	"not_served":                http.StatusNotFound,
	"rate_limited":              http.StatusTooManyRequests,
	"connection_login_required": http.StatusForbidden,
	"connection_login_expired":  http.StatusForbidden,
	"connection_forbidden":      http.StatusForbidden,
	"service_forbidden":         http.StatusForbidden,
	"missing_scope":             http.StatusForbidden,
	"ip_blocked":                http.StatusForbidden,
	"egress_denied":             http.StatusForbidden,
	"policy_denied":             http.StatusForbidden,
	"connection_not_found":      http.StatusNotFound,
	"service_not_found":         http.StatusNotFound,
	"workspace_unavailable":     http.StatusServiceUnavailable,
	"call_timeout":              http.StatusGatewayTimeout,
}

// refuse answers in the gateway's own words: to a POST as a JSON-RPC error, to
// anything else as a status and a line of text.
func (x *exchange) refuse(e *jsonrpc.Error) {
	x.reason = e.Data.Reason
	status, ok := statuses[e.Data.Reason]
	if !ok {
		status = http.StatusBadGateway
	}
	h := x.w.Header()
	if status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", "Bearer")
	}
	if wait := e.Data.RetryAfter; wait > 0 {
		h.Set("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
	}
	if x.r.Method != http.MethodPost {
		h.Set("Content-Type", "text/plain; charset=utf-8")
		x.answer(status, []byte(e.Error()+"\n"))
		return
	}
	h.Set("Content-Type", "application/json")
	x.answer(status, x.errorBody(e))
}

// errorBody is the JSON-RPC answer: one error to a request, as many as there are
// requests to a batch. A refusal that comes before the message was read looks
// into it for the id, if it is not large.
func (x *exchange) errorBody(e *jsonrpc.Error) []byte {
	const small = 64 << 10
	if x.message.Raw == nil && x.message.ID == nil && x.r.ContentLength > 0 && x.r.ContentLength <= small {
		if raw, unreadable := x.read(small); unreadable == nil {
			x.message, _ = parse(raw)
		}
	}
	if x.message.Batch == nil {
		return e.Response(x.message.ID)
	}
	var all [][]byte
	for _, m := range x.message.Batch {
		if m.IsRequest() {
			all = append(all, e.Response(m.ID))
		}
	}
	if all == nil {
		return e.Response(nil)
	}
	return append(append([]byte{'['}, bytes.Join(all, []byte{','})...), ']')
}

func (x *exchange) refuseMethod(allowed string) {
	x.w.Header().Set("Allow", allowed)
	x.answer(http.StatusMethodNotAllowed, nil)
}
