package databricks

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
	"ucbridge/bridge/refusal"

	"github.com/databricks/databricks-sdk-go/config"
)

const (
	// signWait is how long a request waits for credentials: longer than a
	// browserless sign-in takes, shorter than AI clients wait for a start.
	signWait = 30 * time.Second
	// stuckAfter is when an attempt that still runs is given up for the requests
	// to come. Until then it is waited for: it may be a keychain's question that
	// its user has not answered yet.
	stuckAfter = 2 * time.Minute
	// metadataPath is where a host describes itself, to everybody (SDK,
	// config/host_metadata.go).
	metadataPath = "/.well-known/databricks-config"
	// metadataWait bounds the probe of metadataPath.
	metadataWait = 3 * time.Second
	// tokenSeconds bounds the SDK's own attempts at a token endpoint.
	tokenSeconds = 10
)

// credentials signs requests with the Databricks SDK. It holds one login at a
// time and begins anew when that one failed or was refused, so that what the
// user repaired meanwhile, by signing in or by editing a profile, is seen by the
// next request. It is safe for concurrent use.
type credentials struct {
	transport http.RoundTripper
	log       *slog.Logger
	cacheDir  string // where processes queue to sign in, "" for nowhere
	// configure returns a fresh configuration with what was given by flag; the
	// SDK adds environment and file.
	configure func() *config.Config
	// guards run after the SDK's own loaders.
	guards []config.Loader

	mu    sync.Mutex
	login *login

	last atomic.Pointer[identity] // the last that signed, nil before the first
}

// current returns the login in use, a new one if there is none.
func (c *credentials) current() *login {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.login == nil {
		c.login = newLogin(c)
	}
	return c.login
}

// renew drops a login that failed or was refused. Of many callers with the same
// one, only the first has an effect: the others find its successor.
func (c *credentials) renew(old *login) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.login == old {
		c.login = nil
	}
}

// signature is a signed request's part: who signs, and the headers to send.
type signature struct {
	*identity
	header http.Header
}

// sign returns the headers that authorize one request. The SDK's calls take no
// context and may hang, in a child process or at a token endpoint; sign returns
// when ctx is done or signWait has passed, whatever they do. Errors are a
// *refusal.Error or that of ctx.
func (c *credentials) sign(ctx context.Context) (signature, error) {
	l := c.current()
	if l.atHand.Load() {
		header := http.Header{}
		if err := l.cfg.Authenticate(&http.Request{Header: header}); err == nil {
			return signature{identity: l.who, header: header}, nil
		}
	}
	wait := time.NewTimer(signWait)
	defer wait.Stop()
	select {
	case l.turn <- struct{}{}:
	case <-ctx.Done():
		return signature{}, ctx.Err()
	case <-wait.C:
		return signature{}, c.late(l)
	}
	type result struct {
		signature
		err error
	}
	done := make(chan result, 1)
	go func() {
		defer func() { <-l.turn }()
		l.begun.Store(new(time.Now()))
		s, err := l.sign()
		if err != nil {
			c.renew(l)
		}
		done <- result{s, err}
	}()
	select {
	case r := <-done:
		return r.signature, r.err
	case <-ctx.Done():
		return signature{}, ctx.Err()
	case <-wait.C:
		return signature{}, c.late(l)
	}
}

// late words a wait that was too long, and gives l up if it is stuck.
func (c *credentials) late(l *login) error {
	if begun := l.begun.Load(); begun != nil && time.Since(*begun) > stuckAfter {
		c.renew(l)
	}
	if host := l.silent.Load(); host != nil {
		return reachError(*host, context.DeadlineExceeded)
	}
	e := refusal.New(refusal.NotAuthenticated, "Databricks credentials did not come within %d seconds.", int(signWait.Seconds())).
		WithHint("see whether a sign-in or keychain window waits for an answer, then try again")
	e.Data.Retryable = true
	return e
}
