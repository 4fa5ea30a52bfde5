package oauth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"ucbridge/bridge/refusal"
	"ucbridge/bridge/tokencache"
)

// Provider is a corporate identity provider, whose tokens a Databricks account takes by
// a federation policy. Each is exchanged for a Databricks token of its owner (RFC 8693;
// "Authenticate with an identity provider token"), which is kept for that one token until
// shortly before either ends. Make one with NewProvider; it is safe for concurrent use.
type Provider struct {
	issuer, audience string
	workspace        *Workspace
	client           *http.Client // adds no credentials
	discovery        *known[discovered]
	exchanged        *tokencache.Cache[string] // the Databricks token for a bearer token
}

// discovered is what the provider tells of itself, and what verifies its tokens, by keys
// that are fetched when one is met that is not known.
type discovered struct {
	metadata *Metadata
	verifier *oidc.IDTokenVerifier
}

// exchangeEarly is how long before its end a token is not used any more.
const exchangeEarly = time.Minute

// NewProvider returns the identity provider of an issuer, whose tokens for the audience
// are exchanged at the workspace.
func NewProvider(issuer, audience string, w *Workspace, client *http.Client) *Provider {
	p := &Provider{issuer: issuer, audience: audience, workspace: w, client: client}
	p.discovery, p.exchanged = newKnown(p.discover), tokencache.New(p.exchange)
	return p
}

// Issuer implements [Server].
func (p *Provider) Issuer() string { return p.issuer }

// Metadata implements [Server].
func (p *Provider) Metadata(ctx context.Context) (*Metadata, error) {
	d, err := p.discovery.get(ctx)
	if err != nil {
		return nil, err
	}
	return d.metadata, nil
}

func (p *Provider) discover(ctx context.Context) (*discovered, error) {
	ctx = oidc.ClientContext(ctx, p.client)
	found, err := oidc.NewProvider(ctx, p.issuer)
	m := &Metadata{}
	if err == nil {
		err = errors.Join(found.Claims(m), found.Claims(&m.document))
	}
	if err != nil {
		return nil, fmt.Errorf("reading the metadata of %s: %w", p.issuer, err)
	}
	// The keys are fetched later too, by a client that has limits of its own.
	return &discovered{m, found.VerifierContext(context.WithoutCancel(ctx), &oidc.Config{ClientID: p.audience})}, nil
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
	token, err := p.exchanged.Get(ctx, bearer)
	if err == nil {
		return token, nil
	}
	if e, ok := errors.AsType[*refusal.Error](err); ok {
		return "", e
	}
	if errors.Is(err, tokencache.ErrBusy) {
		return "", refusal.New(refusal.SignInUnavailable, "Too many tokens are being exchanged at once.").WithHint("try again in a few seconds")
	}
	return "", refused("The caller did not wait for the token.")
}

// Forget implements [Server]: the next request has the token exchanged again.
func (p *Provider) Forget(bearer string) { p.exchanged.Forget(bearer) }

// exchange verifies a bearer token and exchanges it. Neither token is used to its end.
func (p *Provider) exchange(ctx context.Context, bearer string) (string, time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, metadataTimeout)
	defer cancel()
	if refused := p.verify(ctx, bearer); refused != nil {
		return "", time.Time{}, refused
	}
	token, expires, refused := p.fetch(ctx, bearer)
	if refused != nil {
		return "", time.Time{}, refused
	}
	if c, _ := readClaims(bearer); c.Expires != 0 && c.expires().Before(expires) {
		expires = c.expires()
	}
	return token, expires.Add(-exchangeEarly), nil
}

func (p *Provider) verify(ctx context.Context, bearer string) *refusal.Error {
	d, err := p.discovery.get(ctx)
	if err != nil {
		return refusal.New(refusal.SignInUnavailable, "The identity provider %s does not answer.", p.issuer).Because(err)
	}
	if _, err := d.verifier.Verify(ctx, bearer); err != nil {
		return refused("The token is not one that %s has signed.", p.issuer).WithHint("sign in to %s", p.issuer).Because(err)
	}
	return nil
}

// fetch asks the workspace for its own token in exchange.
func (p *Provider) fetch(ctx context.Context, bearer string) (string, time.Time, *refusal.Error) {
	m, err := p.workspace.Metadata(ctx)
	if err != nil {
		return "", time.Time{}, refusal.New(refusal.SignInUnavailable, "The workspace does not say where tokens are exchanged.").Because(err)
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
