package unitycatalog

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"ucbridge/bridge/refusal"
)

// Find returns the server of that name, which is not inspected yet. Where a service
// does not say which credential it goes by, its connection is asked. A refusal is
// a *refusal.Error: there is no such server, or the user may not see it.
func (c *Catalog) Find(ctx context.Context, kind Kind, name string) (Server, error) {
	if kind == Service {
		var info serviceInfo
		if err := c.api.Get(ctx, root+"mcp-services/"+url.PathEscape(name), nil, &info); err != nil {
			return Server{}, notFound("MCP service", name, err)
		}
		service := info.server()
		if service.Credential == "" && service.Connection != "" {
			if behind, err := c.Find(ctx, Connection, service.Connection); err == nil {
				service.Credential = behind.Credential
			}
		}
		return service, nil
	}
	var info connectionInfo
	if err := c.api.Get(ctx, root+"connections/"+url.PathEscape(name), nil, &info); err != nil {
		return Server{}, notFound("connection", name, err)
	}
	return info.server(), nil
}

// notFound puts the refusal of one server into words.
func notFound(kind, name string, err error) error {
	refused, ok := errors.AsType[*refusal.Error](err)
	if !ok {
		return fmt.Errorf("reading %s %q: %w", kind, name, err)
	}
	switch status := refused.Data.HTTPStatus; {
	case refused.Data.Reason == refusal.NotAuthenticated:
	case status == http.StatusNotFound:
		refused.Data.Reason = refusal.ConnectionNotFound
		if kind == "MCP service" {
			refused.Data.Reason = refusal.ServiceNotFound
		}
		refused.Message = fmt.Sprintf("There is no %s %q, or you may not see it.", kind, name)
		return refused.WithHint("list what you may use with: ucbridge connections")
	case status == http.StatusForbidden && refused.Data.Reason != refusal.MissingScope:
		refused.Message = fmt.Sprintf("You may not use the %s %q.", kind, name)
		return refused.WithHint("list what you may use with: ucbridge connections")
	}
	return refused
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
		answer, err := c.SignedIn(ctx, s)
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
