package databricks

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"ucbridge/bridge/refusal"
)

// callers signs each request with the token of the caller for whom it is made,
// and with nothing else: there is no credential to fall back to, and no token is
// kept beyond the request that brought it. It is safe for concurrent use.
type callers struct{ who *identity }

type tokenKey struct{}

// WithToken returns a context whose requests are signed with a caller's own
// token, on a Transport of Options.OnBehalf.
func WithToken(ctx context.Context, token string) context.Context {
	return context.WithValue(ctx, tokenKey{}, token)
}

// onBehalf is the authentication of callers in user agents and refusals.
const onBehalf = "on-behalf-of"

// newCallers reads the workspace off the flag or DATABRICKS_HOST. A host that a
// caller could name is no source: it would be sent the caller's token.
func newCallers(o Options) (*callers, error) {
	if o.Profile != "" {
		return nil, errors.New("--profile has no meaning where each caller brings a token: give the workspace by DATABRICKS_HOST")
	}
	base, err := callersHost(o.Host, os.Getenv("DATABRICKS_HOST"))
	if err != nil {
		return nil, err
	}
	return &callers{&identity{
		base: base, authType: onBehalf,
		workspaceID: os.Getenv("DATABRICKS_WORKSPACE_ID"), userAgent: userAgent(onBehalf),
	}}, nil
}

func callersHost(flag, env string) (*url.URL, error) {
	var hosts []*url.URL
	for _, given := range []struct{ name, host string }{{"--host", flag}, {"DATABRICKS_HOST", env}} {
		if given.host == "" {
			continue
		}
		host, err := parseHost(given.host)
		if err != nil {
			return nil, fmt.Errorf("%s %q: %w", given.name, given.host, err)
		}
		hosts = append(hosts, host)
	}
	switch {
	case len(hosts) == 0:
		return nil, errors.New("no workspace: set DATABRICKS_HOST")
	case len(hosts) == 2 && origin(hosts[0]) != origin(hosts[1]):
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

func (c *callers) sign(ctx context.Context) (signature, error) {
	token, _ := ctx.Value(tokenKey{}).(string)
	if token == "" {
		return signature{}, NoToken()
	}
	return signature{identity: c.who, header: http.Header{"Authorization": {"Bearer " + token}}}, nil
}
