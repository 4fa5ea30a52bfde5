package unitycatalog

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"ucbridge/bridge/refusal"
)

// What Databricks hosts itself, and where (Databricks documentation, "Databricks
// managed MCP servers" and "Connect clients to MCP servers"). Before AI Search had its
// name, /vector-search/ stood for /ai-search/; that spelling is still taken.
const (
	geniePath     = "/api/2.0/mcp/genie"
	sqlPath       = "/api/2.0/mcp/sql"
	aiSearchPath  = "/api/2.0/mcp/ai-search/"
	functionsPath = "/api/2.0/mcp/functions/"
)

// probeTimeout bounds the question whether there is a server at a path.
const probeTimeout = 3 * time.Second

// hosted is a server that Databricks hosts. Everybody calls it as themselves, and
// whether a user may is seen when it is called.
func hosted(kind Kind, name, url, owner, comment string) Server {
	return Server{Kind: kind, Name: name, URL: url, MCP: true, Owner: owner, Comment: comment, SignedIn: NotNeeded}
}

// at is the path of a schema, or of something in it.
func at(base, fullName string) string {
	var steps []string
	for step := range strings.SplitSeq(fullName, ".") {
		steps = append(steps, url.PathEscape(step))
	}
	return base + strings.Join(steps, "/")
}

// genie lists Genie One, if the workspace has it, and the Genie agents (service/dashboards
// GenieSpace: their name on the wire is older). They are in no schema.
func (c *Catalog) genie(ctx context.Context, schema string) ([]Server, error) {
	if schema != "" {
		return nil, nil
	}
	type space struct {
		ID          string `json:"space_id"`
		Title       string `json:"title"`
		Description string `json:"description"`
	}
	spaces, err := pages(ctx, c.api, "/api/2.0/genie/spaces", url.Values{}, func(page *struct {
		Spaces []space `json:"spaces"`
		Next   string  `json:"next_page_token"`
	}) ([]space, string) {
		return page.Spaces, page.Next
	})
	if err != nil {
		err = worded("Genie agents", err)
	}
	var servers []Server
	for _, s := range spaces {
		servers = append(servers, hosted(Genie, s.Title, geniePath+"/"+url.PathEscape(s.ID), "", s.Description))
	}
	slices.SortFunc(servers, byName)
	if c.serves(ctx, geniePath) {
		servers = slices.Insert(servers, 0, hosted(Genie, "Genie One", geniePath, "", ""))
	}
	return servers, err
}

// sql lists the server of Databricks SQL, if the workspace has it.
func (c *Catalog) sql(ctx context.Context, schema string) ([]Server, error) {
	if schema != "" || !c.serves(ctx, sqlPath) {
		return nil, nil
	}
	return []Server{hosted(SQL, "Databricks SQL", sqlPath, "", "")}, nil
}

// serves reports whether there is an MCP server at a path. No API says so: a GET that
// takes no stream is answered with 405 or 406 by a server of the MCP specification, and
// with 404 where there is none.
func (c *Catalog) serves(ctx context.Context, path string) bool {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	var ignored any
	err := c.api.Get(ctx, path, nil, &ignored)
	refused, ok := errors.AsType[*refusal.Error](err)
	if !ok { // JSON is no answer of an MCP server, a stream is one
		return err != nil && ctx.Err() == nil
	}
	switch refused.ServerStatus() {
	case http.StatusMethodNotAllowed, http.StatusNotAcceptable, http.StatusBadRequest:
		return true
	}
	return false
}

// aiSearch lists the indexes of AI Search: those of each endpoint, since no list has
// them all (service/vectorsearch ListIndexesRequest).
func (c *Catalog) aiSearch(ctx context.Context, schema string) ([]Server, error) {
	type item struct {
		Name    string `json:"name"`
		Creator string `json:"creator"`
	}
	endpoints, err := pages(ctx, c.api, "/api/2.0/vector-search/endpoints", url.Values{}, func(page *struct {
		Endpoints []item `json:"endpoints"`
		Next      string `json:"next_page_token"`
	}) ([]item, string) {
		return page.Endpoints, page.Next
	})
	if err != nil {
		return nil, worded("AI Search endpoints", err)
	}
	var found sync.Mutex
	var servers []Server
	var failed error
	each(endpoints, maxWalkers, func(endpoint item) {
		indexes, err := pages(ctx, c.api, "/api/2.0/vector-search/indexes", url.Values{"endpoint_name": {endpoint.Name}}, func(page *struct {
			Indexes []item `json:"vector_indexes"`
			Next    string `json:"next_page_token"`
		}) ([]item, string) {
			return page.Indexes, page.Next
		})
		found.Lock()
		defer found.Unlock()
		if err != nil && !missing(err) {
			failed = errPartial
		}
		for _, index := range indexes {
			if schema == "" || strings.HasPrefix(index.Name, schema+".") {
				servers = append(servers, hosted(AISearch, index.Name, at(aiSearchPath, index.Name), index.Creator, ""))
			}
		}
	})
	slices.SortFunc(servers, byName)
	return servers, failed
}

// functions lists the schemas that hold functions.
func (c *Catalog) functions(ctx context.Context, schema string) ([]Server, error) {
	if schema != "" {
		return c.functionsOf(ctx, schema)
	}
	servers, err := c.walkSchemas(ctx, c.functionsOf)
	slices.SortFunc(servers, byName)
	return servers, err
}

func (c *Catalog) functionsOf(ctx context.Context, schema string) ([]Server, error) {
	catalog, name, _ := strings.Cut(schema, ".")
	var page struct {
		Functions []struct{} `json:"functions"`
	}
	err := c.api.Get(ctx, root+"functions", url.Values{"catalog_name": {catalog}, "schema_name": {name}, "max_results": {"0"}}, &page)
	if err != nil || len(page.Functions) == 0 {
		return nil, err
	}
	return []Server{hosted(Functions, schema, at(functionsPath, schema), "", "")}, nil
}

// appPrefix begins the name of an App that is an MCP server (Databricks documentation,
// "Host your own MCP server").
const appPrefix = "mcp-"

// apps lists the Apps that are MCP servers by their name. They are in no schema.
func (c *Catalog) apps(ctx context.Context, schema string) ([]Server, error) {
	if schema != "" {
		return nil, nil
	}
	type app struct {
		Name        string `json:"name"`
		URL         string `json:"url"`
		Creator     string `json:"creator"`
		Description string `json:"description"`
	}
	all, err := pages(ctx, c.api, "/api/2.0/apps", url.Values{}, func(page *struct {
		Apps []app  `json:"apps"`
		Next string `json:"next_page_token"`
	}) ([]app, string) {
		return page.Apps, page.Next
	})
	if err != nil {
		return nil, worded("Apps", err)
	}
	var servers []Server
	for _, a := range all {
		if strings.HasPrefix(a.Name, appPrefix) && a.URL != "" {
			servers = append(servers, hosted(App, a.Name, strings.TrimSuffix(a.URL, "/")+"/mcp", a.Creator, a.Description))
		}
	}
	slices.SortFunc(servers, byName)
	return servers, nil
}
