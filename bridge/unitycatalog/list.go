package unitycatalog

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
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
		Kind: Connection, Name: cmp.Or(c.FullName, c.Name), Type: c.ConnectionType, Credential: c.CredentialType,
		MCP: c.isMCP(), Owner: c.Owner, Comment: c.Comment,
	}
}

// serviceInfo is an MCP service on the wire (service/catalog McpService).
// SecurableKind is not in the SDK; databricks/unity-gateway reads it.
type serviceInfo struct {
	Name           string `json:"name"` // mcp-services/catalog.schema.name
	Comment        string `json:"comment"`
	EffectiveOwner string `json:"effective_owner"`
	Config         struct {
		Source struct {
			Name          string `json:"name"` // connections/name
			SecurableKind string `json:"securable_kind"`
		} `json:"source_connection"`
	} `json:"config"`
}

func (s serviceInfo) server() Server {
	return Server{
		Kind: Service, Name: strings.TrimPrefix(s.Name, "mcp-services/"), MCP: true,
		Credential: s.Config.Source.SecurableKind, Connection: strings.TrimPrefix(s.Config.Source.Name, "connections/"), Owner: s.EffectiveOwner, Comment: s.Comment,
	}
}

// Connections lists the HTTP connections that the user can see, by name. Whether
// they are usable and signed in to is not asked yet; see Inspect.
func (c *Catalog) Connections(ctx context.Context) ([]Server, error) {
	infos, err := pages(ctx, c.api, root+"connections", url.Values{"max_results": {"0"}}, func(page *struct {
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
