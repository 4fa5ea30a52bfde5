package gateway

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"

	"ucbridge/bridge/databricks/auth"
	"ucbridge/bridge/oauth"
	"ucbridge/bridge/refusal"
)

// Caller is who sends a request.
type Caller struct {
	// Name is the user's name in the workspace, or a service principal's.
	Name string
	// Groups are those that the workspace's record of the user lists.
	Groups []string
	// owner tells callers apart who may not use each other's sessions: it is the Name, and
	// more where all callers have one Name.
	owner string
	// token signs the request, "" where the gateway's own credentials do.
	token string
}

// Sign returns the context of a request that the caller's token is for: the one that
// brought it, and what that request needs.
func (c Caller) Sign(ctx context.Context) context.Context {
	if c.token == "" {
		return ctx
	}
	return auth.WithToken(ctx, c.token)
}

// Authenticator tells who calls.
type Authenticator struct {
	// OnBehalf takes each caller's own token, which the front door of a
	// Databricks App puts into x-forwarded-access-token. Believed says that there
	// is such a front door: otherwise anybody could have set that header.
	OnBehalf, Believed bool
	// Resource takes each caller's own access token, which its client has signed in for;
	// nil takes none.
	Resource *oauth.Resource
	// Secret is what callers have to show as a bearer token, "" for nothing.
	Secret string
	// Loopback says that only this machine is meant: a name that leads here by a
	// trick of DNS is refused.
	Loopback bool
	// PublicURL is the address of the gateway as its callers see it, nil where a
	// request's Host says it: behind some proxies that is another.
	PublicURL *url.URL
	// People tells callers' names.
	People *People
}

// newSecret returns a fresh secret of 130 random bits.
func newSecret() string { return rand.Text() }

// forwardedToken is the header in which a Databricks App gets the user's token,
// where user authorization is enabled ("HTTP headers passed to Databricks Apps").
const forwardedToken = "X-Forwarded-Access-Token"

// forwardedUser is the header in which a Databricks App gets the user's id at the identity
// provider, also without user authorization (same page).
const forwardedUser = "X-Forwarded-User"

// crossOrigin refuses what a browser sends for another site's page. An App is
// entered with a cookie, which the browser would add.
var crossOrigin = http.NewCrossOriginProtection()

// admit returns who sent r. That no other site's page did is checked for GET too,
// which opens a stream here.
func (a *Authenticator) admit(r *http.Request) (Caller, *refusal.Error) {
	asPost := r
	if r.Method != http.MethodPost {
		asPost = new(*r)
		asPost.Method = http.MethodPost
	}
	if err := a.checkPlace(asPost); err != nil {
		return Caller{}, err
	}
	return a.identify(r)
}

// PageCaller returns who asks for a page, or sends a form of one. Links of other
// sites may lead to a page; their forms are refused.
func (a *Authenticator) PageCaller(r *http.Request) (Caller, *refusal.Error) {
	if err := a.checkPlace(r); err != nil {
		return Caller{}, err
	}
	return a.identify(r)
}

func (a *Authenticator) identify(r *http.Request) (Caller, *refusal.Error) {
	var c Caller
	switch {
	case a.OnBehalf:
		if c.token = r.Header.Get(forwardedToken); c.token == "" || !a.Believed {
			return Caller{}, auth.NoToken()
		}
		if len(r.Header[forwardedToken]) > 1 {
			return Caller{}, refusal.New(refusal.NotAuthenticated, "The request carries %s more than once.", forwardedToken).
				WithHint("whatever is in front of this gateway must remove the caller's own")
		}
	case a.Resource != nil:
		var refused *refusal.Error
		if c.token, refused = a.bearer(r); refused != nil {
			return Caller{}, refused
		}
	case !a.opens(r):
		return Caller{}, refusal.New(refusal.NotAuthenticated, "The request does not carry the token of this gateway.").
			WithHint("send the Authorization header that ucbridge serve printed when it started")
	}
	user, err := a.People.find(r.Context(), c)
	if err != nil {
		return Caller{}, worded(err)
	}
	c.Name, c.Groups, c.owner = user.Name, user.Groups, user.Name
	if c.token == "" && a.Believed {
		c.owner += "\x00" + strings.Join(r.Header[forwardedUser], ",")
	}
	return c, nil
}

// opens reports whether r shows the secret, if there is one.
func (a *Authenticator) opens(r *http.Request) bool {
	return a.Secret == "" || subtle.ConstantTimeCompare([]byte(bearerToken(r)), []byte(a.Secret)) == 1
}

// bearerToken is the token that r shows, "" for none. The scheme may be in capitals or not,
// with any number of spaces behind it (RFC 9110, sections 11.1 and 11.4).
func bearerToken(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimLeft(token, " ")
}

// checkPlace refuses requests, other than GET and HEAD, that a web page of another
// site made.
func (a *Authenticator) checkPlace(r *http.Request) *refusal.Error {
	if a.Loopback && !isLoopback(r.Host) && !a.isPublic(r.Host) {
		return refusal.New(refusal.OriginRefused, "The request is addressed to %s, and this gateway serves its own machine only.", refusal.Quote(r.Host)).
			WithHint("address it as 127.0.0.1 or localhost")
	}
	if err := crossOrigin.Check(r); err != nil && !a.isOwnOrigin(r) {
		return refusal.New(refusal.OriginRefused, "The request comes from a web page of another origin.").
			WithHint("connect with an MCP client instead of a web page")
	}
	return nil
}

// isPublic reports whether a Host header names the gateway's public address.
func (a *Authenticator) isPublic(host string) bool {
	return a.PublicURL != nil && strings.EqualFold(host, a.PublicURL.Host)
}

// isOwnOrigin reports whether a page of the gateway's own made r, as its public address
// has it. A browser that says that the page is another site's is believed.
func (a *Authenticator) isOwnOrigin(r *http.Request) bool {
	return a.PublicURL != nil && r.Header.Get("Sec-Fetch-Site") == "" && strings.EqualFold(r.Header.Get("Origin"), a.PublicURL.Scheme+"://"+a.PublicURL.Host)
}

// isLoopback reports whether a Host header names this machine.
func isLoopback(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	ip := net.ParseIP(strings.Trim(name, "[]"))
	return strings.EqualFold(name, "localhost") || ip != nil && ip.IsLoopback()
}

// worded finds the words in an error of the transport, and has some for any other.
func worded(err error) *refusal.Error {
	if refused, ok := errors.AsType[*refusal.Error](err); ok {
		return refused
	}
	return refusal.New(refusal.GatewayError, "The request could not be carried out.")
}
