// Package emulator is a Databricks workspace in miniature, served on loopback by
// the calling process: identities and tokens, the part of Unity Catalog that
// concerns connections and MCP services, and every route from there to a remote
// MCP server. The demo and the tests run against it, with no account needed.
//
//	caller --token--> workspace --the connection's credential--> MCP server
//	                     |                                        (its own sample,
//	           checks, faults, audit list                          or any MCP URL)
//
// It is faithful where Databricks' wire shapes are known and says so where they
// are not. Each family of handlers carries one of two words in its comment:
//
//   - verified: read in Databricks' documentation or in the source of one of its
//     SDKs or tools, or seen word for word in a published trace of the service;
//   - assumed: not documented; the most likely behaviour was chosen, and callers
//     must not depend on it.
//
// It is not a security boundary: it speaks plain HTTP, refuses any address but
// loopback and keeps every token in memory.
package emulator

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// workspaceID is the one workspace every emulator plays.
const workspaceID = "1234567890123456"

// Options configure a Workspace. The zero value is useful: the default seed on a
// free port of 127.0.0.1.
type Options struct {
	// Addr is the TCP address to listen on, "127.0.0.1:0" by default. Addresses
	// that are not loopback are refused.
	Addr string
	// Empty leaves the seed out: no users, service principals, connections or
	// services.
	Empty bool
	// TokenTTL is how long an OAuth token issued at the token endpoint is
	// valid, one hour by default.
	TokenTTL time.Duration
	// ServicesByParent has MCP services listed schema by schema only: a list without
	// a parent is refused.
	ServicesByParent bool
	// Changing gives the sample server one tool more, weather, which describes itself
	// otherwise after each call.
	Changing bool
}

// Workspace is an embedded Databricks workspace. All its methods may be called
// concurrently, also while requests are being served.
type Workspace struct {
	url      string
	tokenTTL time.Duration
	byParent bool

	server    *http.Server
	served    chan struct{} // closed when the accept loop has ended
	transport *http.Transport
	sample    *sample
	api       *http.ServeMux

	// ctx ends when Close is called; every request's context descends from it.
	ctx    context.Context
	cancel context.CancelFunc
	// life is held for reading by each request being served, so that Close can
	// wait for all of them; closed is set under its write lock.
	life   sync.RWMutex
	closed bool

	requests  requestCount
	directory directory
	catalog   catalog
	faults    faults
	audit     audit
}

// Start listens and serves a new workspace until Close.
func Start(opts Options) (*Workspace, error) {
	addr := opts.Addr
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	listener, err := listenLoopback(addr)
	if err != nil {
		return nil, err
	}
	w := &Workspace{
		url:      "http://" + listener.Addr().String(),
		byParent: opts.ServicesByParent,
		tokenTTL: opts.TokenTTL,
		served:   make(chan struct{}),
		transport: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: time.Minute}).DialContext,
			MaxIdleConnsPerHost: 512,
			IdleConnTimeout:     30 * time.Second,
			DisableCompression:  true,
			WriteBufferSize:     64 << 10,
			ReadBufferSize:      64 << 10,
		},
	}
	if w.tokenTTL <= 0 {
		w.tokenTTL = time.Hour
	}
	w.catalog.host = w.url
	w.ctx, w.cancel = context.WithCancel(context.Background())
	if w.directory.key, err = newTokenKey(w.url + "/oidc"); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	w.AddOAuthApp(OAuthApp{ClientID: "databricks-cli"})
	w.sample = newSample(w.ctx)
	if opts.Changing {
		w.sample.addWeather(0)
	}
	w.api = restAPI{w}.handler()
	if !opts.Empty {
		w.seed()
	}
	w.server = &http.Server{
		Handler:           http.HandlerFunc(w.serve),
		BaseContext:       func(net.Listener) context.Context { return w.ctx },
		ReadHeaderTimeout: 30 * time.Second,
	}
	go func() {
		defer close(w.served)
		_ = w.server.Serve(listener) // always http.ErrServerClosed, by Close
	}()
	return w, nil
}

// listenLoopback listens on addr if, and only if, that is a loopback address.
func listenLoopback(addr string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("reading listen address %q: %w", addr, err)
	}
	if ip, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("listening on %q: only loopback addresses are served", addr)
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listening on %q: %w", addr, err)
	}
	return listener, nil
}

// seed fills the workspace with what the demo shows: ada may use everything, bob
// lacks USE CONNECTION on github, and nobody has signed in to the per-user
// connection yet.
func (w *Workspace) seed() {
	w.AddUser(User{Name: "ada@example.com", PAT: "dapi-demo-ada"})
	w.AddUser(User{Name: "bob@example.com", PAT: "dapi-demo-bob"})
	w.AddServicePrincipal(ServicePrincipal{ClientID: "demo-client", Secret: "demo-secret"})
	w.AddOAuthApp(OAuthApp{ClientID: "demo-app"})
	w.AddConnection(Connection{
		Name: "github", Bearer: "gh-demo-credential", MCP: true,
		Users: []string{"ada@example.com", "demo-client"},
	})
	w.AddConnection(Connection{
		Name: "github_u2m_connection", Bearer: "gh-demo-credential", MCP: true,
		CredentialType: perUserCredential,
	})
	w.AddService(Service{Name: "system.ai.github", Connection: "github"})
}

// URL returns the workspace's address, such as "http://127.0.0.1:40123".
func (w *Workspace) URL() string { return w.url }

// ID returns the workspace id, the number in "?o=" of Databricks' links.
func (w *Workspace) ID() string { return workspaceID }

// Executions returns how often the sample server has begun to run the named
// tool, whoever asked and whether or not the answer arrived.
func (w *Workspace) Executions(tool string) int { return w.sample.executions(tool) }

// Close stops listening, cuts every connection, cancels every call the sample
// server is running and returns when all goroutines have ended. Further calls do
// nothing.
func (w *Workspace) Close() error {
	err := w.server.Close() // before cancel, so that no cancelled call gets to answer
	w.cancel()
	<-w.served
	w.life.Lock()
	w.closed = true
	w.life.Unlock()
	w.transport.CloseIdleConnections()
	if err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("closing the workspace: %w", err)
	}
	return nil
}
