package auth

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/databricks/databricks-sdk-go/config"

	"ucbridge/bridge/databricks/network"
	"ucbridge/bridge/databricks/origin"
)

const (
	// MetadataPath is where a host describes itself, to everybody (SDK,
	// config/host_metadata.go).
	MetadataPath = "/.well-known/databricks-config"
	// metadataTimeout bounds the probe of MetadataPath.
	metadataTimeout = 3 * time.Second
	// tokenTimeoutSeconds bounds the SDK's own attempts at a token endpoint.
	tokenTimeoutSeconds = 10
)

// login is one configuration, from its resolution on. Whoever holds the turn may
// use cfg; a login that failed stays failed.
type login struct {
	credentials *Credentials
	turn        chan struct{}             // holds a token while somebody uses the fields below
	begun       atomic.Pointer[time.Time] // when the turn in progress, or the last one, began
	cfg         *config.Config
	chain       *chain
	cli         *cliTokens
	programs    *programs
	err         error

	told    *resolution   // set once, before settled is closed
	settled chan struct{} // closed when the configuration is resolved

	endpoints endpointCache
	described *config.HostMetadata // as the host told it just now, nil if it did not
	who       *Identity            // nil until the first success
	// atHand is set, for good, once the SDK has signed with a personal access
	// token: all later requests are signed in the same way.
	atHand atomic.Pointer[Signature]

	// end ends what runs for the login, with the reason.
	end       context.CancelCauseFunc
	offline   atomic.Pointer[error]         // of the metadata probe, where it says that the host cannot be reached
	silent    atomic.Pointer[string]        // the host, where it did not answer the metadata probe in time
	workspace atomic.Pointer[string]        // workspace id by the host's own word
	probing   atomic.Pointer[chan struct{}] // closed when the metadata probe that nobody waited for is over
	tokens    *tokenTransport
}

func newLogin(c *Credentials) *login {
	ctx, end := context.WithCancelCause(c.ctx)
	l := &login{
		credentials: c, turn: make(chan struct{}, 1), settled: make(chan struct{}), cfg: c.opts.Config(), end: end,
		programs: &programs{ctx: ctx, running: &c.running},
		tokens:   &tokenTransport{base: c.opts.Network},
	}
	if !c.distrustful {
		l.endpoints.dir = c.opts.CacheDir
	}
	l.tokens.host = func() string { return l.cfg.Host }
	l.cli = &cliTokens{programs: l.programs, refused: c.refused}
	l.chain = newChain(l.cli, &azureCLI{programs: l.programs, folders: c.folders, network: c.opts.Network}, l.tokens)
	given := l.cfg.Credentials != nil
	if !given {
		l.cfg.Credentials = l.chain
	}
	l.cfg.Loaders = append(loaders(l.cfg.Profile != ""), guard{host: l.cfg.Host, profile: l.cfg.Profile != "", open: given}, cliFinder{c.folders})
	l.cfg.HTTPTransport = l.tokens
	l.cfg.HTTPTimeoutSeconds = tokenTimeoutSeconds
	l.cfg.RetryTimeoutSeconds = tokenTimeoutSeconds
	l.cfg.HostMetadataResolver = l.resolveMetadata
	return l
}

// sign resolves the configuration if that has not been done, and signs.
func (l *login) sign() (Signature, error) {
	if l.err != nil {
		return Signature{}, l.err
	}
	header := http.Header{}
	if l.err = l.authenticate(header); l.err != nil {
		return Signature{}, l.err
	}
	return Signature{l.who, header}, nil
}

func (l *login) authenticate(header http.Header) error {
	if err := l.resolve(); err != nil {
		return l.configError(err)
	}
	if l.cfg.Host == "" && l.cfg.AzureResourceID == "" {
		return l.noHost()
	}
	if offline := l.offline.Load(); offline != nil {
		return fmt.Errorf("%w: %w", Unreachable(l.cfg.Host, *offline), *offline)
	}
	if l.who == nil && l.cfg.Token == "" { // a token has to be fetched
		defer queue(l.credentials.opts.CacheDir, l.cfg.Profile, l.cfg.Host)()
	}
	if err := l.cfg.Authenticate(&http.Request{Header: header}); err != nil {
		return l.authError(err)
	}
	if unfit(header) {
		return l.unfitSecret()
	}
	if l.who != nil {
		return nil
	}
	base, err := origin.Parse(l.cfg.Host)
	if err != nil {
		return unusableHost(l.cfg, err)
	}
	l.who = &Identity{
		Base: base, Profile: l.cfg.Profile, AuthType: l.cfg.AuthType,
		WorkspaceID: l.cfg.WorkspaceID, UserAgent: userAgent(l.cfg.AuthType), login: l, from: placesOf(l.cfg),
	}
	l.credentials.last.Store(l.who)
	l.rememberEndpoints()
	if l.cfg.AuthType == "pat" {
		l.atHand.Store(&Signature{l.who, header.Clone()})
	}
	l.credentials.opts.Log.Debug("signed in", "host", base.Host, "auth", l.cfg.AuthType, "profile", l.cfg.Profile)
	return nil
}

// resolveMetadata answers the SDK's question for /.well-known/databricks-config.
// The SDK's own probe repeats for minutes where there is no network. A personal
// access token and the Databricks CLI need nothing of it: for them it runs aside,
// opens the connection that the first message will use, and teaches the workspace
// id that sign-in links carry. A host that cannot be reached ends a run of the
// CLI, which would try it for ten minutes.
func (l *login) resolveMetadata(_ context.Context, host string) (*config.HostMetadata, error) {
	ctx, cancel := context.WithTimeout(context.Background(), metadataTimeout)
	token := l.cfg.Token != "" && (l.cfg.AuthType == "" || l.cfg.AuthType == "pat")
	if token || l.cfg.AuthType == cliAuth {
		over := make(chan struct{})
		l.probing.Store(&over)
		go func() {
			defer close(over)
			defer cancel()
			l.probe(ctx, host)
		}()
		return nil, nil
	}
	defer cancel()
	if known := l.endpoints.recall(host); known != nil {
		l.tokens.recalled.Store(known)
		l.workspace.Store(&known.Described.WorkspaceID)
		return known.Described, nil
	}
	meta, err := l.probe(ctx, host)
	if err == nil {
		told := *meta // the SDK may change its own
		l.described = &told
	}
	return meta, err
}

// rememberEndpoints keeps for later processes what has led to credentials, as far as it
// was not known.
func (l *login) rememberEndpoints() {
	known := endpoints{Found: time.Now(), Host: l.cfg.CanonicalHostName(), Described: l.described}
	found, recalled := l.tokens.discovered.Load(), l.tokens.recalled.Load()
	if found != nil {
		known.Discovery, known.Token = found.at, found.token
	}
	if recalled != nil && found != nil {
		known.Described = recalled.Described
	}
	if known.Described == nil {
		return // nothing that is new
	}
	if err := (endpointCache{l.credentials.opts.CacheDir}).remember(&known); err != nil {
		l.credentials.opts.Log.Debug("later starts ask the host again where to sign in", "error", err)
	}
}

// probe asks the host for its description, and notes whether it can be reached.
func (l *login) probe(ctx context.Context, host string) (*config.HostMetadata, error) {
	meta, err := l.fetchMetadata(ctx, host)
	switch {
	case network.NeverSent(err):
		l.offline.Store(&err)
		l.end(err)
	case ctx.Err() != nil:
		l.silent.Store(&host)
	}
	return meta, err
}

func (l *login) fetchMetadata(ctx context.Context, host string) (*config.HostMetadata, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, host+MetadataPath, nil)
	if err != nil {
		return nil, err
	}
	resp, err := l.credentials.opts.Network.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer network.Drop(resp)
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("reading host metadata: HTTP %d", resp.StatusCode)
	}
	var meta config.HostMetadata
	if err := json.NewDecoder(io.LimitReader(resp.Body, 64<<10)).Decode(&meta); err != nil {
		return nil, fmt.Errorf("reading host metadata: %w", err)
	}
	// The host's own word must not decide which cloud's credentials it is sent:
	// the SDK tells the cloud by the host's name then.
	meta.Cloud = ""
	l.workspace.Store(&meta.WorkspaceID)
	return &meta, nil
}

// expiry returns until when the token is good, the zero time where nobody says.
func (l *login) expiry(ctx context.Context) (time.Time, error) {
	select {
	case l.turn <- struct{}{}:
	case <-ctx.Done():
		return time.Time{}, ctx.Err()
	}
	found := make(chan time.Time, 1)
	go func() { // the SDK may ask a program or a token endpoint again
		defer func() { <-l.turn }()
		token, err := l.cfg.GetTokenSource().Token(context.WithoutCancel(ctx))
		if err != nil { // of a kind that has none
			found <- time.Time{}
			return
		}
		found <- token.Expiry
	}()
	select {
	case at := <-found:
		return at, nil
	case <-ctx.Done():
		return time.Time{}, ctx.Err()
	}
}

// likely is the authentication that the configuration seems to be meant for: the
// one whose secrets it holds, else the Databricks CLI, which needs none.
func likely(cfg *config.Config) string {
	switch {
	case cfg.AuthType != "":
		return cfg.AuthType
	case cfg.Token != "":
		return "pat"
	case cfg.Username != "" && cfg.Password != "":
		return "basic"
	case cfg.ClientID != "" && cfg.ClientSecret != "":
		return "oauth-m2m"
	case cfg.AzureClientSecret != "":
		return "azure-client-secret"
	case cfg.AzureUseMSI:
		return "azure-msi"
	case cfg.GoogleCredentials != "":
		return "google-credentials"
	case cfg.GoogleServiceAccount != "":
		return "google-id"
	case cfg.MetadataServiceURL != "":
		return "metadata-service"
	}
	return cliAuth
}
