package bridge

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"ucbridge/bridge/databricks"
	"ucbridge/bridge/gateway"
	"ucbridge/bridge/govern"
	"ucbridge/bridge/oauth"
	"ucbridge/bridge/policy"
	"ucbridge/bridge/scim"
	"ucbridge/bridge/seal"
	"ucbridge/bridge/telemetry"
	"ucbridge/bridge/unitycatalog"
	"ucbridge/bridge/webui"
	"ucbridge/config"
)

// connectTimeout is how long one of several servers may take to answer initialize.
const connectTimeout = 8 * time.Second

// traceTimeout is how long the last spans may take to be delivered.
const traceTimeout = 2 * time.Second

// Gateway carries the messages of many clients over HTTP.
type Gateway struct {
	cfg    *config.Gateway
	first  *databricks.Transport // the others share its connections
	secret string
	served *gateway.Gateway
	pages  *webui.Page
	traces *telemetry.Tracer
	// governors are those of the endpoints.
	governors []*govern.Governor
	joined    *joined
	log       *slog.Logger
}

// NewGateway builds a Gateway. It does not touch the network or credentials; an error
// means that a setting is wrong.
func NewGateway(cfg *config.Gateway, managed policy.Managed, version string, log *slog.Logger) (*Gateway, error) {
	first, err := databricks.Open(databricks.Options{
		Target:  databricks.Target{URL: scim.MePath},
		Profile: cfg.Profile.Value, Host: cfg.Host.Value, CAFile: cfg.CAFile.Value,
		OnBehalf: cfg.Auth.Value == config.AuthOBO || cfg.SignsIn(),
		Version:  version, Log: log,
	})
	if err != nil {
		return nil, err
	}
	b := &Gateway{cfg: cfg, first: first, traces: telemetry.Open(version, log), log: log}
	sealer, err := openSealer(cfg)
	if err != nil {
		return nil, err
	}
	options := gateway.Options{
		MaxMessage: cfg.MaxMessage.Value, CallTimeout: cfg.CallTimeout.Value,
		Limits: gateway.Limits{Calls: cfg.UserCalls.Value, Streams: cfg.UserStreams.Value, Rate: cfg.UserRate.Value},
		Tracer: b.traces, Log: log,
	}
	if options.Auth, err = b.authenticator(); err != nil {
		return nil, err
	}
	switch { // with --auth local there is one user
	case cfg.Auth.Value != config.AuthLocal && cfg.KeyFile.Given():
		options.Sessions = gateway.SealSessions(sealer)
	case cfg.Auth.Value != config.AuthLocal:
		options.Sessions = gateway.RememberSessions()
	}
	// With --auth app all are one user, and without a client id no browser signs in.
	if cfg.Auth.Value != config.AuthApp && !(cfg.SignsIn() && !cfg.ClientID.Given()) {
		options.Approvals = gateway.NewApprovals(sealer, cfg.Peers.Value)
	}
	routes := make(map[string]*databricks.Transport)
	for _, e := range cfg.Endpoints {
		endpoint, err := b.endpoint(e, managed)
		if err != nil {
			return nil, fmt.Errorf("serving %s: %w", e.Location(), err)
		}
		b.governors = append(b.governors, endpoint.Governor)
		options.Endpoints = append(options.Endpoints, endpoint)
		routes[endpoint.Path] = endpoint.Transport
	}
	all := newJoined(cfg, routes, sealer, version, log)
	options.Endpoints = append(options.Endpoints, gateway.Endpoint{Path: joinedPath, Serve: all.served.Serve})
	b.served = gateway.New(options)
	all.gateway, b.joined = b.served, all
	b.pages = b.newPages(options, sealer)
	b.served.Page = b.pages
	return b, nil
}

// openSealer seals with the key that replicas share, or with one of its own.
func openSealer(cfg *config.Gateway) (*seal.Sealer, error) {
	key, err := gateway.LoadSecret(cfg.KeyFile.Value, true)
	if err != nil {
		return nil, err
	}
	sealer, err := seal.New(key)
	if err != nil {
		return nil, fmt.Errorf("reading the key file: %w", err)
	}
	return sealer, nil
}

// authenticator finds out who calls.
func (b *Gateway) authenticator() (gateway.Authenticator, error) {
	cfg := b.cfg
	a := gateway.Authenticator{
		OnBehalf: cfg.Auth.Value == config.AuthOBO, Believed: cfg.InApp || cfg.TrustForwarded.Value,
		// Who signs in brings a token, which no page of another site has; without a public
		// address it is the Host that clients are sent to.
		Loopback:  cfg.Loopback() && cfg.Auth.Value != config.AuthOBO && !(cfg.SignsIn() && cfg.PublicURL.Given()),
		PublicURL: cfg.PublicAddress,
		People:    gateway.NewPeople(b.first),
	}
	if cfg.SignsIn() {
		a.Resource = resourceOf(cfg, b.first)
	}
	if a.OnBehalf && !a.Believed {
		b.log.Warn("all requests are refused: this is not a Databricks App, so forwarded tokens are not trusted; give --trust-forwarded if a proxy in front sets x-forwarded-access-token and removes a caller's own")
	}
	if cfg.Auth.Value == config.AuthLocal {
		secret, err := gateway.LoadSecret(cfg.TokenFile.Value, false)
		if err != nil {
			return a, err
		}
		a.Secret, b.secret = secret, secret
	}
	return a, nil
}

// endpoint is where one server is served.
func (b *Gateway) endpoint(e config.Endpoint, managed policy.Managed) (gateway.Endpoint, error) {
	transport, err := b.first.Beside(databricks.Target{
		Connection: e.Connection, Route: e.Route, Path: e.Path, Service: e.Service, Headers: headersOf(b.cfg.HeadersFor(e)),
	})
	if err != nil {
		return gateway.Endpoint{}, err
	}
	sources := PolicySources(b.cfg.Rules, managed)
	governor := governorOf(policy.TargetOf(e.Connection, e.Service, ""), sources, transport, "", membersOf(b.cfg.PresetsFor(e)), b.log)
	return gateway.Endpoint{Path: e.Location(), Transport: transport, Governor: governor}, nil
}

// newPages makes the pages for people.
func (b *Gateway) newPages(o gateway.Options, sealer *seal.Sealer) *webui.Page {
	var signIn *oauth.SignIn
	if r := o.Auth.Resource; r != nil {
		signIn = &oauth.SignIn{Server: r.Server, ClientID: r.ClientID, Client: b.first.Anonymous()}
	}
	var servers []webui.Server
	for _, e := range b.cfg.Endpoints {
		servers = append(servers, shown(e))
	}
	return webui.New(webui.Options{
		SignIn: signIn, Logins: logins{unitycatalog.New(b.first.Workspace())}, Program: program(b.cfg), Seal: sealer, Approvals: o.Approvals,
		Gateway: b.served, Auth: &o.Auth, MaxMessage: o.MaxMessage, Log: b.log,
		Servers: servers, Workspace: func() string { return b.first.Describe().Host },
	})
}

// logins are what Unity Catalog keeps of users' sign-ins to MCP services.
type logins struct{ catalog *unitycatalog.Catalog }

func (l logins) SignedIn(ctx context.Context, service string) bool {
	answer, _, err := l.catalog.SignedIn(ctx, unitycatalog.Server{Kind: unitycatalog.Service, Name: service})
	return err == nil && answer == unitycatalog.Yes
}

func (l logins) SignOut(ctx context.Context, service string) error {
	_, err := l.catalog.SignOut(ctx, unitycatalog.Server{Kind: unitycatalog.Service, Name: service})
	return err
}

// program is how clients start ucbridge where only the person at this machine sees the
// page: this program, with the credentials that it was started with.
func program(cfg *config.Gateway) *webui.Program {
	path, err := os.Executable()
	if cfg.Auth.Value != config.AuthLocal || err != nil {
		return nil
	}
	p := &webui.Program{Path: path}
	profile := cmp.Or(cfg.Profile.Value, os.Getenv("DATABRICKS_CONFIG_PROFILE"))
	host := cmp.Or(cfg.Host.Value, os.Getenv("DATABRICKS_HOST"))
	switch {
	case profile != "":
		p.Args = []string{"--profile", profile}
	case host != "":
		p.Args = []string{"--host", host}
	}
	if file := os.Getenv("DATABRICKS_CONFIG_FILE"); file != "" {
		if p.ConfigFile, err = filepath.Abs(file); err != nil {
			return nil
		}
	}
	return p
}

// resourceOf is what clients sign in for.
func resourceOf(cfg *config.Gateway, first *databricks.Transport) *oauth.Resource {
	workspace := oauth.NewWorkspace(first.Base(), first.Anonymous())
	if cfg.Auth.Value == config.AuthOAuth {
		return &oauth.Resource{Server: workspace, ClientID: cfg.ClientID.Value}
	}
	return &oauth.Resource{
		Server:   oauth.NewProvider(cfg.Issuer.Value, cfg.Audience.Value, workspace, first.Anonymous()),
		ClientID: cfg.ClientID.Value, Scopes: append([]string{}, cfg.Scopes.Value...),
	}
}

// Secret is what callers have to show with --auth local, "" otherwise.
func (b *Gateway) Secret() string { return b.secret }

// shown is an endpoint as people see it.
func shown(e config.Endpoint) webui.Server {
	if e.Service != "" {
		return webui.Server{Path: e.Location(), Name: cmp.Or(e.Alias, e.Service), Kind: "MCP service", Args: []string{"--mcp-service", e.Service}, Service: e.Service}
	}
	s := webui.Server{Path: e.Location(), Name: cmp.Or(e.Alias, e.Connection), Kind: "connection", Args: []string{"--connection", e.Connection}}
	if e.Route != "" && e.Route != "auto" {
		s.Args = append(s.Args, "--route", e.Route)
	}
	if e.Path != "" {
		s.Args = append(s.Args, "--path", e.Path)
	}
	return s
}

// EntryPath is the path and query of the link to the page for people; with --auth
// local it lets one browser in, once.
func (b *Gateway) EntryPath() string { return cmp.Or(b.pages.EntryPath(), "/") }

// Serve serves on l until ctx is done and the calls under way are answered.
func (b *Gateway) Serve(ctx context.Context, l net.Listener) error {
	defer b.first.Close()
	b.first.Warm(ctx)
	err := b.served.Serve(ctx, l)
	b.joined.served.Close()
	for _, g := range b.governors {
		g.Close()
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), traceTimeout)
	defer cancel()
	if lost := b.traces.Close(closing); lost != nil {
		b.log.Warn("spans not delivered", "error", lost)
	}
	return err
}
