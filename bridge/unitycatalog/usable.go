package unitycatalog

import (
	"context"
	"errors"
	"slices"
)

// Usable is what the user may use: connections that are marked for MCP, and MCP
// services, each by name.
type Usable struct {
	Servers []Server
	// Connections and Services say that their list is whole: what is missing in it is
	// not there, or not to be used.
	Connections, Services bool
}

// Usable lists what the user may use, without asking whether they have signed in. A
// server of which Databricks does not tell is among them. The error is that of the
// connections, where nothing could be listed.
func (c *Catalog) Usable(ctx context.Context) (Usable, error) {
	connections, noConnections := c.Connections(ctx)
	services, noServices := c.Services(ctx)
	if noConnections != nil && (noServices != nil || ctx.Err() != nil) {
		return Usable{}, noConnections
	}
	u := Usable{
		Connections: noConnections == nil,
		Services:    noServices == nil || notOffered(noServices) && !errors.Is(noServices, errPartial),
	}
	all := slices.Concat(slices.DeleteFunc(connections, func(s Server) bool { return !s.MCP }), services)
	all = all[:min(len(all), maxInspected)]
	asked := make([]*Server, len(all))
	for i := range all {
		asked[i] = &all[i]
	}
	each(asked, inspecting, func(s *Server) {
		if ctx.Err() != nil {
			return
		}
		s.Usable, s.SignedIn = Unknown, Unknown
		if answer, err := c.usable(ctx, *s); err == nil {
			s.Usable = answer
		}
	})
	u.Servers = slices.DeleteFunc(all, func(s Server) bool { return s.Usable == No })
	return u, ctx.Err()
}
