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
	// maxWalkers is how many lists of one kind are asked for at a time.
	maxWalkers = 8
	// systemSchema holds what Databricks provides.
	systemSchema = "system.ai"
)

// errPartial says that a list is not whole: there was no time to ask for the rest,
// or a part of it was refused.
var errPartial = errors.New("not all schemas could be asked: the list may not be whole")

// walkSchemas lists what is in each schema that the user can see, Databricks' own
// first, several at a time and no longer than walkTimeout. The error is that of
// Databricks' own schema where nothing at all could be listed, or that of ctx beside
// what was found before.
func (c *Catalog) walkSchemas(ctx context.Context, list func(ctx context.Context, schema string) ([]Server, error)) ([]Server, error) {
	timed, cancel := context.WithTimeout(ctx, walkTimeout)
	defer cancel()
	all, first := list(timed, systemSchema)
	var partial atomic.Bool
	partial.Store(first != nil && !missing(first))
	schemas, err := c.schemas.get(timed, c.api)
	if err != nil {
		partial.Store(true)
	}
	var found sync.Mutex
	each(schemas, maxWalkers, func(schema string) {
		servers, err := list(timed, schema)
		if err != nil && !missing(err) {
			partial.Store(true)
		}
		found.Lock()
		defer found.Unlock()
		all = append(all, servers...)
	})
	switch {
	case ctx.Err() != nil:
		return all, ctx.Err()
	case len(all) == 0 && first != nil && !missing(first):
		return nil, first
	case partial.Load():
		return all, errPartial
	}
	return all, nil
}

// missing reports whether a schema is not there, or not for this user.
func missing(err error) bool {
	refused, ok := errors.AsType[*refusal.Error](err)
	return ok && (refused.ServerStatus() == http.StatusNotFound || refused.ServerStatus() == http.StatusForbidden)
}

// schemaList is the schemas of all catalogs but systemSchema, asked for once.
type schemaList struct {
	turn  chan struct{} // holds a token while somebody asks
	known bool
	names []string
}

// get returns their full names. Where one catalog cannot be asked, the error is
// beside the others' schemas, and the next get asks again.
func (l *schemaList) get(ctx context.Context, api API) ([]string, error) {
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if l.known {
		return l.names, nil
	}
	names, err := allSchemas(ctx, api)
	l.names, l.known = names, err == nil
	return names, err
}

// named is a catalog or a schema on the wire.
type named struct {
	Name     string `json:"name"`
	FullName string `json:"full_name"`
}

func allSchemas(ctx context.Context, api API) ([]string, error) {
	catalogs, err := pages(ctx, api, root+"catalogs", url.Values{"max_results": {"0"}}, func(page *struct {
		Catalogs []named `json:"catalogs"`
		Next     string  `json:"next_page_token"`
	}) ([]named, string) {
		return page.Catalogs, page.Next
	})
	if missing(err) { // who may see no catalog sees no schema
		return nil, nil
	}
	if err != nil {
		return nil, worded("catalogs", err)
	}
	var found sync.Mutex
	var all []string
	var failed error
	each(catalogs, maxWalkers, func(catalog named) {
		schemas, err := pages(ctx, api, root+"schemas", url.Values{"catalog_name": {catalog.Name}, "max_results": {"0"}}, func(page *struct {
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

// each calls do for every item, so many at a time, and returns when all are done.
func each[T any](items []T, atATime int, do func(T)) {
	var workers sync.WaitGroup
	var next atomic.Int64
	for range min(atATime, len(items)) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(items)); i = next.Add(1) - 1 {
				do(items[i])
			}
		})
	}
	workers.Wait()
}
