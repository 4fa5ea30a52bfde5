package gateway

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	mcpgo "github.com/mark3labs/mcp-go/mcp"
	"go.opentelemetry.io/otel/propagation"

	"ucbridge/bridge/databricks"
	"ucbridge/bridge/govern"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/streamable"
	"ucbridge/bridge/telemetry"
)

// exchange is one request of a caller on its way through the gateway.
type exchange struct {
	g         *Gateway
	r         *http.Request
	out       *response
	began     time.Time
	caller    Caller
	transport *databricks.Transport
	endpoint  Endpoint
	session   session
	stream    bool // counted as a stream
	// limits is where it is counted, once entered says that it is.
	limits  *limiter
	entered bool
	// beside is how many messages of a batch it counts beside the one.
	beside  int
	message jsonrpc.Message // of a POST, once it was read
	filter  *govern.Filter  // what comes back passes it; nil lets it pass as it is
	origin  *origin         // of the answers, so that their stream can be resumed

	// target is the tool or prompt that the message is about, once it was looked for.
	target    string
	targeted  bool
	operation telemetry.Operation
	begun     bool           // operation has a span
	reason    refusal.Reason // of a refusal in our words
	sent      time.Time      // to the server, the first time
	timeout   coarseTimer    // of a call, until its answer begins
	// failure and code are those of the server's own response, see telemetry.Outcome.
	failure, code string
	// ended, took, status and bytes are known once the answer is complete.
	ended  time.Time
	took   time.Duration // since began
	status int
	bytes  int64
}

func newExchange(g *Gateway, w http.ResponseWriter, r *http.Request) *exchange {
	x := &exchange{g: g, r: r, out: newResponse(w, r.ProtoMajor, g.opts.writeTimeout, g.opts.silence), began: time.Now()}
	if len(r.Header["Traceparent"]) > 0 {
		x.operation = telemetry.Arrived(propagation.HeaderCarrier(r.Header))
	} else {
		x.operation = telemetry.Arrived(nil)
	}
	return x
}

// serve answers the request, whatever happens.
func (x *exchange) serve() {
	var refused *refusal.Error
	if x.caller, refused = x.g.opts.Auth.admit(x.r); refused != nil {
		x.refuse(refused)
		return
	}
	x.endpoint = x.g.endpoints[x.r.URL.Path]
	if x.transport = x.endpoint.Transport; x.transport == nil && x.endpoint.Serve == nil {
		x.refuse(refusal.New(refusal.NotServed, "Nothing is served at %s.", refusal.Quote(x.r.URL.Path)).
			WithHint("check the address, or ask whoever runs this gateway to serve it"))
		return
	}
	if x.r.ContentLength != 0 && (x.r.Method == http.MethodGet || x.r.Method == http.MethodDelete) {
		x.refuse(refusal.New(refusal.InvalidRequest, "%s takes no body.", refusal.Quote(x.r.Method)))
		return
	}
	x.stream = x.r.Method == http.MethodGet
	x.limits = x.g.limits
	if x.endpoint.Serve != nil {
		x.limits = x.g.outer
	}
	if refused = x.limits.begin(x.caller.Name, x.stream); refused != nil {
		x.refuse(refused)
		return
	}
	x.entered = true
	if x.endpoint.Serve != nil {
		if x.r.Method == http.MethodPost && acceptsEvents(x.r.Header) {
			x.out.streamAfter(x.g.timers)
		}
		x.endpoint.Serve(responseWriter{x.out}, x.r, x.caller.owner)
		return
	}
	x.g.metrics.inFlight(x.stream).Add(1)
	x.session = newSession(x.g.opts.Sessions, holder{x.endpoint.Path, x.caller.owner}, x.r)
	if x.session.foreign && x.r.Method != http.MethodPost {
		x.refuseUnder(http.StatusNotFound, refusal.NoSession())
		return
	}
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
	x.status, x.bytes = x.out.close()
	x.ended = time.Now()
	x.took = x.ended.Sub(x.began)
	if x.filter != nil && x.message.Raw != nil {
		x.filter.Ended(x.message)
	}
	if x.entered {
		x.limits.less(x.caller.Name, x.beside)
		x.limits.finish(x.caller.Name, x.stream)
		if x.endpoint.Serve == nil {
			x.g.metrics.inFlight(x.stream).Add(-1)
		}
	}
	x.g.metrics.count(x)
	x.g.recent.add(x)
	x.g.usage.add(x)
	x.endOperation()
	x.log()
}

// read reads a body of at most so many bytes. It has the time that bounded gave.
func (x *exchange) read(limit int64) ([]byte, *refusal.Error) {
	if x.r.ContentLength > limit {
		return nil, refusal.New(refusal.MessageTooLarge, "The message is larger than %d bytes.", limit)
	}
	body := x.r.Body
	if x.r.ContentLength < 0 {
		body = http.MaxBytesReader(x.out.w, body, limit)
	}
	raw, err := readBody(body, x.r.ContentLength)
	switch large := (*http.MaxBytesError)(nil); {
	case err == nil:
	case errors.As(err, &large):
		return nil, refusal.New(refusal.MessageTooLarge, "The message is larger than %d bytes.", limit)
	default:
		return nil, refusal.New(refusal.BodyIncomplete, "The message did not arrive completely within %v.", x.g.opts.bodyTimeout)
	}
	_ = x.out.wire.SetReadDeadline(time.Time{}) // every connection of net/http has deadlines
	return raw, nil
}

// readBody reads a body to its end, into one buffer where its length was announced.
func readBody(body io.Reader, announced int64) ([]byte, error) {
	if announced < 0 {
		return io.ReadAll(body)
	}
	raw := make([]byte, announced)
	_, err := io.ReadFull(body, raw)
	return raw, err
}

// send sends the request on: the body as it came, under the headers that are
// MCP's, signed for the caller.
func (x *exchange) send(ctx context.Context, body []byte) (*http.Response, error) {
	if x.sent.IsZero() {
		x.sent = time.Now()
	}
	to := x.transport.URL()
	header := onward(x.r.Header)
	x.session.name(header)
	x.operation.Inject(propagation.HeaderCarrier(header))
	req := (&http.Request{
		Method: x.r.Method, URL: to, Host: to.Host, Header: header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(x.caller.Sign(ctx))
	if body != nil {
		req.ContentLength = int64(len(body))
		req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	}
	resp, err := x.transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	return resp, streamable.Decode(resp)
}

// onward picks the headers that go to the MCP server: those that MCP names.
// Credentials, cookies and what a front door added are not among them. Of those that are
// looked at here, one value goes: the one that was looked at.
func onward(h http.Header) http.Header {
	out := make(http.Header, 8)
	for name, values := range h {
		switch {
		case name == "Content-Type", name == "Last-Event-Id", name == "Mcp-Protocol-Version":
			out[name] = values[:1:1]
		case name == "Accept", isOfMCP(name):
			out[name] = values
		}
	}
	return out
}

// isOfMCP reports whether MCP names a header. None that it names has an underscore, but that
// of a parameter: there are servers to which an underscore is the same as a dash.
func isOfMCP(name string) bool {
	return strings.HasPrefix(name, "Mcp-") && (strings.HasPrefix(name, mcpgo.HeaderParamPrefix) || !strings.Contains(name, "_"))
}
