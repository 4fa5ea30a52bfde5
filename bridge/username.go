package bridge

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"ucbridge/bridge/databricks"
	"ucbridge/bridge/refusal"
)

// nameTimeout bounds the wait for the user's name in a hint; the hint is of use without it.
const nameTimeout = 2 * time.Second

// namingUser is a transport whose refusals name the user where their hint has room for it.
type namingUser struct{ *databricks.Transport }

// RoundTrip implements http.RoundTripper.
func (a namingUser) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := a.Transport.RoundTrip(req)
	refused, ok := errors.AsType[*refusal.Error](err)
	if !ok || !strings.Contains(refused.Data.Hint, refusal.You) {
		return resp, err
	}
	ctx, cancel := context.WithTimeout(req.Context(), nameTimeout)
	defer cancel()
	who, unknown := signedIn(ctx, a.Transport)
	if unknown != nil {
		return resp, err
	}
	told := *refused
	told.Data.Hint = refusal.ForUser(told.Data.Hint, who.Name)
	return resp, &told
}
