package unitycatalog

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"ucbridge/bridge/refusal"
)

// credential is what Databricks holds for a user who has signed in: of an MCP
// service (service/catalog McpServiceUserMappedCredential) or, one level deeper, of a
// connection (databricks/unity-gateway).
type credential struct {
	provisioned
	Connection provisioned `json:"connection_user_credential"`
}

type provisioned struct {
	Options struct {
		AccessToken  string `json:"access_token_expiration"`
		RefreshToken string `json:"refresh_token_expiration"` // "" without such a token
	} `json:"options"`
	Info struct {
		State string `json:"state"`
	} `json:"provisioning_info"`
}

// until is when the sign-in ends: with the token by which Databricks gets the next.
func (p provisioned) until() time.Time {
	text := p.Options.RefreshToken
	if text == "" {
		text = p.Options.AccessToken
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at
	}
	if ms, err := strconv.ParseInt(text, 10, 64); err == nil && ms > 0 {
		return time.UnixMilli(ms).UTC()
	}
	return time.Time{}
}

// SignedIn tells whether the user has signed in to the server, and until when that
// holds, the zero time where nobody says. Databricks answers 404 where there is no
// credential of the user's (API reference, MCP service user credentials;
// databricks/unity-gateway for connections).
func (c *Catalog) SignedIn(ctx context.Context, s Server) (Answer, time.Time, error) {
	if !s.catalogued() || s.Credential != "" && !s.PerUser {
		return NotNeeded, time.Time{}, nil
	}
	path, err := c.credentialPath(ctx, s)
	if err != nil {
		return Unknown, time.Time{}, err
	}
	var held credential
	err = c.api.Get(ctx, path, nil, &held)
	if none(err) {
		if !s.PerUser { // a service that may not need one
			return Unknown, time.Time{}, nil
		}
		return No, time.Time{}, nil
	}
	if err != nil {
		return Unknown, time.Time{}, err
	}
	mine := held.provisioned
	if s.Kind == Connection {
		mine = held.Connection
	}
	until := mine.until()
	if mine.Info.State != "ACTIVE" || !until.IsZero() && time.Now().After(until) {
		return No, time.Time{}, nil
	}
	return Yes, until, nil
}

// none reports whether the answer is that there is no credential of the user's.
func none(err error) bool {
	refused, ok := errors.AsType[*refusal.Error](err)
	return ok && refused.ServerStatus() == http.StatusNotFound && refused.Data.Reason != refusal.EndpointNotFound
}

// credentialPath is where the user's credential for a server is.
func (c *Catalog) credentialPath(ctx context.Context, s Server) (string, error) {
	if s.Kind == Service {
		return root + "mcp-services/" + url.PathEscape(s.Name) + "/user-credentials", nil
	}
	me, err := c.Me(ctx)
	if err != nil {
		return "", err
	}
	return root + "connections/" + url.PathEscape(s.Name) + "/user-credentials/" + url.PathEscape(me), nil
}

// SignOut ends the user's sign-in to an MCP service (API reference, Delete an MCP
// service user credential). It reports false where there was none. Databricks
// documents no such thing for connections.
func (c *Catalog) SignOut(ctx context.Context, s Server) (bool, error) {
	path, err := c.credentialPath(ctx, s)
	if err != nil {
		return false, err
	}
	err = c.api.Delete(ctx, path)
	if none(err) {
		return false, nil
	}
	if refused, ok := errors.AsType[*refusal.Error](err); ok && refused.Data.Reason == refusal.WorkspaceError {
		refused.Message = fmt.Sprintf("Databricks did not sign you out of %q (HTTP %d): %s", s.Name, refused.Data.HTTPStatus, refused.Data.Detail)
	}
	return err == nil, err
}

// The pauses between two looks at a sign-in: it takes a person some seconds, and
// then should not wait for us.
const (
	firstPause = 500 * time.Millisecond
	lastPause  = 5 * time.Second
)

// AwaitSignIn returns when the user has signed in to the server. What may pass,
// such as a lost network, is waited out. The error is that of ctx or, where
// Databricks does not tell who has signed in, its refusal.
func (c *Catalog) AwaitSignIn(ctx context.Context, s Server) error {
	for pause := firstPause; ; pause = min(pause*3/2, lastPause) {
		answer, _, err := c.SignedIn(ctx, s)
		refused, ok := errors.AsType[*refusal.Error](err)
		switch {
		case answer == Yes:
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil && !(ok && refused.Data.Retryable):
			return fmt.Errorf("asking whether you have signed in: %w", err)
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		}
	}
}
