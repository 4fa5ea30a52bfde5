package auth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"

	"ucbridge/bridge/databricks/origin"
	"ucbridge/bridge/refusal"
)

// OnBehalfOf signs each request with the token of the caller for whom it is made,
// and with nothing else: there is no credential to fall back to, and no token is
// kept beyond the request that brought it. It is safe for concurrent use.
type OnBehalfOf struct{ who *Identity }

type tokenKey struct{}

// WithToken returns a context whose requests are signed with a caller's own
// token, by [OnBehalfOf].
func WithToken(ctx context.Context, token string) context.Context {
	return context.WithValue(ctx, tokenKey{}, token)
}

// OnBehalf is the authentication of callers in user agents and refusals.
const OnBehalf = "on-behalf-of"

// NewOnBehalfOf reads the workspace off the flags or DATABRICKS_HOST. A host that
// a caller could name is no source: it would be sent the caller's token.
func NewOnBehalfOf(profile, host string) (*OnBehalfOf, error) {
	if profile != "" {
		return nil, errors.New("--profile is not used where each caller brings a token: set DATABRICKS_HOST or give --host")
	}
	base, err := callersHost(host, os.Getenv("DATABRICKS_HOST"))
	if err != nil {
		return nil, err
	}
	return &OnBehalfOf{&Identity{
		Base: base, AuthType: OnBehalf,
		WorkspaceID: os.Getenv("DATABRICKS_WORKSPACE_ID"), UserAgent: userAgent(OnBehalf),
	}}, nil
}

func callersHost(flag, env string) (*url.URL, error) {
	var hosts []*url.URL
	for _, given := range []struct{ name, host string }{{"--host", flag}, {"DATABRICKS_HOST", env}} {
		if given.host == "" {
			continue
		}
		host, err := origin.Parse(given.host)
		if err != nil {
			return nil, fmt.Errorf("%s %q: %w", given.name, given.host, err)
		}
		hosts = append(hosts, host)
	}
	switch {
	case len(hosts) == 0:
		return nil, refusal.New(refusal.ConfigInvalid, "No workspace is named: profiles are not used where each caller brings a token.").
			WithHint("set DATABRICKS_HOST, or add: --host https://your-workspace")
	case len(hosts) == 2 && !origin.Same(hosts[0], hosts[1]):
		return nil, fmt.Errorf("--host is %s, but DATABRICKS_HOST is %s", hosts[0].Host, hosts[1].Host)
	}
	return hosts[0], nil
}

// NoToken is the refusal of a request that brought no token of its caller.
func NoToken() *refusal.Error {
	return refusal.New(refusal.NotAuthenticated,
		"No OBO token found. Enable on-behalf-of-user authentication for this Databricks App.").
		WithHint("in the app's settings, add the scopes that the connection needs under user authorization, then sign in to the app again")
}

// Sign implements [Signer].
func (c *OnBehalfOf) Sign(ctx context.Context) (Signature, error) {
	token, _ := ctx.Value(tokenKey{}).(string)
	if token == "" {
		return Signature{}, NoToken()
	}
	return Signature{c.who, http.Header{"Authorization": {"Bearer " + token}}}, nil
}

// Last implements [Signer].
func (c *OnBehalfOf) Last() *Identity { return c.who }
