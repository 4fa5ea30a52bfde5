package unitycatalog

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"ucbridge/bridge/refusal"
)

const (
	// walkTimeout bounds the way through all schemas.
	walkTimeout = 20 * time.Second
	// maxWalkers is how many lists are asked for at a time.
	maxWalkers = 8
	// systemSchema holds the services that Databricks provides.
	systemSchema = "system.ai"
)

// ErrPartial says that a list is not whole: there was no time to ask for the rest,
// or a part of it was refused.
var ErrPartial = errors.New("not all schemas could be asked for MCP services: the list may not be whole")

// Services lists the MCP services that the user can see, of all schemas, by name.
// The error is [ErrPartial] beside what could be listed; NotOffered tells that of a
// workspace that has none of them.
//
// Whether a workspace lists the services of the whole metastore is not settled: the
// SDK's text wants a schema as parent (service/catalog ListMcpServicesRequest,
// v0.182.0), earlier ones left it out. So it is asked without first, and schema by
// schema where that is refused.
func (c *Catalog) Services(ctx context.Context) ([]Server, error) {
	services, err := c.servicesOf(ctx, "")
	if wantsParent(err) {
		services, err = c.walkSchemas(ctx)
	}
	slices.SortFunc(services, byName)
	return services, err
}

// wantsParent reports whether the refusal is that of a list that needs a schema.
func wantsParent(err error) bool {
	refused, ok := errors.AsType[*refusal.Error](err)
	return ok && refused.Data.HTTPStatus == http.StatusBadRequest && refused.Data.Reason == refusal.WorkspaceError
}

// servicesOf lists the services of one schema, of all where it is empty.
func (c *Catalog) servicesOf(ctx context.Context, schema string) ([]Server, error) {
	query := url.Values{"view": {"FULL"}}
	if schema != "" {
		query.Set("parent", "schemas/"+schema)
	}
	infos, err := pages(ctx, c.api, root+"mcp-services", query, func(page *struct {
		Services []serviceInfo `json:"mcp_services"`
		Next     string        `json:"next_page_token"`
	}) ([]serviceInfo, string) {
		return page.Services, page.Next
	})
	if err != nil {
		return nil, worded("MCP services", err)
	}
	var servers []Server
	for _, info := range infos {
		servers = append(servers, info.server())
	}
	return servers, nil
}

// walkSchemas lists the services of each schema that the user can see, Databricks'
// own first, several at a time and no longer than walkTimeout. The error is that of
// Databricks' own schema where nothing at all could be listed.
func (c *Catalog) walkSchemas(ctx context.Context) ([]Server, error) {
	timed, cancel := context.WithTimeout(ctx, walkTimeout)
	defer cancel()
	all, first := c.servicesOf(timed, systemSchema)
	var partial atomic.Bool
	partial.Store(first != nil && !missing(first))
	schemas, err := c.schemas(timed)
	if err != nil {
		partial.Store(true)
	}
	var found sync.Mutex
	each(schemas, func(schema string) {
		services, err := c.servicesOf(timed, schema)
		if err != nil && !missing(err) {
			partial.Store(true)
		}
		found.Lock()
		defer found.Unlock()
		all = append(all, services...)
	})
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case len(all) == 0 && first != nil && !missing(first):
		return nil, first
	case partial.Load():
		return all, ErrPartial
	}
	return all, nil
}

// missing reports whether a schema is not there, or not for this user.
func missing(err error) bool {
	refused, ok := errors.AsType[*refusal.Error](err)
	return ok && (refused.Data.HTTPStatus == http.StatusNotFound || refused.Data.HTTPStatus == http.StatusForbidden)
}

// schemas lists the schemas of all catalogs but systemSchema. Where one catalog
// cannot be asked, the error is beside the others' schemas.
func (c *Catalog) schemas(ctx context.Context) ([]string, error) {
	type named struct {
		Name     string `json:"name"`
		FullName string `json:"full_name"`
	}
	catalogs, err := pages(ctx, c.api, root+"catalogs", url.Values{"max_results": {"0"}}, func(page *struct {
		Catalogs []named `json:"catalogs"`
		Next     string  `json:"next_page_token"`
	}) ([]named, string) {
		return page.Catalogs, page.Next
	})
	if err != nil {
		return nil, worded("catalogs", err)
	}
	var found sync.Mutex
	var all []string
	var failed error
	each(catalogs, func(catalog named) {
		schemas, err := pages(ctx, c.api, root+"schemas", url.Values{"catalog_name": {catalog.Name}, "max_results": {"0"}}, func(page *struct {
			Schemas []named `json:"schemas"`
			Next    string  `json:"next_page_token"`
		}) ([]named, string) {
			return page.Schemas, page.Next
		})
		found.Lock()
		defer found.Unlock()
		if err != nil && !missing(err) {
			failed = err
		}
		for _, schema := range schemas {
			name := cmp.Or(schema.FullName, catalog.Name+"."+schema.Name)
			if name != systemSchema && schema.Name != "information_schema" {
				all = append(all, name)
			}
		}
	})
	slices.Sort(all)
	return all, failed
}

// each calls do for every item, maxWalkers at a time, and returns when all are done.
func each[T any](items []T, do func(T)) {
	var workers sync.WaitGroup
	var next atomic.Int64
	for range min(maxWalkers, len(items)) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(items)); i = next.Add(1) - 1 {
				do(items[i])
			}
		})
	}
	workers.Wait()
}
