package unitycatalog

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"

	"ucbridge/bridge/refusal"
)

const (
	// inspecting is how many servers are asked about at a time.
	inspecting = 8
	// maxInspected is how many servers are asked about at all: each takes a call or
	// two.
	maxInspected = 200
)

// Overview is everything there is to choose from.
type Overview struct {
	// Servers are the connections, then the MCP services, each by name.
	Servers []Server
	// Notes say, in a sentence each, what could not be listed and why.
	Notes []string
}

// Overview lists connections and MCP services and inspects each. Where one of
// the two lists is refused, a note says so; the error is of the connections
// where both are, or where the user is not signed in. progress, if not nil, is
// told how far the inspection is, by one goroutine at a time.
func (c *Catalog) Overview(ctx context.Context, progress func(done, total int)) (Overview, error) {
	var o Overview
	connections, noConnections := c.Connections(ctx)
	if noConnections != nil && !refused(noConnections) {
		return o, noConnections
	}
	services, noServices := c.Services(ctx)
	switch {
	case ctx.Err() != nil:
		return o, ctx.Err()
	case noConnections != nil && (noServices != nil || len(services) == 0):
		return o, noConnections
	case noConnections != nil:
		o.Notes = append(o.Notes, noConnections.Error())
	case errors.Is(noServices, ErrPartial):
		o.Notes = append(o.Notes, "Not all schemas could be asked for MCP services: the list may not be whole.")
	case NotOffered(noServices):
		o.Notes = append(o.Notes, "MCP services are not enabled on this workspace.")
	case noServices != nil:
		o.Notes = append(o.Notes, noServices.Error())
	}
	o.Servers = append(connections, behind(services, connections)...)
	asked := o.Servers[:min(len(o.Servers), maxInspected)]
	if len(asked) < len(o.Servers) {
		o.Notes = append(o.Notes, fmt.Sprintf("Of %d, only the first %d were asked whether you may use them.", len(o.Servers), len(asked)))
	}
	return o, c.inspectAll(ctx, asked, progress)
}

// behind fills in which credential each service goes by, where its connection is
// one that the user can see.
func behind(services, connections []Server) []Server {
	credential := make(map[string]string, len(connections))
	for _, s := range connections {
		credential[s.Name] = s.Credential
	}
	for i, s := range services {
		if s.Credential == "" {
			services[i].Credential = credential[s.Connection]
		}
	}
	return services
}

func (c *Catalog) inspectAll(ctx context.Context, servers []Server, progress func(done, total int)) error {
	if progress == nil {
		progress = func(int, int) {}
	}
	var workers sync.WaitGroup
	var next atomic.Int64
	var telling sync.Mutex
	done := 0
	for range min(inspecting, len(servers)) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(servers)) && ctx.Err() == nil; i = next.Add(1) - 1 {
				c.Inspect(ctx, &servers[i])
				telling.Lock()
				done++
				progress(done, len(servers))
				telling.Unlock()
			}
		})
	}
	workers.Wait()
	return ctx.Err()
}

// refused reports whether the error is Databricks' lasting no to one API, and not
// to everything: another list may well be allowed.
func refused(err error) bool {
	refused, ok := errors.AsType[*refusal.Error](err)
	if !ok || refused.Data.Reason == refusal.NotAuthenticated {
		return false
	}
	return refused.Data.HTTPStatus == http.StatusForbidden || absent(refused)
}

// NotOffered reports whether the error of Services says that MCP services are
// not enabled on the workspace.
func NotOffered(err error) bool {
	refused, ok := errors.AsType[*refusal.Error](err)
	return ok && absent(refused)
}

func absent(refused *refusal.Error) bool {
	return refused.Data.HTTPStatus == http.StatusNotFound || refused.Data.HTTPStatus == http.StatusNotImplemented
}

// worded puts the refusal of a list into words: what the user may do is more
// than what the API's refusal says.
func worded(what string, err error) error {
	refused, ok := errors.AsType[*refusal.Error](err)
	switch {
	case !ok:
		return fmt.Errorf("listing %s: %w", what, err)
	case refused.Data.Reason == refusal.EndpointNotFound:
		refused.Message = fmt.Sprintf("The workspace does not list %s.", what)
		return refused.WithHint("ask a workspace admin whether the workspace is enabled for Unity Catalog and for %s", what)
	case refused.Data.Reason == refusal.WorkspaceError && refused.Data.HTTPStatus == http.StatusForbidden:
		refused.Message = fmt.Sprintf("You may not list %s: %s", what, refused.Data.Detail)
		return refused.WithHint("ask a metastore admin; one whose name you know works without: ucbridge stdio --connection NAME")
	case refused.Data.Reason == refusal.WorkspaceError:
		refused.Message = fmt.Sprintf("Databricks does not list %s (HTTP %d): %s", what, refused.Data.HTTPStatus, refused.Data.Detail)
	}
	return refused
}
