package emulator

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// restAPI answers the REST API of a workspace, and the pages where users sign in.
type restAPI struct{ w *Workspace }

type callKey struct{}

// handler lays out the REST API. A handler finds its call in the request's
// context.
func (a restAPI) handler() *http.ServeMux {
	mux := http.NewServeMux()
	handle := func(pattern string, answer func(c *call)) {
		mux.HandleFunc(pattern, func(_ http.ResponseWriter, r *http.Request) {
			c := r.Context().Value(callKey{}).(*call)
			c.r = r // carries the values of the pattern's wildcards
			answer(c)
		})
	}
	const uc = "/api/2.1/unity-catalog"
	handle("GET /api/2.0/preview/scim/v2/Me", a.serveMe)
	handle("GET "+uc+"/connections", a.listConnections)
	handle("GET "+uc+"/connections/{name}", a.getConnection)
	handle("GET "+uc+"/connections/{name}/user-credentials/{user}", a.getConnectionCredential)
	handle("GET "+uc+"/permissions/{kind}/{name}", a.getPermissions)
	handle("GET "+uc+"/effective-permissions/{kind}/{name}", a.getEffectivePermissions)
	handle("GET "+uc+"/catalogs", a.listCatalogs)
	handle("GET "+uc+"/schemas", a.listSchemas)
	handle("GET "+uc+"/mcp-services", a.listServices)
	handle("GET "+uc+"/mcp-services/{name}", a.getService)
	handle("GET "+uc+"/mcp-services/{name}/user-credentials", a.getServiceCredential)
	handle("POST "+uc+"/mcp-services/{name}/user-credentials", a.createServiceCredential)
	handle("DELETE "+uc+"/mcp-services/{name}/user-credentials", a.deleteServiceCredential)
	handle("GET "+uc+"/functions", a.listFunctions)
	handle("GET /api/2.0/genie/spaces", a.listGenieSpaces)
	handle("GET /api/2.0/vector-search/endpoints", a.listSearchEndpoints)
	handle("GET /api/2.0/vector-search/indexes", a.listSearchIndexes)
	handle("GET /api/2.0/apps", a.listApps)
	handle("GET /explore/connections/{name}", a.visitConnection)
	handle("POST /explore/connections/{name}", a.visitConnection)
	handle("GET /mcp-service-login", a.visitService)
	handle("POST /mcp-service-login", a.visitService)
	handle("/", func(c *call) { c.refuse(endpointNotFound(c.r.Method, c.r.URL.Path)) })
	return mux
}

func (w *Workspace) serveAPI(c *call) {
	w.api.ServeHTTP(c.w, c.r.WithContext(context.WithValue(c.r.Context(), callKey{}, c)))
}

// serveMe answers who the caller is. Verified: path, member names (SCIM 2.0) and
// the workspace id in X-Databricks-Org-Id (databricks-sdk-go
// workspace_functions.go).
func (a restAPI) serveMe(c *call) {
	c.w.Header().Set("X-Databricks-Org-Id", workspaceID)
	groups := []map[string]string{}
	for _, name := range c.caller.groups {
		groups = append(groups, map[string]string{"display": name, "type": "direct", "value": "id-" + name})
	}
	c.answerJSON(http.StatusOK, map[string]any{
		"schemas":     []string{"urn:ietf:params:scim:schemas:core:2.0:User"},
		"id":          "1000",
		"userName":    c.caller.name,
		"displayName": c.caller.name,
		"active":      true,
		"emails":      []map[string]any{{"type": "work", "value": c.caller.name, "primary": true}},
		"groups":      groups,
	})
}

// connectionInfo is a connection as the catalog describes it. Verified: member
// names and enum values (databricks-sdk-go service/catalog ConnectionInfo) and
// that credentials are not among the options.
type connectionInfo struct {
	Name           string            `json:"name"`
	FullName       string            `json:"full_name"`
	ConnectionID   string            `json:"connection_id"`
	ConnectionType string            `json:"connection_type"`
	CredentialType string            `json:"credential_type"`
	SecurableType  string            `json:"securable_type"`
	MetastoreID    string            `json:"metastore_id"`
	Owner          string            `json:"owner"`
	URL            string            `json:"url"`
	Options        map[string]string `json:"options"`
	ReadOnly       bool              `json:"read_only"`
	CreatedAt      int64             `json:"created_at"`
	Provisioning   provisioning      `json:"provisioning_info"`
}

type provisioning struct {
	State string `json:"state"`
}

var active = provisioning{"ACTIVE"}

// The catalog's fixed particulars, which nothing here depends on.
const (
	metastoreID = "00000000-0000-0000-0000-0000000000aa"
	owner       = "admins"
	createdAt   = 1_764_000_000_000 // epoch milliseconds
)

func (conn Connection) info() connectionInfo {
	options := map[string]string{}
	if conn.MCP {
		options["is_mcp_connection"] = "true"
	}
	if u := conn.target.url; u != nil {
		port := u.Port()
		if port == "" {
			port = "443"
		}
		options["host"], options["port"], options["base_path"] = "https://"+u.Hostname(), port, u.Path
	}
	return connectionInfo{
		Name: conn.Name[strings.LastIndexByte(conn.Name, '.')+1:], FullName: conn.Name, ConnectionID: "id-" + conn.Name,
		ConnectionType: "HTTP", CredentialType: conn.CredentialType, SecurableType: "CONNECTION",
		MetastoreID: metastoreID, Owner: owner, URL: options["host"] + options["base_path"],
		Options: options, CreatedAt: createdAt, Provisioning: active,
	}
}

// listConnections lists, page by page, the connections the caller may use: those of
// the schema that parent names, without it those of the metastore. Verified:
// parameters and member names. Assumed: that others are left out, except for an admin
// of the metastore.
func (a restAPI) listConnections(c *call) {
	parent := strings.TrimPrefix(c.r.URL.Query().Get("parent"), "schemas/")
	a.w.catalog.mu.RLock()
	visible := make([]connectionInfo, 0, len(a.w.catalog.connections))
	for _, conn := range a.w.catalog.connections {
		if schemaOf(conn.Name) == parent && (c.caller.admin || mayUse(conn.Users, c.caller)) {
			visible = append(visible, conn.info())
		}
	}
	a.w.catalog.mu.RUnlock()
	slices.SortFunc(visible, func(a, b connectionInfo) int { return strings.Compare(a.FullName, b.FullName) })
	page, next, refused := paged(visible, c.r.URL.Query(), "max_results")
	if refused != nil {
		c.refuse(refused)
		return
	}
	c.answerJSON(http.StatusOK, struct {
		Connections []connectionInfo `json:"connections,omitempty"`
		Next        string           `json:"next_page_token,omitempty"`
	}{page, next})
}

// pageLen is the length of a page of which the caller says that the workspace is
// to choose it. Verified for MCP services, assumed for the other lists.
const pageLen = 100

// paged returns one page of a list and the token of the next. A token is the
// number of items before its page. Verified: a size of 0 leaves it to the
// workspace; without a size the page is the whole rest, which of MCP services it
// is not.
func paged[T any](items []T, query url.Values, sizeName string) (page []T, next string, refused *refusal) {
	start, size := 0, len(items)
	var err error
	if token := query.Get("page_token"); token != "" {
		if start, err = strconv.Atoi(token); err != nil || start < 0 || start > len(items) {
			return nil, "", invalidParameter("Invalid page token '" + token + "'.")
		}
	}
	if text := query.Get(sizeName); text != "" {
		if size, err = strconv.Atoi(text); err != nil || size < 0 {
			return nil, "", invalidParameter("Invalid " + sizeName + " '" + text + "'.")
		}
	}
	if size == 0 || sizeName == "page_size" {
		size = cmp.Or(min(size, pageLen), pageLen)
	}
	end := min(start+size, len(items))
	if end < len(items) {
		next = strconv.Itoa(end)
	}
	return items[start:end], next, nil
}

// getConnection describes one connection. Assumed: that a caller without USE
// CONNECTION is refused as on the way through it; a missing sign-in is no
// obstacle.
func (a restAPI) getConnection(c *call) {
	conn, refused := a.w.catalog.admit(c.r.PathValue("name"), c.caller)
	if refused != nil && refused.code != codeUnauthenticated {
		c.refuse(refused)
		return
	}
	c.answerJSON(http.StatusOK, conn.info())
}

// getConnectionCredential tells whether a user has signed in to a per-user
// connection. Verified: path, member names and that 404 means no
// (databricks/unity-gateway).
func (a restAPI) getConnectionCredential(c *call) {
	name, user := c.r.PathValue("name"), c.r.PathValue("user")
	conn, ok := a.w.catalog.connection(name)
	if !ok || !slices.Contains(conn.SignedIn, user) {
		refused := a.w.catalog.signInFirst(name, user)
		refused.status, refused.code = http.StatusNotFound, "NOT_FOUND"
		c.refuse(refused)
		return
	}
	c.answerJSON(http.StatusOK, map[string]any{
		"connection_user_credential": map[string]any{"provisioning_info": active},
	})
}
