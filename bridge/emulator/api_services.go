package emulator

import (
	"net/http"
	"slices"
	"strings"
)

// serviceInfo is an MCP service as the catalog describes it. Verified: member
// names (databricks-sdk-go service/catalog McpService), and securable_kind, which
// is not documented (databricks/unity-gateway), and the names among the options, which
// tell that each user has to sign in. Assumed: that a connection outside any schema
// goes by "connections/" and its name.
type serviceInfo struct {
	Name           string        `json:"name"`
	Config         serviceConfig `json:"config"`
	EffectiveOwner string        `json:"effective_owner"`
	MetastoreID    string        `json:"metastore_id"`
	Etag           string        `json:"etag"`
	CreateTime     string        `json:"create_time"`
}

type serviceConfig struct {
	SourceConnection sourceConnection `json:"source_connection"`
}

type sourceConnection struct {
	Name          string            `json:"name"`
	SecurableKind string            `json:"securable_kind,omitempty"`
	Options       map[string]string `json:"options,omitempty"`
	IsDeleted     bool              `json:"is_deleted,omitempty"`
}

// info describes the service; present tells whether its connection exists.
func (s Service) info(present bool) serviceInfo {
	source := sourceConnection{Name: "connections/" + s.Connection, IsDeleted: !present}
	if s.PerUser {
		source.SecurableKind = "CONNECTION_HTTP_OAUTH_U2M_MAPPING"
		source.Options = map[string]string{
			"authorization_endpoint": "https://provider.invalid/authorize", "token_endpoint": "https://provider.invalid/token",
			"oauth_scope": "read", "client_id": "demo-provider-client", "oauth_provider": "provider",
		}
	}
	return serviceInfo{
		Name:           "mcp-services/" + s.Name,
		Config:         serviceConfig{source},
		EffectiveOwner: owner, MetastoreID: metastoreID, Etag: "1", CreateTime: "2025-11-24T16:00:00Z",
	}
}

// listServices lists, page by page, the MCP services the caller may execute, of
// one schema if parent names it. Verified: parameters and member names, the
// length of a page. Unsettled: whether the whole metastore is listed without a
// parent; see Options.ServicesByParent.
func (a restAPI) listServices(c *call) {
	query := c.r.URL.Query()
	schema := strings.TrimPrefix(query.Get("parent"), "schemas/")
	if schema == "" && a.w.byParent {
		c.refuse(invalidParameter("parent is required."))
		return
	}
	a.w.catalog.mu.RLock()
	visible := make([]serviceInfo, 0, len(a.w.catalog.services))
	for name, s := range a.w.catalog.services {
		if (c.caller.admin || mayUse(s.Users, c.caller)) && (schema == "" || strings.HasPrefix(name, schema+".")) {
			_, present := a.w.catalog.connections[s.Connection]
			visible = append(visible, s.info(present))
		}
	}
	a.w.catalog.mu.RUnlock()
	slices.SortFunc(visible, func(a, b serviceInfo) int { return strings.Compare(a.Name, b.Name) })
	page, next, refused := paged(visible, query, "page_size")
	if refused != nil {
		c.refuse(refused)
		return
	}
	c.answerJSON(http.StatusOK, struct {
		Services []serviceInfo `json:"mcp_services,omitempty"`
		Next     string        `json:"next_page_token,omitempty"`
	}{page, next})
}

// getService describes one MCP service; a caller without EXECUTE is refused.
func (a restAPI) getService(c *call) {
	name := c.r.PathValue("name")
	_, refused := a.w.catalog.admitService(name, c.caller)
	if refused != nil && refused.code != codeUnauthenticated {
		c.refuse(refused)
		return
	}
	s, _ := a.w.catalog.service(name)
	_, present := a.w.catalog.connection(s.Connection)
	c.answerJSON(http.StatusOK, s.info(present))
}

// schemaOf is the schema in a full name, "" without one.
func schemaOf(name string) string { return name[:max(0, strings.LastIndexByte(name, '.'))] }

// schemas are the schemas of services, connections and functions, by full name.
func (a restAPI) schemas() []string {
	names := a.functionSchemas()
	a.w.catalog.mu.RLock()
	defer a.w.catalog.mu.RUnlock()
	for name := range a.w.catalog.services {
		names = append(names, schemaOf(name))
	}
	for name := range a.w.catalog.connections {
		if schema := schemaOf(name); schema != "" {
			names = append(names, schema)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// listCatalogs lists the catalogs, on one page. Verified: path and member names
// (databricks-sdk-go service/catalog).
func (a restAPI) listCatalogs(c *call) {
	var catalogs []map[string]string
	for _, schema := range a.schemas() {
		name, _, _ := strings.Cut(schema, ".")
		if len(catalogs) == 0 || catalogs[len(catalogs)-1]["name"] != name {
			catalogs = append(catalogs, map[string]string{"name": name, "full_name": name})
		}
	}
	c.answerJSON(http.StatusOK, map[string]any{"catalogs": catalogs})
}

// listSchemas lists the schemas of a catalog, on one page. Verified: as above.
func (a restAPI) listSchemas(c *call) {
	catalog := c.r.URL.Query().Get("catalog_name")
	schemas := []map[string]string{}
	for _, full := range a.schemas() {
		if name, ok := strings.CutPrefix(full, catalog+"."); ok {
			schemas = append(schemas, map[string]string{"name": name, "full_name": full, "catalog_name": catalog})
		}
	}
	c.answerJSON(http.StatusOK, map[string]any{"schemas": schemas})
}
