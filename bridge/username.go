package bridge

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"ucbridge/bridge/databricks"
	"ucbridge/bridge/lazyregexp"
	"ucbridge/bridge/refusal"
)

// you stands in hints for the user's name, as GRANT wants it.
const you = "<you>"

// nameTimeout bounds the wait for that name; the hint is of use without it.
const nameTimeout = 2 * time.Second

// plainName is a name that means itself in SQL between backticks and in JSON.
var plainName = lazyregexp.New(`^[A-Za-z0-9._@+-]+$`)

// addressed is a transport whose refusals name the user where their hint has room for it.
type addressed struct{ *databricks.Transport }

// RoundTrip implements http.RoundTripper.
func (a addressed) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := a.Transport.RoundTrip(req)
	refused, ok := errors.AsType[*refusal.Error](err)
	if !ok || !strings.Contains(refused.Data.Hint, you) {
		return resp, err
	}
	ctx, cancel := context.WithTimeout(req.Context(), nameTimeout)
	defer cancel()
	who, unknown := signedIn(ctx, a.Transport)
	if unknown != nil || !plainName.MatchString(who.Name) {
		return resp, err
	}
	told := *refused
	told.Data.Hint = strings.ReplaceAll(told.Data.Hint, you, who.Name)
	return resp, &told
}
