package gateway

import (
	"cmp"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"ucbridge/bridge/oauth"
	"ucbridge/bridge/refusal"
)

// TakesTokens reports whether each caller brings a token of their own.
func (a *Authenticator) TakesTokens() bool { return a.OnBehalf || a.Resource != nil }

// signsInForScopes reports whether callers bring tokens whose scopes are Databricks', so
// that one that lacks a scope can be had again with it.
func (a *Authenticator) signsInForScopes() bool { return a.Resource != nil && a.Resource.Scopes == nil }

// bearer returns the token that signs the requests of whoever sent r.
func (a *Authenticator) bearer(r *http.Request) (string, *refusal.Error) {
	shown := bearerToken(r)
	switch {
	case shown == "":
		return "", refusal.New(refusal.NotAuthenticated, "The request carries no access token.").
			WithHint("sign in with an OAuth client; the header WWW-Authenticate of this answer says where")
	case len(r.Header["Authorization"]) > 1:
		return "", refusal.New(refusal.NotAuthenticated, "The request carries Authorization more than once.")
	}
	return a.Resource.Server.Token(r.Context(), shown)
}

// Address is the gateway's own as the sender of r knows it, without a slash at its end.
func (a *Authenticator) Address(r *http.Request) string {
	if a.PublicURL != nil {
		return strings.TrimSuffix(a.PublicURL.String(), "/")
	}
	host, scheme := r.Host, "http"
	if a.Believed {
		scheme = "https"
		host = cmp.Or(forwarded(r, "X-Forwarded-Host"), host)
		if strings.EqualFold(forwarded(r, "X-Forwarded-Proto"), "http") {
			scheme = "http"
		}
	}
	return scheme + "://" + host
}

// forwarded is what a proxy says that was asked for. Each proxy on the way may add a value;
// the first is the caller's.
func forwarded(r *http.Request, name string) string {
	first, _, _ := strings.Cut(r.Header.Get(name), ",")
	return strings.TrimSpace(first)
}

// challenge tells the caller where to sign in, or for what.
func (x *exchange) challenge(status int, e *refusal.Error) {
	auth := &x.g.opts.Auth
	if auth.Resource == nil {
		x.out.header().Set("WWW-Authenticate", "Bearer")
		return
	}
	path, scope := "", ""
	if served, ok := x.g.endpoints[x.r.URL.Path]; ok {
		path = served.Path
		if scope = strings.Join(x.g.Scopes(), " "); served.Transport != nil { // else it leads to all
			scope = served.Transport.Scope()
		}
	}
	if given := auth.Resource.Scopes; given != nil {
		scope = strings.Join(given, " ")
	}
	if status == http.StatusUnauthorized && x.r.Header.Get("Authorization") == "" {
		e = nil // RFC 6750, section 3.1: who brought nothing is told nothing of errors
	}
	if e != nil && x.caller.token != "" {
		auth.People.forget(x.caller.token)
		auth.Resource.Server.Forget(bearerToken(x.r))
	}
	x.out.header().Set("WWW-Authenticate", oauth.Challenge(auth.Address(x.r), path, scope, e))
}

// serveSignIn serves what clients read to sign in, to programs and to pages of any site.
func (g *Gateway) serveSignIn(mux *http.ServeMux) {
	document := func(serve http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if g.opts.Auth.Loopback && !isLoopback(r.Host) && !g.opts.Auth.isPublic(r.Host) {
				http.Error(w, "this gateway serves its own machine only", http.StatusForbidden)
				return
			}
			h := w.Header()
			h.Set("Access-Control-Allow-Origin", "*")
			h.Set("Access-Control-Allow-Headers", "*")
			h.Set("X-Content-Type-Options", "nosniff")
			if r.Method == http.MethodOptions {
				w.WriteHeader(http.StatusNoContent)
				return
			}
			h.Set("Content-Type", "application/json")
			serve(w, r)
		}
	}
	for path, serve := range map[string]http.HandlerFunc{
		oauth.ResourcePath:                g.serveResource,
		oauth.ResourcePath + "/{path...}": g.serveResource,
		oauth.ServerPath:                  g.serveServer,
		oauth.ServerPath + "/{path...}":   g.serveServer,
		oauth.OpenIDPath:                  g.serveServer,
		oauth.ClientPath: func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write(oauth.ClientMetadata(g.opts.Auth.Address(r)))
		},
	} {
		mux.HandleFunc("GET "+path, document(serve))
		mux.HandleFunc("OPTIONS "+path, document(serve))
	}
	mux.HandleFunc("POST "+oauth.RegisterPath, document(g.serveRegister))
	mux.HandleFunc("OPTIONS "+oauth.RegisterPath, document(g.serveRegister))
}

// serveResource describes the server at a path, or the gateway as a whole. A proxy may
// have left the path of the public address in front of it (RFC 9728, section 3.1).
func (g *Gateway) serveResource(w http.ResponseWriter, r *http.Request) {
	auth := &g.opts.Auth
	base, path := auth.Address(r), strings.TrimPrefix(r.URL.Path, oauth.ResourcePath)
	if auth.PublicURL != nil {
		path = strings.TrimPrefix(path, strings.TrimSuffix(auth.PublicURL.Path, "/"))
	}
	if path == "" || path == "/" {
		_, _ = w.Write(auth.Resource.Metadata(base, "", "ucbridge", g.Scopes()))
		return
	}
	e, served := g.endpoints[path]
	if !served {
		http.Error(w, `{"error":"nothing is served at this path"}`, http.StatusNotFound)
		return
	}
	_, _ = w.Write(auth.Resource.Metadata(base, e.Path, "ucbridge: "+path[strings.LastIndex(path, "/")+1:], g.scopesOf(e)))
}

// scopesOf are those of an endpoint, or of all where it leads to the others.
func (g *Gateway) scopesOf(e Endpoint) []string {
	if e.Transport == nil {
		return g.Scopes()
	}
	return e.scopes()
}

// scopes are those that a token needs to call the server and to see who may.
func (e Endpoint) scopes() []string {
	const catalog = "unity-catalog"
	if scope := e.Transport.Scope(); scope != catalog {
		return []string{scope, catalog}
	}
	return []string{catalog}
}

// Scopes are those that a token needs for all that is served.
func (g *Gateway) Scopes() []string {
	if r := g.opts.Auth.Resource; r != nil && r.Scopes != nil {
		return r.Scopes
	}
	var all []string
	for _, e := range g.opts.Endpoints {
		if e.Transport == nil {
			continue
		}
		for _, scope := range e.scopes() {
			if !slices.Contains(all, scope) {
				all = append(all, scope)
			}
		}
	}
	return all
}

// serveServer describes the authorization server that the gateway is in front of.
func (g *Gateway) serveServer(w http.ResponseWriter, r *http.Request) {
	document, err := g.opts.Auth.Resource.ServerMetadata(r.Context(), g.opts.Auth.Address(r))
	switch {
	case errors.Is(err, oauth.ErrNoFront):
		http.Error(w, `{"error":"the authorization server is not here, see /.well-known/oauth-protected-resource"}`, http.StatusNotFound)
	case err != nil:
		g.opts.Log.Warn("sign-in", "error", err)
		http.Error(w, `{"error":"the authorization server does not answer"}`, http.StatusBadGateway)
	default:
		_, _ = w.Write(document)
	}
}

// maxRegistration is how long a client's description of itself may be, in bytes.
const maxRegistration = 64 << 10

// serveRegister tells a client the published client id.
func (g *Gateway) serveRegister(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRegistration))
	var answer []byte
	if err == nil {
		answer, err = g.opts.Auth.Resource.Register(raw)
	}
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write(oauth.RegistrationError(err))
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusCreated)
	_, _ = w.Write(answer)
}
