package oauth

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"ucbridge/bridge/refusal"
)

// Provider is a corporate identity provider, whose tokens a Databricks account takes by
// a federation policy. Each is exchanged for a Databricks token of its owner (RFC 8693;
// "Authenticate with an identity provider token"), which is kept for that one token until
// shortly before either ends. Make one with NewProvider; it is safe for concurrent use.
type Provider struct {
	issuer, audience string
	workspace        *Workspace
	client           *http.Client // adds no credentials
	key              []byte       // of the hashes of tokens

	turn     chan struct{} // holds one: who asks the provider, or reads what follows
	known    *Metadata
	verifier *oidc.IDTokenVerifier
	expiry   time.Time

	mu        sync.Mutex
	exchanged map[[sha256.Size]byte]*exchanged
}

// exchanged is the Databricks token for a bearer token. What follows done may be read
// once that is closed.
type exchanged struct {
	done    chan struct{}
	token   string
	expires time.Time
	refused *refusal.Error
}

const (
	// exchangeEarly is how long before its end a token is not used any more.
	exchangeEarly = time.Minute
	// maxExchanged is how many tokens are kept.
	maxExchanged = 10_000
)

// NewProvider returns the identity provider of an issuer, whose tokens for the audience
// are exchanged at the workspace.
func NewProvider(issuer, audience string, w *Workspace, client *http.Client) *Provider {
	key := make([]byte, sha256.Size)
	_, _ = rand.Read(key) // never fails
	return &Provider{issuer: issuer, audience: audience, workspace: w, client: client, key: key,
		turn: make(chan struct{}, 1), exchanged: make(map[[sha256.Size]byte]*exchanged)}
}

// Issuer implements [Server].
func (p *Provider) Issuer() string { return p.issuer }

// Metadata implements [Server].
func (p *Provider) Metadata(ctx context.Context) (*Metadata, error) {
	m, _, err := p.discover(ctx)
	return m, err
}

// discover returns what the provider tells of itself, and what verifies its tokens, by
// keys that are fetched when one is met that is not known. What it told before holds
// while it does not answer.
func (p *Provider) discover(ctx context.Context) (*Metadata, *oidc.IDTokenVerifier, error) {
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
	if p.known != nil && time.Now().Before(p.expiry) {
		return p.known, p.verifier, nil
	}
	// The keys are fetched later too, by a client that has limits of its own.
	lasting := oidc.ClientContext(context.WithoutCancel(ctx), p.client)
	timed, cancel := context.WithTimeout(lasting, metadataTimeout)
	defer cancel()
	found, err := oidc.NewProvider(timed, p.issuer)
	m := &Metadata{}
	if err == nil {
		err = errors.Join(found.Claims(m), found.Claims(&m.document))
	}
	switch {
	case err == nil:
		p.known, p.expiry = m, time.Now().Add(metadataTTL)
		p.verifier = found.VerifierContext(lasting, &oidc.Config{ClientID: p.audience})
	case p.known != nil:
		p.expiry = time.Now().Add(retryAfter)
	default:
		return nil, nil, fmt.Errorf("reading the metadata of %s: %w", p.issuer, err)
	}
	return p.known, p.verifier, nil
}

// Token implements [Server].
func (p *Provider) Token(ctx context.Context, bearer string) (string, *refusal.Error) {
	c, ok := readClaims(bearer)
	switch {
	case !ok:
		return "", refused("The bearer token is no token of %s.", p.issuer).WithHint("sign in to %s", p.issuer)
	case c.expired(time.Now()):
		return "", refused("The token expired at %s.", c.expires().UTC().Format(time.RFC3339)).WithHint("sign in to %s again", p.issuer)
	case c.Issuer != p.issuer:
		return "", refused("The token was issued by %s, and this gateway takes those of %s.", refusal.Quote(c.Issuer), p.issuer).WithHint("sign in to %s", p.issuer)
	case !slices.Contains(c.Audience, p.audience):
		return "", refused("The token is for %s, and not for %s.", c.Audience, p.audience).WithHint("sign in to %s for that audience", p.issuer)
	}
	id := p.id(bearer)
	p.mu.Lock()
	one := p.exchanged[id]
	if one == nil || one.isOver(time.Now()) {
		one = &exchanged{done: make(chan struct{})}
		p.keep(id, one)
		// The exchange outlives the request that asked first: others wait for it.
		go p.exchange(context.WithoutCancel(ctx), id, one, bearer, c.expires())
	}
	p.mu.Unlock()
	select {
	case <-one.done:
		return one.token, one.refused
	case <-ctx.Done():
		return "", refused("The caller did not wait for the token.")
	}
}

// Forget implements [Server]: the next request has the token exchanged again.
func (p *Provider) Forget(bearer string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.exchanged, p.id(bearer))
}

// id is what is kept of a bearer token.
func (p *Provider) id(bearer string) (id [sha256.Size]byte) {
	mac := hmac.New(sha256.New, p.key)
	mac.Write([]byte(bearer))
	mac.Sum(id[:0])
	return id
}

// isOver reports whether the token is not to be used any more.
func (e *exchanged) isOver(now time.Time) bool {
	select {
	case <-e.done:
		return !now.Before(e.expires)
	default:
		return false
	}
}

// keep is called with the lock held. Of too many, those that are over go, and any one
// if there are none.
func (p *Provider) keep(id [sha256.Size]byte, one *exchanged) {
	now := time.Now()
	for old, other := range p.exchanged {
		if len(p.exchanged) < maxExchanged {
			break
		}
		if other.isOver(now) {
			delete(p.exchanged, old)
		}
	}
	for old := range p.exchanged {
		if len(p.exchanged) < maxExchanged {
			break
		}
		delete(p.exchanged, old)
	}
	p.exchanged[id] = one
}

// exchange verifies a bearer token, which ends at a time, and exchanges it. A refusal is
// not kept.
func (p *Provider) exchange(ctx context.Context, id [sha256.Size]byte, one *exchanged, bearer string, ends time.Time) {
	defer close(one.done)
	ctx, cancel := context.WithTimeout(ctx, metadataTimeout)
	defer cancel()
	if one.refused = p.verify(ctx, bearer); one.refused == nil {
		one.token, one.expires, one.refused = p.fetch(ctx, bearer)
	}
	if !ends.IsZero() && ends.Before(one.expires) {
		one.expires = ends
	}
	one.expires = one.expires.Add(-exchangeEarly)
	if one.refused != nil {
		p.mu.Lock()
		if p.exchanged[id] == one {
			delete(p.exchanged, id)
		}
		p.mu.Unlock()
	}
}

func (p *Provider) verify(ctx context.Context, bearer string) *refusal.Error {
	_, verifier, err := p.discover(ctx)
	if err != nil {
		e := refusal.New(refusal.SignInUnavailable, "The identity provider %s does not answer.", p.issuer)
		e.Data.Detail = refusal.Quote(err.Error())
		return e
	}
	if _, err := verifier.Verify(ctx, bearer); err != nil {
		e := refused("The token is not one that %s has signed.", p.issuer).WithHint("sign in to %s", p.issuer)
		e.Data.Detail = refusal.Quote(err.Error())
		return e
	}
	return nil
}

// fetch asks the workspace for its own token in exchange.
func (p *Provider) fetch(ctx context.Context, bearer string) (string, time.Time, *refusal.Error) {
	m, err := p.workspace.Metadata(ctx)
	if err != nil {
		e := refusal.New(refusal.SignInUnavailable, "The workspace does not say where tokens are exchanged.")
		e.Data.Detail = refusal.Quote(err.Error())
		return "", time.Time{}, e
	}
	exchange := clientcredentials.Config{
		TokenURL: m.Token, Scopes: []string{"all-apis"}, AuthStyle: oauth2.AuthStyleInParams,
		EndpointParams: url.Values{
			"grant_type":         {"urn:ietf:params:oauth:grant-type:token-exchange"},
			"subject_token":      {bearer},
			"subject_token_type": {"urn:ietf:params:oauth:token-type:jwt"},
		},
	}
	got, err := exchange.Token(context.WithValue(ctx, oauth2.HTTPClient, p.client))
	if said, ok := errors.AsType[*oauth2.RetrieveError](err); ok && said.Response.StatusCode < http.StatusInternalServerError {
		e := refused("Databricks takes no token of %s for you.", p.issuer).
			WithHint("ask an account admin whether the federation policy has this issuer and audience, and whether you are a user of the account")
		e.Data.Detail = refusal.Quote(said.ErrorCode + " " + said.ErrorDescription)
		return "", time.Time{}, e
	}
	if err != nil {
		return "", time.Time{}, refusal.New(refusal.SignInUnavailable, "Databricks does not exchange tokens right now.")
	}
	expires := got.Expiry
	if expires.IsZero() {
		expires = time.Now().Add(2 * exchangeEarly)
	}
	return got.AccessToken, expires, nil
}
