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
	me, err := databricks.Open(databricks.Options{
		Target:  databricks.Target{URL: scim.MePath},
		Profile: cfg.Profile.Value, Host: cfg.Host.Value, CAFile: cfg.CAFile.Value,
		OnBehalf: cfg.Auth.Value == config.AuthOBO || cfg.SignsIn(),
		Version:  version, Log: log,
	})
	if err != nil {
		return nil, err
	}
	traces := telemetry.Open(version, log)
	b := &Gateway{cfg: cfg, first: me, traces: traces, log: log}
	options := gateway.Options{
		Auth: gateway.Authenticator{
			OnBehalf: cfg.Auth.Value == config.AuthOBO, Believed: cfg.InApp || cfg.TrustForwarded.Value,
			// Who signs in brings a token, which no page of another site has; without a public
			// address it is the Host that clients are sent to.
			Loopback:  cfg.Loopback() && cfg.Auth.Value != config.AuthOBO && !(cfg.SignsIn() && cfg.PublicURL.Given()),
			PublicURL: cfg.PublicAddress,
			People:    gateway.NewPeople(me),
		},
		MaxMessage: cfg.MaxMessage.Value, CallTimeout: cfg.CallTimeout.Value,
		Limits: gateway.Limits{Calls: cfg.UserCalls.Value, Streams: cfg.UserStreams.Value, Rate: cfg.UserRate.Value},
		Tracer: traces, Log: log,
	}
	if cfg.SignsIn() {
		options.Auth.Resource = resourceOf(cfg, me)
	}
	key, err := gateway.LoadSecret(cfg.KeyFile.Value, true)
	if err != nil {
		return nil, err
	}
	sealer, err := seal.New(key)
	if err != nil {
		return nil, fmt.Errorf("reading the key file: %w", err)
	}
	// With --auth app all are one user, and without a client id no browser signs in.
	if cfg.Auth.Value != config.AuthApp && !(cfg.SignsIn() && !cfg.ClientID.Given()) {
		options.Approvals = gateway.NewApprovals(sealer, cfg.Peers.Value)
	}
	if options.Auth.OnBehalf && !options.Auth.Believed {
		log.Warn("all requests are refused: this is not a Databricks App, so forwarded tokens are not trusted; give --trust-forwarded if a proxy in front sets x-forwarded-access-token and removes a caller's own")
	}
	if cfg.Auth.Value == config.AuthLocal {
		if b.secret, err = gateway.LoadSecret(cfg.TokenFile.Value, false); err != nil {
			return nil, err
		}
		options.Auth.Secret = b.secret
	}
	var servers []webui.Server
	routes := make(map[string]*databricks.Transport)
	for _, e := range cfg.Endpoints {
		transport, err := me.Beside(databricks.Target{
			Connection: e.Connection, Route: e.Route, Path: e.Path, Service: e.Service, Headers: headersOf(cfg.HeadersFor(e)),
		})
		if err != nil {
			return nil, fmt.Errorf("serving %s: %w", e.Location(), err)
		}
		meta := membersOf(cfg.PresetsFor(e))
		governor := governorOf(policy.TargetOf(e.Connection, e.Service, ""), PolicySources(cfg.Rules, managed), transport, "", meta, log)
		b.governors = append(b.governors, governor)
		options.Endpoints = append(options.Endpoints, gateway.Endpoint{Path: e.Location(), Transport: transport, Governor: governor})
		routes[e.Location()] = transport
		servers = append(servers, shown(e))
	}
	all := newJoined(cfg, routes, version, log)
	options.Endpoints = append(options.Endpoints, gateway.Endpoint{Path: joinedPath, Serve: all.served.Serve})
	b.served = gateway.New(options)
	all.gateway, b.joined = b.served, all
	var signIn *oauth.SignIn
	if r := options.Auth.Resource; r != nil {
		signIn = &oauth.SignIn{Server: r.Server, ClientID: r.ClientID, Client: me.Anonymous()}
	}
	b.pages = webui.New(webui.Options{
		SignIn: signIn, Logins: logins{unitycatalog.New(databricks.NewWorkspace(me))}, Program: program(cfg), Seal: sealer, Approvals: options.Approvals,
		Gateway: b.served, Auth: &options.Auth, MaxMessage: options.MaxMessage, Log: log,
		Servers: servers, Workspace: func() string { return me.Describe().Host },
	})
	b.served.Page = b.pages
	return b, nil
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
func resourceOf(cfg *config.Gateway, me *databricks.Transport) *oauth.Resource {
	workspace := oauth.NewWorkspace(me.Base(), me.Anonymous())
	if cfg.Auth.Value == config.AuthOAuth {
		return &oauth.Resource{Server: workspace, ClientID: cfg.ClientID.Value}
	}
	return &oauth.Resource{
		Server:   oauth.NewProvider(cfg.Issuer.Value, cfg.Audience.Value, workspace, me.Anonymous()),
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
