package gateway

import (
	"context"
	"errors"
	"net/http"
	"time"

	"ucbridge/bridge/refusal"
	"ucbridge/bridge/scim"
	"ucbridge/bridge/tokencache"
)

const (
	// nameTTL is how long a name is believed without asking the workspace
	// again. Whether a token is still good is found out by each request that it
	// signs.
	nameTTL = time.Minute
	// nameTimeout bounds one question for a name.
	nameTimeout = 10 * time.Second
)

// People tells whose token it is, by asking the workspace: what a header says
// about a user is anybody's word. It is safe for concurrent use.
type People struct {
	known *tokencache.Cache[scim.User]
}

// NewPeople returns People that ask over the transport, which leads to scim.MePath.
func NewPeople(transport http.RoundTripper) *People {
	return &People{tokencache.New(func(ctx context.Context, token string) (scim.User, time.Time, error) {
		until := time.Now().Add(nameTTL)
		ctx, cancel := context.WithTimeout(Caller{token: token}.Sign(ctx), nameTimeout)
		defer cancel()
		user, err := scim.Me(ctx, transport)
		return user, until, err
	})}
}

// find returns whoever signs the requests of a caller: the owner of its token, or the
// gateway itself where it has none.
func (p *People) find(ctx context.Context, c Caller) (scim.User, error) {
	user, err := p.known.Get(ctx, c.token)
	if errors.Is(err, tokencache.ErrBusy) {
		err = refusal.New(refusal.SignInUnavailable, "Too many callers are being identified at once.").WithHint("try again in a few seconds")
	}
	return user, err
}

// forget has the workspace asked again whose token it is, as it has refused the token.
func (p *People) forget(token string) { p.known.Forget(token) }
