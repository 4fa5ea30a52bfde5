package oauth

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"time"

	"ucbridge/bridge/refusal"
)

// claims are those of an access token that are looked at (RFC 9068). Nothing here says
// that they are true.
type claims struct {
	Issuer   string   `json:"iss"`
	Audience audience `json:"aud"`
	Expires  float64  `json:"exp"` // seconds, which may have a fraction
}

// audience is a text or a list of them (RFC 7519, section 4.1.3).
type audience []string

func (a *audience) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*a = audience{one}
		return nil
	}
	return json.Unmarshal(raw, (*[]string)(a))
}

// readClaims reads those of a JWT, without looking at its signature.
func readClaims(token string) (c claims, ok bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return c, false
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	return c, err == nil && json.Unmarshal(raw, &c) == nil && c.Issuer != ""
}

// expires is when the token ends, the zero time if it does not say so.
func (c claims) expires() time.Time {
	if c.Expires == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(c.Expires * 1000))
}

// expired reports whether it has ended for any clock that is right.
func (c claims) expired(now time.Time) bool {
	return c.Expires != 0 && now.Sub(c.expires()) > clockSkew
}

// clockSkew is how far the clocks of a workspace and a gateway may differ. In between
// the workspace decides.
const clockSkew = time.Minute

// Token is the token that signs the requests of whoever brings a bearer token: the same,
// where it can be one of the workspace's. One that cannot is refused with the reason,
// and not sent anywhere.
func (w *Workspace) Token(ctx context.Context, bearer string) (string, *refusal.Error) {
	c, ok := readClaims(bearer)
	if !ok {
		return "", refused("The bearer token is no OAuth access token of Databricks.").
			WithHint("sign in to %s with an OAuth client; personal access tokens are not accepted here", w.base.Host)
	}
	if c.expired(time.Now()) {
		return "", refused("The access token expired at %s.", c.expires().UTC().Format(time.RFC3339)).
			WithHint("sign in to %s again", w.base.Host)
	}
	m, err := w.Metadata(ctx)
	if err != nil {
		m = &Metadata{} // the workspace itself judges what cannot be judged here
	}
	if c.Issuer != w.Issuer() && c.Issuer != m.Issuer {
		return "", refused("The access token was issued by %s, and this gateway takes those of %s.", refusal.Quote(c.Issuer), w.Issuer()).
			WithHint("sign in to %s", w.base.Host)
	}
	if len(c.Audience) > 0 && !slices.ContainsFunc(c.Audience, func(a string) bool { return w.isMeant(a, m) }) {
		return "", refused("The access token is for %s, and not for the workspace %s.", refusal.Quote(strings.Join(c.Audience, ", ")), w.base.Host).
			WithHint("sign in to %s", w.base.Host)
	}
	return bearer, nil
}

// Forget implements [Server]. Nothing is kept.
func (w *Workspace) Forget(string) {}

// isMeant reports whether an audience can be the workspace. It is named by its number, by
// that of its account or by an address, as far as is known of Databricks' tokens; of
// any other name the workspace judges.
func (w *Workspace) isMeant(name string, m *Metadata) bool {
	switch {
	case name == m.WorkspaceID, name == m.AccountID:
		return true
	case strings.Trim(name, "0123456789") == "":
		return m.WorkspaceID == ""
	case len(name) == 36 && strings.Count(name, "-") == 4: // a UUID, as accounts have
		return m.AccountID == ""
	}
	if u, err := url.Parse(name); err == nil && u.Host != "" {
		return strings.EqualFold(u.Host, w.base.Host) || name == m.Issuer
	}
	return true
}

func refused(format string, args ...any) *refusal.Error {
	return refusal.New(refusal.NotAuthenticated, format, args...)
}
