// Package databricks carries MCP requests over HTTP through Databricks to a server
// that Unity Catalog governs, signs them with Databricks credentials, and puts
// Databricks' refusals into words.
//
// A [Transport] is an [http.RoundTripper]. It takes a request of MCP's Streamable
// HTTP to any address, and returns the MCP server's answer or an error that holds
// a [*refusal.Error]. It never looks at the message itself. A [Workspace] is the
// REST API of the same workspace, under the same rules.
//
// # Where a token goes
//
// A token is sent to two kinds of hosts: to the workspace that the Databricks
// SDK resolved from profile, flags and environment, and to a Databricks App
// that --url names. Redirects are not followed.
//
// # What is sent twice
//
// A request is sent a second time in one case only: its credentials were refused, and
// there are new ones. A POST is so only where Databricks' front end has refused it, and
// nothing ran; what else says so may be the server's, after it ran.
//
// The routes through Databricks are the table of package config/route. Package
// auth has the credentials, network the connections, origin the hosts.
package databricks

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/databricks/databricks-sdk-go/config"

	"ucbridge/bridge/databricks/auth"
	"ucbridge/bridge/databricks/network"
	"ucbridge/bridge/databricks/origin"
	"ucbridge/bridge/refusal"
	"ucbridge/config/route"
)

// Options say where a Transport leads and who travels on it.
type Options struct {
	Target
	// Profile and Host are as given by flag. The environment and
	// ~/.databrickscfg are the Databricks SDK's to read.
	Profile, Host string
	// OnBehalf signs each request with the token that its context carries (see
	// [auth.WithToken]), in place of credentials of this process. Profile must be empty.
	OnBehalf bool
	// CAFile is a PEM file of certificates to trust besides the system's.
	CAFile string
	// CacheDir is where the route that "auto" found is remembered for a day, per
	// host and connection; "" remembers nothing.
	CacheDir string
	// Version is that of ucbridge, for the user agent: semantic, without v.
	Version string
	// Log receives what is worth knowing when something is wrong; nil logs nothing.
	Log *slog.Logger
}

// Transport carries requests to one target, see [Open]. It is safe for concurrent
// use.
type Transport struct {
	target      destination
	credentials *auth.Credentials
	signer      auth.Signer // credentials, or the callers' own tokens
	base        http.RoundTripper
	routes      routeCache
	log         *slog.Logger

	route    atomic.Pointer[route.Name] // in use; route.Auto means proxy, with a way back
	recalled sync.Once                  // the cache of routes has been asked
	last     atomic.Pointer[addressed]
}

// Open checks target and names by their syntax and reads the CA file. It uses no
// network and resolves no credentials; its errors are plain and name the flag.
func Open(o Options) (*Transport, error) {
	target, err := o.Target.parse()
	if err != nil {
		return nil, err
	}
	return openTransport(o, target)
}

// openTransport opens a transport over connections of its own.
func openTransport(o Options, target destination) (*Transport, error) {
	if o.Host != "" {
		if _, err := origin.Parse(o.Host); err != nil {
			return nil, fmt.Errorf("--host %q: %w", o.Host, err)
		}
	}
	base, err := network.NewPool(o.CAFile)
	if err != nil {
		return nil, err
	}
	return newTransport(o, target, base, func() *config.Config { return &config.Config{Profile: o.Profile, Host: o.Host} })
}

// newTransport makes a transport that sends by base, and whose credentials begin
// with the configuration given.
func newTransport(o Options, target destination, base http.RoundTripper, given func() *config.Config) (*Transport, error) {
	log := o.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	credentials := auth.New(auth.Options{Config: given, Network: base, CacheDir: o.CacheDir, Version: o.Version, Log: log})
	r := &Transport{
		target: target, credentials: credentials, signer: credentials,
		base: base, routes: routeCache{o.CacheDir}, log: log,
	}
	if o.OnBehalf {
		signer, err := auth.NewOnBehalfOf(o.Profile, o.Host)
		if err != nil {
			return nil, err
		}
		r.signer = signer
	}
	r.route.Store(&target.route)
	return r, nil
}

// Beside returns a Transport to another target, over the same connections and with
// the same credentials. The error is as for Open.
func (r *Transport) Beside(t Target) (*Transport, error) {
	target, err := t.parse()
	if err != nil {
		return nil, err
	}
	return r.beside(target), nil
}

func (r *Transport) beside(target destination) *Transport {
	other := &Transport{
		target: target, base: r.base, routes: r.routes, log: r.log,
		credentials: r.credentials, signer: r.signer,
	}
	other.route.Store(&target.route)
	return other
}

// Warm begins to resolve the configuration, to fetch a token and to connect to
// the workspace, so that the first message finds them ready. It returns at once.
// What fails here is met, and told, by that message.
func (r *Transport) Warm(ctx context.Context) {
	if r.signer != r.credentials {
		return // nobody has called yet
	}
	go func() {
		if _, err := r.credentials.Sign(ctx); err != nil {
			r.log.Debug("warming up", "error", err)
		}
	}()
}

// placeholder is what stands in requests for the address.
var placeholder = &url.URL{Scheme: "http", Host: "mcp.invalid", Path: "/"}

// URL is an address to build requests with, which nobody may change. RoundTrip puts the
// real one in its place.
func (r *Transport) URL() *url.URL { return placeholder }

// Buffered reports whether answers come whole, as far as is known now: then the
// server can send nothing on its own, neither on a GET stream nor in the middle
// of an answer. It turns true, at most once, with the error
// [refusal.RouteChanged] of RoundTrip.
func (r *Transport) Buffered() bool { return !route.Of(*r.route.Load()).Streams }

// Close closes idle connections, and ends what runs to get a token. Requests in
// flight are not affected otherwise. Transports of Beside end with it, and their
// own Close is not needed.
func (r *Transport) Close() {
	r.credentials.Close()
	if t, ok := r.base.(*network.Pool); ok {
		t.CloseIdleConnections()
	}
}

// RoundTrip carries one request to the target. Host, path and credentials of req
// do not matter, its MCP headers do.
//
// The answer is the MCP server's, or whatever else was said without being a
// refusal by Databricks, at any status. The error is that of the request's
// context, or holds a *refusal.Error, which tells by MayHaveRun whether the request may
// have been executed all the same. After one whose reason is [refusal.RouteChanged] the
// request can be sent again.
func (r *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := bodyOf(req)
	if err != nil {
		return nil, err
	}
	for repeated := false; ; repeated = true {
		who, err := r.signer.Sign(req.Context())
		if err != nil {
			return nil, err
		}
		if err := r.recall(who.Base.Host); err != nil {
			return nil, err
		}
		rt := *r.route.Load()
		if rt == route.App {
			if err := r.target.admitsToApp(who.Identity); err != nil {
				return nil, err
			}
		}
		out, err := r.outbound(req, body, rt, who)
		if err != nil {
			return nil, err
		}
		resp, err := network.Send(r.base, out)
		if err != nil {
			return nil, err
		}
		resp.Request = req // the one that was sent holds a token
		if rt == route.ExternalFunction {
			sniff(resp)
		}
		v := r.target.classify(resp, rt, out.URL)
		if v.between {
			network.Drop(resp)
			return nil, intercepted(resp, v.body, who.Identity, out.ContentLength)
		}
		if v.rule == nil {
			resp.Header["Traceparent"] = out.Header["Traceparent"] // what it was sent under, for who keeps a record
			return resp, nil
		}
		network.Drop(resp)
		if v.stale() && who.Renew() {
			r.log.Debug("credentials refused", "status", v.wire.status, "repeated", repeated)
			if !repeated && (v.undelivered(rt) || req.Method != http.MethodPost) {
				continue
			}
		}
		return nil, r.refuse(v, rt, who)
	}
}

// outbound makes the request that is really sent. It parses no address: one is
// built for every message.
func (r *Transport) outbound(req *http.Request, body message, rt route.Name, who auth.Signature) (*http.Request, error) {
	to, err := r.address(req, rt, who)
	if err != nil {
		return nil, err
	}
	method, header := req.Method, plainHeader(req)
	for name, value := range r.target.headers {
		header[http.CanonicalHeaderKey(name)] = []string{value}
	}
	if rt == route.ExternalFunction {
		if body, err = wrap(r.target, req, body); err != nil {
			return nil, err
		}
		method = http.MethodPost
		header = http.Header{"Accept": {"text/plain"}, "Content-Type": {"application/json"}}
	}
	stampOwn(header, rt, who)
	out := (&http.Request{
		Method: method, URL: to, Host: to.Host, Header: header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(req.Context())
	return out, body.attach(out)
}

// address is where requests go on a route, remembered for the identity that asked
// last. Nobody may change it.
func (r *Transport) address(req *http.Request, rt route.Name, who auth.Signature) (*url.URL, error) {
	if rt == route.API {
		return who.Base.Parse(req.URL.RequestURI())
	}
	if last := r.last.Load(); last != nil && last.route == rt && last.who == who.Identity {
		return last.to, nil
	}
	carried := rt
	if tries := route.Of(rt).Tries; tries != nil {
		carried = tries[0]
	}
	to, err := r.target.address(carried, who.Base)
	if err != nil {
		return nil, err
	}
	r.last.Store(&addressed{rt, who.Identity, to})
	return to, nil
}

type addressed struct {
	route route.Name
	who   *auth.Identity
	to    *url.URL
}

// stampOwn sets the headers that are the transport's.
func stampOwn(header http.Header, rt route.Name, who auth.Signature) {
	for name, values := range who.Header {
		// What the SDK adds beside the token (for Azure, Google) is for the
		// workspace; an app is another party.
		if rt != route.App || name == "Authorization" {
			header[name] = values
		}
	}
	if who.WorkspaceID != "" && rt != route.App {
		header.Set("X-Databricks-Workspace-Id", who.WorkspaceID)
	}
	header["Accept-Encoding"] = identity
	own := []string{who.UserAgent, ""} // one allocation for both
	header["User-Agent"] = own[:1:1]
	if header.Get("Traceparent") == "" {
		own[1] = traceparent()
		header["Traceparent"] = own[1:]
	}
}

// identity asks for answers as they are. Nobody changes it.
var identity = []string{"identity"}

// recall takes the route that an earlier process found, once it is known on
// which host. The message in hand was made for the other route.
func (r *Transport) recall(host string) error {
	changed := false
	r.recalled.Do(func() {
		if *r.route.Load() == route.Auto && r.routes.recall(host, r.target.connection) {
			changed = true
			r.reroute("remembered")
		}
	})
	if changed {
		return routeChanged(r.target)
	}
	return nil
}

func (r *Transport) reroute(why string) {
	function := route.ExternalFunction
	r.route.Store(&function)
	r.log.Info("route changed", "target", r.target.String(), "route", string(function), "why", why)
}

// refuse turns a verdict into the error for the caller.
func (r *Transport) refuse(v verdict, rt route.Name, who auth.Signature) error {
	if v.missing() && rt == route.Auto {
		r.reroute("the workspace has no proxy for connections")
		if err := r.routes.remember(who.Base.Host, r.target.connection); err != nil {
			r.log.Warn("route not remembered", "error", err)
		}
		return routeChanged(r.target)
	}
	if v.missing() && rt == route.ExternalFunction {
		r.routes.forget(who.Base.Host, r.target.connection)
	}
	s := words{destination: r.target, Identity: who.Identity}
	s.route = rt
	s.secrets = r.target.keys()
	for _, values := range who.Header {
		_, token, _ := strings.Cut(values[0], " ") // after Bearer or Basic
		s.secrets = append(s.secrets, values[0], token)
	}
	e := s.refuse(v.rule, v.wire)
	if v.stale() && !v.undelivered(rt) {
		e.Data.Unproven = true
		e.Message += " So says the body of an answer, which may not be Databricks' own. " + refusal.CheckFirst
	}
	return e
}

// wrap makes the message that external-function carries.
func wrap(d destination, req *http.Request, body message) (message, error) {
	var inner io.Reader
	if body.open != nil {
		opened, err := body.open()
		if err != nil {
			return message{}, fmt.Errorf("reading request: %w", err)
		}
		defer opened.Close()
		inner = opened
	}
	raw, err := envelope(d, req, inner, int(body.size))
	return messageOf(raw), err
}
