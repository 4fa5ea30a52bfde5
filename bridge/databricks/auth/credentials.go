// Package auth signs requests to a Databricks workspace with the credentials that
// the Databricks SDK finds in flags, environment and ~/.databrickscfg, or with
// the token of the caller on whose behalf a request is made. It guards where
// credentials may be sent, and words what goes wrong with them. [Credentials] and
// [OnBehalfOf] are the two kinds of [Signer].
//
// No tokens are kept beyond the process: the SDK and the Databricks CLI hold them.
package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/databricks/databricks-sdk-go/config"

	"ucbridge/bridge/lazyregexp"
	"ucbridge/bridge/refusal"
)

const (
	// signTimeout is how long a request waits for credentials: longer than a
	// browserless sign-in takes, shorter than AI clients wait for a start.
	signTimeout = 30 * time.Second
	// stuckTimeout is when an attempt that still runs is given up for the requests
	// to come. Until then it is waited for: it may be a keychain's question that
	// its user has not answered yet.
	stuckTimeout = 2 * time.Minute
)

// Signer signs requests. Its implementations are safe for concurrent use.
type Signer interface {
	// Sign returns the headers that authorize one request made under ctx. The
	// error is a [*refusal.Error], which holds that of ctx where ctx has ended.
	Sign(ctx context.Context) (Signature, error)
	// Last is who signed last, nil before the first signature.
	Last() *Identity
}

// Signature is a signed request's part: who signs, and the headers to send, which
// nobody may change.
type Signature struct {
	*Identity
	Header http.Header
}

// Identity is what a login found out. It does not change, except for the
// workspace id that the host tells.
type Identity struct {
	Base        *url.URL // of the workspace: scheme and host
	Profile     string   // in ~/.databrickscfg, "" for none
	AuthType    string   // in the SDK's words: "pat", "databricks-cli"
	WorkspaceID string   // as configured; goes into a header
	UserAgent   string
	login       *login // nil on behalf of callers
	from        places // of what signs
}

// Renew drops the credentials of this identity, which were refused: the next
// request signs with new ones. It reports false where there is nothing to renew,
// a caller's token being the caller's.
func (id *Identity) Renew() bool {
	if id.login == nil {
		return false
	}
	c, l := id.login.credentials, id.login
	c.mu.Lock()
	if refused := l.cli.current(); refused != "" && c.login == l {
		c.refused = refused
	}
	c.mu.Unlock()
	c.distrust(l)
	c.renew(l)
	return true
}

// plainID is a workspace id that may stand in a link.
var plainID = lazyregexp.New(`^[0-9A-Za-z-]{1,64}$`)

// LearnWorkspace takes the workspace's id by the host's own word, for links. What
// cannot be one is ignored.
func (id *Identity) LearnWorkspace(workspace string) {
	if id.login != nil && plainID.MatchString(workspace) {
		id.login.workspace.Store(&workspace)
	}
}

// linkPatience is how long a link waits for the workspace id.
const linkPatience = time.Second

// WorkspaceForLink is the workspace id for links, "" where it is not known. While the host
// is being asked for it this waits, but not long.
func (id *Identity) WorkspaceForLink() string {
	if id.login == nil || id.KnownWorkspace() != "" {
		return id.KnownWorkspace()
	}
	if probing := id.login.probing.Load(); probing != nil {
		select {
		case <-*probing:
		case <-time.After(linkPatience):
		}
	}
	return id.KnownWorkspace()
}

// KnownWorkspace is the workspace id, "" where it is not known.
func (id *Identity) KnownWorkspace() string {
	ws := id.WorkspaceID
	if ws == "" && id.login != nil {
		if learned := id.login.workspace.Load(); learned != nil {
			ws = *learned
		}
	}
	if !plainID.MatchString(ws) {
		return ""
	}
	return ws
}

// Options say whose credentials sign.
type Options struct {
	// Config returns a fresh configuration with what was given by flag; the SDK
	// adds environment and file.
	Config func() *config.Config
	// Network carries the requests for tokens.
	Network http.RoundTripper
	// CacheDir is where processes queue to sign in, "" for nowhere.
	CacheDir string
	// Version is that of ucbridge, for the user agent: semantic, without v.
	Version string
	// Log must not be nil.
	Log *slog.Logger
}

// Credentials signs requests with the Databricks SDK. It holds one login at a
// time and begins anew when that one failed or was refused, so that what the
// user repaired meanwhile, by signing in or by editing a profile, is seen by the
// next request. It is safe for concurrent use.
type Credentials struct {
	opts    Options
	folders []string // where the Databricks CLI and the Azure CLI are looked for besides PATH

	ctx context.Context // ends with Close
	end context.CancelFunc
	// running is held for reading by each run of a program.
	running sync.RWMutex

	mu      sync.Mutex
	login   *login
	refused string // the CLI's token that Databricks refused last
	// distrustful says that what was remembered of the host has failed, and is not
	// recalled again.
	distrustful bool

	last atomic.Pointer[Identity] // the last that signed, nil before the first
}

// New returns credentials that nothing has been read of yet.
func New(o Options) *Credentials {
	nameProduct(o.Version)
	adoptSDKLog(o.Log)
	c := &Credentials{opts: o, folders: cliFolders()}
	c.ctx, c.end = context.WithCancel(context.Background())
	return c
}

// Close ends what runs to get a token, such as the Databricks CLI, and returns when
// it has ended. Nothing can be signed any more that needs a new one.
func (c *Credentials) Close() {
	c.end()
	c.running.Lock()
	defer c.running.Unlock()
}

// Last implements [Signer].
func (c *Credentials) Last() *Identity { return c.last.Load() }

// current returns the login in use, a new one if there is none.
func (c *Credentials) current() *login {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.login == nil {
		c.login = newLogin(c)
	}
	return c.login
}

// renew drops a login that failed or was refused. Of many callers with the same
// one, only the first has an effect: the others find its successor.
func (c *Credentials) renew(old *login) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.login == old {
		c.login = nil
		old.end(nil)
	}
}

// distrust forgets what was remembered of the host that l signs in to, where l has gone
// by it, and reports whether it has.
func (c *Credentials) distrust(l *login) bool {
	known := l.tokens.recalled.Load()
	if known == nil {
		return false
	}
	endpointCache{c.opts.CacheDir}.forget(known.Host)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.distrustful = true
	return true
}

// Sign implements [Signer]. The SDK's calls take no context and may hang, in a
// child process or at a token endpoint; Sign returns when ctx is done or
// signTimeout has passed, whatever they do.
func (c *Credentials) Sign(ctx context.Context) (Signature, error) {
	l := c.current()
	if at := l.atHand.Load(); at != nil {
		return *at, nil
	}
	began := time.Now()
	timed, cancel := context.WithTimeoutCause(ctx, signTimeout, errSignTimeout)
	defer cancel()
	select {
	case l.turn <- struct{}{}:
	case <-timed.Done():
		return Signature{}, c.late(timed, l, began)
	}
	type result struct {
		signature Signature
		again     bool
		err       error
	}
	done := make(chan result, 1)
	go func() {
		defer func() { <-l.turn }()
		l.begun.Store(new(time.Now()))
		s, err := l.sign()
		again := err != nil && c.distrust(l)
		if err != nil {
			c.renew(l)
		}
		done <- result{s, again, err}
	}()
	select {
	case r := <-done:
		if r.again { // by what the host tells now: nothing is recalled any more
			return c.Sign(ctx)
		}
		return r.signature, r.err
	case <-timed.Done():
		return Signature{}, c.late(timed, l, began)
	}
}

// errSignTimeout is why a wait for credentials ended that took signTimeout.
var errSignTimeout = errors.New("no credentials in time")

// late words a wait that has ended before there were credentials, and gives l up
// if it is stuck. The error is also that of the request's own context, where that
// has ended: what kept the request is its cause.
func (c *Credentials) late(ctx context.Context, l *login, began time.Time) error {
	if begun := l.begun.Load(); begun != nil && time.Since(*begun) > stuckTimeout {
		c.renew(l)
	}
	e := l.keptBy(time.Since(began))
	if errors.Is(context.Cause(ctx), errSignTimeout) {
		return e
	}
	return fmt.Errorf("%w: %w", e, ctx.Err())
}

// keptBy says what the login has been waiting for, for so long.
func (l *login) keptBy(waited time.Duration) *refusal.Error {
	if host := l.silent.Load(); host != nil {
		return Unreachable(*host, context.DeadlineExceeded)
	}
	if command := l.programs.waiting.Load(); command != nil {
		return programSilent(*command, waited)
	}
	if last := l.tokens.last.Load(); last != nil && !last.works() && !last.refusesCredentials() {
		return signInDown(last.status)
	}
	e := refusal.New(refusal.NotAuthenticated, "Databricks credentials did not come within %d seconds.", int(waited.Seconds())).
		WithHint("check whether a sign-in or keychain window is waiting for an answer, then try again")
	e.Data.Retryable = true
	return e
}

// Expiry signs in, unless that is done, and returns until when the token is
// good: the zero time where the credentials do not say it, as personal access
// tokens do not. Errors are those of Sign.
func (c *Credentials) Expiry(ctx context.Context) (time.Time, error) {
	who, err := c.Sign(ctx)
	if err != nil || who.AuthType == "pat" {
		return time.Time{}, err
	}
	return who.login.expiry(ctx)
}
