// Package gateway serves MCP over HTTP to a team: Streamable HTTP on one side, the
// governed transport on the other, on behalf of each caller. [New] makes a [Gateway]
// out of [Endpoint]s and an [Authenticator].
//
// It keeps no sessions. A message passes as the bytes it came as, under the
// headers that MCP gives it, and so does what comes back. The session id is the
// server's own, or holds it sealed (session.go). Any replica can therefore serve any
// request, and a load balancer in front of several needs to know nothing of MCP.
//
//	POST, GET, DELETE  ─▶ Authenticator ─▶ limits ─▶ exchange ─▶ govern ─▶ databricks.Transport
//	                                                    relay ◀─ govern ◀─ databricks.Transport
//
// Where something is governed, each message passes a filter of package govern, and so
// does each that comes back, by POST or by GET. Elsewhere an answer is read for one
// thing only: that it is JSON-RPC, and to the request that was sent. What is not is
// put into words (answer.go, events.go).
//
// A stream that is silent gets a comment every 15 seconds, since load balancers cut
// silence (response.go).
//
// What a caller brought (token, cookies, forwarded headers) ends here: a token
// signs the one request that it came with.
package gateway

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"ucbridge/bridge/databricks"
	"ucbridge/bridge/govern"
	"ucbridge/bridge/telemetry"
)

// Options say what is served, and to whom.
type Options struct {
	// Endpoints is what is served.
	Endpoints []Endpoint
	// Auth tells who calls.
	Auth Authenticator
	// MaxMessage is the longest message of a caller, in bytes.
	MaxMessage int64
	// CallTimeout is how long an answer may take to begin, 0 for no limit.
	CallTimeout time.Duration
	// Limits bound what one user may do.
	Limits Limits
	// Sessions bind session ids to users; nil where there is one user.
	Sessions Sessions
	// Approvals have users approve calls that their client cannot ask them about; nil
	// where users are not told apart.
	Approvals *Approvals
	// Tracer receives a span for each request.
	Tracer *telemetry.Tracer
	// Log receives a line for each request, and what is worth knowing.
	Log *slog.Logger

	// bodyTimeout is how long a message may take to arrive, writeTimeout how long a
	// caller may take to take in one piece of an answer; tests are less patient.
	bodyTimeout, writeTimeout time.Duration
	// silence is how long an event stream may be silent.
	silence silence
}

// Endpoint is one MCP server and the path at which it is served.
type Endpoint struct {
	Path      string // "/mcp/github"
	Transport *databricks.Transport
	// Serve, where it is set, answers requests in place of a server; Transport and Governor
	// are nil then. owner tells callers apart who may not use each other's sessions.
	Serve func(w http.ResponseWriter, r *http.Request, owner string)
	// Governor decides what may pass and writes down what did; nil lets everything
	// pass unread. It is the caller's to close.
	Governor *govern.Governor
}

// Gateway serves MCP over HTTP. Make one with New; it is safe for concurrent use.
type Gateway struct {
	opts      Options
	endpoints map[string]Endpoint // by path, Unescaped
	limits    *limiter            // of requests for servers
	outer     *limiter            // of those that Endpoint.Serve turns into such requests of the same user
	metrics   *instruments
	recent    *recent
	usage     *usage
	resumable resumable
	timers    *coarseTimers // of calls
	disowned  sync.Once     // it was logged that a server's words were changed

	// Page is served to people at every other path, nil for nothing. It is set
	// before the first request.
	Page http.Handler

	// draining ends, with drain, when no more streams are to be held open.
	draining context.Context
	drain    context.CancelFunc
}

// New returns a gateway. It does no network.
func New(o Options) *Gateway {
	o.bodyTimeout = cmp.Or(o.bodyTimeout, 30*time.Second)
	o.writeTimeout = cmp.Or(o.writeTimeout, 30*time.Second)
	o.silence = cmp.Or(o.silence, silence{first: firstSilence, max: maxSilence})
	g := &Gateway{opts: o, endpoints: make(map[string]Endpoint), limits: newLimiter(o.Limits), outer: newLimiter(o.Limits), metrics: newInstruments(), recent: newRecent(), usage: newUsage()}
	g.timers = &coarseTimers{tick: o.silence.grid()}
	if o.CallTimeout > 0 {
		g.timers.tick = min(g.timers.tick, o.CallTimeout/16)
	}
	for _, e := range o.Endpoints {
		g.endpoints[Unescaped(e.Path)] = e
	}
	g.draining, g.drain = context.WithCancel(context.Background())
	return g
}

// Handler returns all that is served, by path.
func (g *Gateway) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/mcp", g.ServeMCP)
	mux.HandleFunc("/mcp/{$}", g.serveTrimmed)
	mux.HandleFunc("/mcp/{name}", g.ServeMCP)
	mux.HandleFunc("/mcp-services/{name}", g.ServeMCP)
	// A slash too much is the commonest mistake in an address that is typed.
	mux.HandleFunc("/mcp/{name}/{$}", g.serveTrimmed)
	mux.HandleFunc("/mcp-services/{name}/{$}", g.serveTrimmed)
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", g.serveReady)
	mux.HandleFunc("GET /metrics", g.serveMetrics(g.metrics.handler(g.opts.Endpoints)))
	if g.opts.Auth.Resource != nil {
		g.serveSignIn(mux)
	}
	if g.opts.Approvals != nil {
		mux.HandleFunc("POST "+takePath, g.opts.Approvals.serveTake)
	}
	if g.Page != nil {
		mux.Handle("/", g.Page)
	}
	return g.bounded(mux)
}

// serveTrimmed serves the path without the slash at its end.
func (g *Gateway) serveTrimmed(w http.ResponseWriter, r *http.Request) {
	to := *r.URL
	to.Path, to.RawPath = strings.TrimSuffix(to.Path, "/"), strings.TrimSuffix(to.RawPath, "/")
	trimmed := r.WithContext(r.Context())
	trimmed.URL = &to
	g.ServeMCP(w, trimmed)
}

// bounded sets a read and a write deadline on every request: net/http waits for a body
// that was announced even before it sends a refusal. A handler that reads the body
// clears the first; one that streams sets its own write deadlines. The last bytes of
// an answer leave after the handler, and have a deadline again, unless the first one has
// nearly all of its time left.
func (g *Gateway) bounded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		wire := http.NewResponseController(w) // every connection of net/http has deadlines
		now := time.Now()
		if r.ContentLength != 0 {
			_ = wire.SetReadDeadline(now.Add(g.opts.bodyTimeout))
		}
		_ = wire.SetWriteDeadline(now.Add(g.opts.writeTimeout))
		next.ServeHTTP(w, r)
		if r.ProtoMajor == 1 && (r.ContentLength < 0 || r.ContentLength > readByServer) {
			g.linger(r, wire)
		}
		if end := time.Now(); r.ProtoMajor > 1 || isStale(end.Sub(now), g.opts.writeTimeout) { // on HTTP/2 nothing is left of it
			_ = wire.SetWriteDeadline(end.Add(g.opts.writeTimeout))
		}
	})
}

// serveReady says whether a load balancer may send requests here.
func (g *Gateway) serveReady(w http.ResponseWriter, _ *http.Request) {
	if g.draining.Err() != nil {
		http.Error(w, "draining", http.StatusServiceUnavailable)
		return
	}
	_, _ = w.Write([]byte("ok\n"))
}

// serveMetrics applies the host check: metric labels name the connections.
func (g *Gateway) serveMetrics(metrics http.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if refused := g.opts.Auth.checkPlace(r); refused != nil {
			http.Error(w, refused.Error(), http.StatusForbidden)
			return
		}
		metrics.ServeHTTP(w, r)
	}
}

// Values of headers that each answer has. Nobody changes them.
var (
	contentSecurity = []string{"default-src 'none'; frame-ancestors 'none'; sandbox"}
	noSniffing      = []string{"nosniff"}
)

// ServeMCP takes one request from its arrival to the end of its answer. Its path
// is that of an Endpoint.
func (g *Gateway) ServeMCP(w http.ResponseWriter, r *http.Request) {
	// The type of an answer is the server's to choose. A browser that comes by, which
	// the front door of an App knows by a cookie, must not run a page of it here.
	w.Header()["Content-Security-Policy"] = contentSecurity
	w.Header()["X-Content-Type-Options"] = noSniffing
	x := newExchange(g, w, r)
	defer x.close()
	x.serve()
}
