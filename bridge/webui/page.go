// Package webui is what people see of a gateway in a browser: who they are, what is
// served and whether they may use it, the tools with a form to call each, what to
// paste into an AI client, and their own latest calls.
//
// It is HTML and nothing else, no script: a form is sent, a page comes back. To
// the servers it speaks MCP through the gateway, in the name of the
// person who asks, so that limits, policy, log and refusals are those of every
// other client.
//
//	browser ─▶ page ─▶ gateway.ServeMCP (who, limits, policy) ─▶ databricks.Transport
package webui

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"ucbridge/bridge/gateway"
	"ucbridge/bridge/oauth"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/seal"
)

// Options say what the pages tell of.
type Options struct {
	// Gateway takes the pages' own messages, as those of any other client.
	Gateway *gateway.Gateway
	// Auth is the gateway's, which tells who asks for a page.
	Auth *gateway.Authenticator
	// MaxMessage bounds a form, and a message of a server, in bytes.
	MaxMessage int64
	Log        *slog.Logger
	// Servers are what it serves, in the order of the page.
	Servers []Server
	// SignIn lets browsers in by the workspace's sign-in, nil where something else does;
	// Seal seals what they keep of it.
	SignIn *oauth.SignIn
	Seal   *seal.Sealer
	// Approvals are the calls that wait for the visitor, nil where none do.
	Approvals *gateway.Approvals
	// Logins is what the workspace keeps of a user's sign-in to a server, nil where there
	// is no such thing. Its contexts are signed for the visitor.
	Logins Logins
	// Program is how clients of this machine start ucbridge, nil where the visitor may be
	// anywhere.
	Program *Program
	// Workspace returns the host of the Databricks workspace, "" while it is not
	// known.
	Workspace func() string
}

// Logins are users' sign-ins to servers that want each user's own.
type Logins interface {
	// SignedIn reports whether there is one that can be ended.
	SignedIn(ctx context.Context, service string) bool
	SignOut(ctx context.Context, service string) error
}

// Server is one MCP server that the gateway serves.
type Server struct {
	Path string // of its gateway.Endpoint
	Name string // "github"
	Kind string // "connection" or "MCP service"
	// Args are the flags that lead "ucbridge stdio" to the same server.
	Args []string
	// Service is the full name of an MCP service, "" for a connection.
	Service string
}

// Page serves the pages. Make one with New; it is safe for concurrent use.
type Page struct {
	opts    Options
	servers map[string]Server // by path, unescaped
	login   *loginLink        // nil where something else lets people in
	signIn  *signIn           // likewise
	mux     *http.ServeMux
}

// How long the servers may take. People do not wait longer for a page, and the
// front door of a Databricks App neither for an answer.
const (
	stateTimeout = 4 * time.Second
	listTimeout  = 20 * time.Second
	callTimeout  = 100 * time.Second
	// endTimeout is how long a session may take to end, once its page is made.
	endTimeout = 2 * time.Second
	// wireTimeout is how long a form, or a page, may take on its way.
	wireTimeout = 30 * time.Second
)

// New returns the pages of a gateway. It does no network.
func New(o Options) *Page {
	p := &Page{opts: o, servers: make(map[string]Server), mux: http.NewServeMux()}
	for _, s := range o.Servers {
		p.servers[gateway.Unescaped(s.Path)] = s
	}
	if secret := o.Auth.Secret; secret != "" {
		p.login = newLoginLink(secret)
		p.mux.HandleFunc("GET "+loginPath, p.enterByLink)
		p.mux.HandleFunc("POST "+loginPath, p.enterBySecret)
	}
	if o.SignIn != nil {
		p.signIn = &signIn{SignIn: *o.SignIn, seal: o.Seal, auth: o.Auth, scopes: o.Gateway.Scopes()}
		p.mux.HandleFunc("GET "+startPath, p.start)
		p.mux.HandleFunc("GET "+oauth.CallbackPath, p.comeBack)
		p.mux.HandleFunc("POST "+signOutPath, p.withVisitor(func(q *request) { p.signOut(q.w, q.r) }))
	}
	if o.Logins != nil {
		p.mux.HandleFunc("POST /sign-out/mcp-services/{name}", p.withVisitor((*request).endLogin))
	}
	if o.Approvals != nil {
		p.mux.HandleFunc("GET /approve", p.withVisitor((*request).approvals))
		p.mux.HandleFunc("POST /approve", p.withVisitor((*request).settle))
	}
	p.mux.HandleFunc("GET /{$}", p.withVisitor((*request).home))
	for _, path := range []string{"/tools/mcp/{name}", "/tools/mcp-services/{name}"} {
		p.mux.HandleFunc("GET "+path, p.withVisitor((*request).show))
		p.mux.HandleFunc("POST "+path, p.withVisitor((*request).call))
	}
	p.mux.HandleFunc("GET "+stylePath, serveAsset("text/css; charset=utf-8", style))
	p.mux.HandleFunc("GET "+iconPath, serveAsset("image/svg+xml", icon))
	p.mux.HandleFunc("/", p.notFound)
	return p
}

// ServeHTTP serves one page.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	p.mux.ServeHTTP(w, r)
}

// request is one request for a page by somebody who is known.
type request struct {
	page   *Page
	w      http.ResponseWriter
	r      *http.Request
	caller gateway.Caller
	// byClient says that the request shows what AI clients show, and not what only a
	// browser has whose user has come in.
	byClient bool
}

// withVisitor lets in who is known, and tells the others what is missing.
func (p *Page) withVisitor(serve func(*request)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).SetWriteDeadline(time.Time{}) // render and seeOther set one
		brought := r.Header.Get("Authorization") != ""
		if p.login != nil {
			r = p.login.admit(r)
		}
		if p.signIn != nil {
			r = p.signIn.admit(r)
		}
		caller, refused := p.opts.Auth.PageCaller(r)
		switch {
		case refused == nil:
			serve(&request{page: p, w: w, r: r, caller: caller, byClient: brought && (p.login != nil || p.signIn != nil)})
		case p.signIn != nil && !brought && refused.Data.Reason == refusal.NotAuthenticated:
			why := ""
			if r.Header.Get("Authorization") != "" {
				why = refused.Message
			}
			p.askToSignIn(w, r, http.StatusUnauthorized, why)
		case p.login != nil && r.Header.Get("Authorization") == "" && refused.Data.Reason == refusal.NotAuthenticated:
			p.askForSecret(w, r, http.StatusUnauthorized, "")
		default:
			p.refuse(w, r, refused)
		}
	}
}

// refuse says why somebody is not let in.
func (p *Page) refuse(w http.ResponseWriter, r *http.Request, refused *refusal.Error) {
	status := http.StatusBadGateway
	switch refused.Data.Reason {
	case refusal.NotAuthenticated:
		status = http.StatusUnauthorized
	case refusal.OriginRefused:
		status = http.StatusForbidden
	}
	render(w, status, refusedPage(view{Root: root(r), Title: "Access denied", Problem: p.problemOf(refused, "")}))
}

// notFound answers for addresses where there is none.
func (p *Page) notFound(w http.ResponseWriter, r *http.Request) {
	render(w, http.StatusNotFound, refusedPage(view{
		Root: root(r), Title: "Nothing here", Problem: &Problem{Message: "There is no page at this address."},
	}))
}
