package unitycatalog

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
)

const root = "/api/2.1/unity-catalog/"

// maxPages bounds a list whose pages do not end: by default Databricks puts a
// hundred items on a page.
const maxPages = 200

// connectionInfo is a connection on the wire (databricks-sdk-go service/catalog
// ConnectionInfo), as far as it is read.
type connectionInfo struct {
	Name           string            `json:"name"`
	FullName       string            `json:"full_name"`
	ConnectionType string            `json:"connection_type"`
	CredentialType string            `json:"credential_type"`
	Options        map[string]string `json:"options"`
	Owner          string            `json:"owner"`
	Comment        string            `json:"comment"`
}

func (c connectionInfo) isMCP() bool {
	return strings.EqualFold(c.Options["is_mcp_connection"], "true")
}

// leadsToHTTP reports whether an MCP server can be behind the connection.
func (c connectionInfo) leadsToHTTP() bool { return c.ConnectionType == "HTTP" || c.isMCP() }

func (c connectionInfo) server() Server {
	return Server{
		Kind: Connection, Name: cmp.Or(c.FullName, c.Name), Type: c.ConnectionType, Credential: c.CredentialType, PerUser: perUser[c.CredentialType],
		MCP: c.isMCP(), Owner: c.Owner, Comment: c.Comment,
	}
}

// serviceInfo is an MCP service on the wire (service/catalog McpService).
// SecurableKind is not in the SDK; databricks/unity-gateway reads it. Options are
// there where each user has to sign in: what it takes to ask the service behind.
type serviceInfo struct {
	Name           string `json:"name"` // mcp-services/catalog.schema.name
	Comment        string `json:"comment"`
	EffectiveOwner string `json:"effective_owner"`
	Config         struct {
		Source struct {
			Name          string            `json:"name"` // connections/name
			SecurableKind string            `json:"securable_kind"`
			Options       map[string]string `json:"options"`
			IsDeleted     bool              `json:"is_deleted"`
		} `json:"source_connection"`
	} `json:"config"`
}

func (s serviceInfo) server() Server {
	source := s.Config.Source
	return Server{
		Kind: Service, Name: strings.TrimPrefix(s.Name, "mcp-services/"), MCP: true, Owner: s.EffectiveOwner, Comment: s.Comment,
		Credential: source.SecurableKind, Connection: strings.TrimPrefix(source.Name, "connections/"),
		ConnectionDeleted: source.IsDeleted, PerUser: perUser[source.SecurableKind] || source.Options["authorization_endpoint"] != "",
	}
}

// Connections lists the HTTP connections that the user can see, those of the
// metastore and those of all schemas, by name. Whether they are usable and signed in
// to is not asked yet; see Inspect. Where some schemas could not be asked, or ctx ends,
// there is what could be listed beside the error.
func (c *Catalog) Connections(ctx context.Context) ([]Server, error) {
	return c.connections(ctx, "")
}

// connections lists the connections of one schema, or all where it is empty.
func (c *Catalog) connections(ctx context.Context, schema string) ([]Server, error) {
	if schema != "" {
		return c.connectionsOf(ctx, schema)
	}
	all, err := c.connectionsOf(ctx, "")
	if err != nil {
		return nil, err
	}
	// A workspace from before connections of schemas refuses to filter, or does not:
	// what it names is in no schema, and the rest need not be asked.
	var older atomic.Bool
	inSchemas, err := c.walkSchemas(ctx, func(ctx context.Context, schema string) ([]Server, error) {
		if older.Load() {
			return nil, nil
		}
		found, err := c.connectionsOf(ctx, schema)
		foreign := func(s Server) bool { return !strings.HasPrefix(s.Name, schema+".") }
		if wantsOtherParent(err) || slices.ContainsFunc(found, foreign) {
			older.Store(true)
			return nil, nil
		}
		return found, err
	})
	all = append(all, inSchemas...)
	slices.SortFunc(all, byName)
	return slices.CompactFunc(all, func(a, b Server) bool { return a.Name == b.Name }), err
}

// connectionsOf lists the connections of one schema, those of the metastore where it
// is empty (service/catalog ListConnectionsRequest, parent).
func (c *Catalog) connectionsOf(ctx context.Context, schema string) ([]Server, error) {
	query := url.Values{"max_results": {"0"}}
	if schema != "" {
		query.Set("parent", "schemas/"+schema)
	}
	infos, err := pages(ctx, c.api, root+"connections", query, func(page *struct {
		Connections []connectionInfo `json:"connections"`
		Next        string           `json:"next_page_token"`
	}) ([]connectionInfo, string) {
		return page.Connections, page.Next
	})
	if err != nil {
		return nil, worded("connections", err)
	}
	var servers []Server
	for _, info := range infos {
		if info.leadsToHTTP() {
			servers = append(servers, info.server())
		}
	}
	slices.SortFunc(servers, byName)
	return servers, nil
}

func byName(a, b Server) int { return strings.Compare(a.Name, b.Name) }

// pages reads a list to its end. A page may be empty and not the last, so the
// end is where no token for a next page is (Databricks' API reference, List
// connections). take says what is on a page.
func pages[P, T any](ctx context.Context, api API, path string, query url.Values, take func(*P) (items []T, next string)) ([]T, error) {
	var all []T
	for range maxPages {
		var page P
		if err := api.Get(ctx, path, query, &page); err != nil {
			return nil, err
		}
		items, next := take(&page)
		all = append(all, items...)
		if next == "" {
			return all, nil
		}
		query.Set("page_token", next)
	}
	return nil, fmt.Errorf("the list does not end after %d pages", maxPages)
}
