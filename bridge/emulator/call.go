package emulator

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// The routes, as they are called in the audit list and in faults.
const (
	routeProxy            = "proxy"
	routeExternalFunction = "external-function"
	routeMCPExternal      = "mcp-external"
	routeMCPService       = "mcp-service"
	routePath             = "path"
	routeAPI              = "api"
	routeOIDC             = "oidc"
	routeWellKnown        = "well-known"
)

// call is one request on its way through the workspace.
type call struct {
	w         *answer
	r         *http.Request
	requestID string
	route     string
	name      string // the connection, service or path it is for
	sub       string // on proxy, the escaped path after it
	caller    principal
	message   message   // the MCP message, as far as it is needed here
	prefix    []byte    // the first 64 KiB of the body
	body      io.Reader // all of the body, prefix included
	envelope  envelope  // on external-function, its decoded body
	// target leads to the server of a call on an added path.
	target target
	entry  *entry
	// loseSession is set by a fault: the session named in the request is ended
	// before the request is passed on.
	loseSession bool
}

// serve takes one request from its arrival to the end of its answer.
func (w *Workspace) serve(rw http.ResponseWriter, r *http.Request) {
	w.life.RLock()
	defer w.life.RUnlock()
	c := &call{w: &answer{ResponseWriter: rw, cutAfter: -1}, r: r}
	if w.closed {
		c.w.sever(false)
		return
	}
	arrived := time.Now()
	c.requestID = w.requests.nextID()
	rw.Header().Set("X-Request-Id", c.requestID)
	c.findRoute(&w.catalog)

	var denied *refusal
	if c.route != routeOIDC && c.route != routeWellKnown {
		c.caller, denied = w.directory.authenticate(r.Header)
		if denied != nil && atSignInPage(r) {
			denied = nil // the page asks who it is
		}
		if refused := c.readBody(); denied == nil {
			denied = refused
		}
	}
	c.entry = &entry{Exchange: Exchange{
		Time: arrived, User: c.caller.name, Route: c.route, Connection: c.name,
		Method: r.Method, Path: r.RequestURI, Header: masked(r.Header), Body: c.prefix,
		RPCMethod: c.message.method,
	}}
	w.audit.add(c.entry)
	defer func() { w.audit.finish(c.entry, c.w.status) }()

	if w.faults.apply(c) {
		return
	}
	if denied == nil {
		denied = w.checkScope(c)
	}
	if denied != nil {
		c.refuse(denied)
		return
	}
	w.dispatch(c)
}

// findRoute reads off the path which way the request goes.
func (c *call) findRoute(known *catalog) {
	path := c.r.URL.EscapedPath()
	c.route = routeAPI
	if rest, ok := strings.CutPrefix(path, "/api/2.0/unity-catalog/connections/"); ok {
		name, rest, _ := strings.Cut(rest, "/")
		if sub, ok := strings.CutPrefix(rest, "proxy"); ok && (sub == "" || sub[0] == '/') {
			c.route, c.name, c.sub = routeProxy, unescaped(name), sub
		}
	} else if path == "/api/2.0/external-function" {
		c.route = routeExternalFunction
	} else if name, ok := strings.CutPrefix(path, "/api/2.0/mcp/external/"); ok && !strings.Contains(name, "/") {
		c.route, c.name = routeMCPExternal, unescaped(name)
	} else if name, ok := strings.CutPrefix(path, "/ai-gateway/mcp-services/"); ok && !strings.Contains(name, "/") {
		c.route, c.name = routeMCPService, unescaped(name)
	} else if strings.HasPrefix(path, "/oidc/") {
		c.route = routeOIDC
	} else if strings.HasPrefix(path, "/.well-known/") {
		c.route = routeWellKnown
	} else if t, ok := known.path(path); ok {
		c.route, c.name, c.target = routePath, path, t
	}
}

// readBody reads as much of the body as is needed to know the message: the
// first 64 KiB, or all of an envelope. The rest stays on the wire until the
// request is passed on.
func (c *call) readBody() *refusal {
	if c.route == routeExternalFunction {
		return c.readEnvelope()
	}
	var err error
	if n := c.r.ContentLength; n >= 0 {
		c.prefix = make([]byte, min(n, maxExchangeLen))
		_, err = io.ReadFull(c.r.Body, c.prefix)
	} else {
		c.prefix, err = io.ReadAll(io.LimitReader(c.r.Body, maxExchangeLen))
	}
	if err != nil {
		return invalidParameter("The body of the request cannot be read.")
	}
	c.body = bytes.NewReader(c.prefix)
	if n := c.r.ContentLength; n > maxExchangeLen || (n < 0 && len(c.prefix) == maxExchangeLen) {
		c.body = io.MultiReader(c.body, c.r.Body)
	}
	if c.route != routeAPI {
		c.message = peek(c.prefix)
	}
	return nil
}

// routeScopes are the scopes of which a token needs one. Verified for
// mcp-external, mcp-service and the catalog's API; assumed for the others.
var routeScopes = map[string][]string{
	routeProxy:            {"unity-catalog"},
	routeMCPExternal:      {"unity-catalog"},
	routeMCPService:       {"ai-gateway"},
	routeExternalFunction: {scopeAll, "catalog.connections", "serving.serving-endpoints"},
}

// checkScope refuses a token without the scope that the request needs. The
// managed MCP servers take the scope of their own name (verified: genie, sql, ai-search
// and its older name vector-search; functions take unity-catalog).
func (w *Workspace) checkScope(c *call) *refusal {
	needs := routeScopes[c.route]
	switch {
	case c.route == routeAPI && strings.HasPrefix(c.r.URL.Path, "/api/2.1/unity-catalog/"):
		needs = []string{"unity-catalog"}
	case c.route == routePath:
		if rest, ok := strings.CutPrefix(c.name, "/api/2.0/mcp/"); ok {
			kind, _, _ := strings.Cut(rest, "/")
			if kind == "functions" {
				kind = "unity-catalog"
			}
			needs = []string{kind}
		}
	}
	if len(needs) == 0 || c.caller.has(needs...) {
		return nil
	}
	return missingScope(needs[0], c.requestID)
}

// dispatch answers a call whose token was accepted.
func (w *Workspace) dispatch(c *call) {
	switch c.route {
	case routeWellKnown:
		oidcServer{w}.serveWellKnown(c)
	case routeOIDC:
		oidcServer{w}.serveOIDC(c)
	case routeAPI:
		w.serveAPI(c)
	case routeExternalFunction:
		w.serveExternalFunction(c)
	case routeProxy, routeMCPExternal:
		w.serveConnection(c)
	case routeMCPService:
		if t, refused := w.catalog.admitService(c.name, c.caller); refused != nil {
			c.refuse(refused)
		} else {
			w.forward(c, t)
		}
	case routePath:
		w.forward(c, c.target)
	}
}

// serveConnection passes a call on through a connection.
//
// Verified: the two paths, that proxy takes any method and sub-path, and that
// mcp-external does not insist on is_mcp_connection. Assumed: that GET streams
// and DELETE pass, and that the route is looked at before the connection.
func (w *Workspace) serveConnection(c *call) {
	conn, refused := w.catalog.admit(c.name, c.caller)
	switch {
	case !conn.offers(c.route):
		c.refuse(endpointNotFound(c.r.Method, c.r.URL.Path))
	case refused != nil:
		c.refuse(refused)
	case climbs(c.sub):
		c.refuse(invalidParameter("Path must not contain '..'."))
	default:
		w.forward(c, conn.target)
	}
}

// offers tells whether the route leads through the connection; of an unknown
// connection, every route does.
func (conn Connection) offers(route string) bool {
	return conn.Routes == nil || slices.Contains(conn.Routes, route)
}

// climbs tells whether a path has a segment "..".
func climbs(path string) bool {
	return slices.Contains(strings.Split(unescaped(path), "/"), "..")
}

// requestCount counts requests.
type requestCount struct{ atomic.Uint64 }

// nextID numbers the next request in the form of Databricks' request ids.
func (c *requestCount) nextID() string {
	n := strconv.FormatUint(c.Add(1), 10)
	return "00000000-0000-4000-8000-" + "000000000000"[:max(0, 12-len(n))] + n
}
