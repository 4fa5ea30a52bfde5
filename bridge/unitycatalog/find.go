package unitycatalog

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

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
		if service.Credential == "" && !service.PerUser && service.Connection != "" {
			if behind, err := c.Find(ctx, Connection, service.Connection); err == nil {
				service.Credential, service.PerUser = behind.Credential, behind.PerUser
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
	switch status := refused.ServerStatus(); {
	case refused.Data.Reason == refusal.NotAuthenticated:
	case status == http.StatusNotFound:
		refused.Data.Reason = refusal.ConnectionNotFound
		if kind == "MCP service" {
			refused.Data.Reason = refusal.ServiceNotFound
		}
		refused.Message = fmt.Sprintf("There is no %s %q, or you may not see it.", kind, name)
		return refused.WithHint("list connections with: ucbridge connections")
	case status == http.StatusForbidden && refused.Data.Reason != refusal.MissingScope:
		refused.Message = fmt.Sprintf("You may not use the %s %q.", kind, name)
		return refused.WithHint("list connections with: ucbridge connections")
	}
	return refused
}
