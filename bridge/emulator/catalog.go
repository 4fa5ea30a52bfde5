package emulator

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// perUserCredential is the credential type of connections to which each user
// signs in.
const perUserCredential = "OAUTH_U2M_MAPPING"

// Connection is a Unity Catalog connection of type HTTP.
type Connection struct {
	// Name is that of the metastore's connection, or catalog.schema.name of a
	// schema's.
	Name string
	// Upstream is the MCP URL it leads to, base path included, such as
	// "http://127.0.0.1:39101/mcp"; empty for the sample server.
	Upstream string
	// Bearer is the credential the workspace adds on the way there.
	Bearer string
	// CredentialType is "BEARER_TOKEN" by default. With "OAUTH_U2M_MAPPING" each
	// user must have signed in.
	CredentialType string
	// MCP sets the option is_mcp_connection.
	MCP bool
	// Users and groups that have USE CONNECTION, service principals by client id;
	// nil means everyone.
	Users []string
	// SignedIn lists the users who have signed in to a per-user connection.
	SignedIn []string
	// Routes that lead through it, of "proxy", "mcp-external" and
	// "external-function"; nil means all. A missing one answers as a workspace
	// that does not have that API: 404 ENDPOINT_NOT_FOUND.
	Routes []string

	target target
}

// Service is an MCP service of Unity Catalog.
type Service struct {
	Name       string   // catalog.schema.name
	Connection string   // the connection it stands in front of
	Users      []string // who has EXECUTE, as for a Connection
	PerUser    bool     // each user must have signed in
	SignedIn   []string // who has
}

// target is where a connection, or an added path, leads to.
type target struct {
	sample     bool
	url        *url.URL
	err        error // why url is nil
	credential string
}

var errNotHTTP = errors.New("not an http or https URL")

func newTarget(upstream, bearer string) target {
	t := target{credential: bearer}
	if upstream == "" {
		t.sample = true
		t.url = &url.URL{Scheme: "http", Host: "sample.invalid", Path: "/mcp"}
		return t
	}
	t.url, t.err = url.Parse(upstream)
	if t.err == nil && (t.url.Host == "" || (t.url.Scheme != "http" && t.url.Scheme != "https")) {
		t.err = errNotHTTP
	}
	return t
}

// at returns the target's URL with an escaped path and a query appended. A lone slash appends
// nothing, so that base path "/mcp" and path "/" are "/mcp": what a real
// workspace makes of it is not documented, and some servers refuse "/mcp/".
func (t target) at(path, query string) *url.URL {
	u := *t.url
	if path = strings.TrimPrefix(path, "/"); path != "" {
		u.RawPath = strings.TrimSuffix(u.EscapedPath(), "/") + "/" + path
		u.Path = unescaped(u.RawPath)
	}
	switch {
	case u.RawQuery == "":
		u.RawQuery = query
	case query != "":
		u.RawQuery += "&" + query
	}
	return &u
}

// unescaped returns the plain form of an escaped path, or the path itself where
// it is not one.
func unescaped(path string) string {
	if plain, err := url.PathUnescape(path); err == nil {
		return plain
	}
	return path
}

// catalog holds what the workspace governs. Values are replaced, never changed,
// so a copy taken under the lock may be read without it.
type catalog struct {
	host string // of the workspace, for links

	mu          sync.RWMutex
	connections map[string]Connection
	services    map[string]Service
	paths       map[string]target
	apps        []App
}

// AddConnection adds a connection, replacing one of the same name.
func (w *Workspace) AddConnection(conn Connection) {
	if conn.CredentialType == "" {
		conn.CredentialType = "BEARER_TOKEN"
	}
	conn.Users, conn.SignedIn, conn.Routes = slices.Clone(conn.Users), slices.Clone(conn.SignedIn), slices.Clone(conn.Routes)
	conn.target = newTarget(conn.Upstream, conn.Bearer)
	w.catalog.mu.Lock()
	defer w.catalog.mu.Unlock()
	if w.catalog.connections == nil {
		w.catalog.connections = map[string]Connection{}
	}
	w.catalog.connections[conn.Name] = conn
}

// AddService adds an MCP service, replacing one of the same name.
func (w *Workspace) AddService(s Service) {
	s.Users, s.SignedIn = slices.Clone(s.Users), slices.Clone(s.SignedIn)
	w.catalog.mu.Lock()
	defer w.catalog.mu.Unlock()
	if w.catalog.services == nil {
		w.catalog.services = map[string]Service{}
	}
	w.catalog.services[s.Name] = s
}

// App is a Databricks App.
type App struct{ Name, URL string }

// AddApp adds an App to the list of them. It is not served here.
func (w *Workspace) AddApp(app App) {
	w.catalog.mu.Lock()
	defer w.catalog.mu.Unlock()
	w.catalog.apps = append(w.catalog.apps, app)
}

// AddPath puts a workspace path, such as "/api/2.0/mcp/genie/01ef", in front of
// an MCP URL; an empty upstream means the sample server. What it leads to is in the
// list of its kind.
func (w *Workspace) AddPath(path, upstream string) {
	w.catalog.mu.Lock()
	defer w.catalog.mu.Unlock()
	// Replaced whole, because every request looks a path up.
	paths := maps.Clone(w.catalog.paths)
	if paths == nil {
		paths = map[string]target{}
	}
	paths[strings.TrimSuffix(path, "/")] = newTarget(upstream, "")
	w.catalog.paths = paths
}

// SignIn records that the user has signed in to the per-user connection or MCP
// service of that name.
func (w *Workspace) SignIn(name, user string) {
	w.SignOut(name, user)
	w.catalog.mu.Lock()
	defer w.catalog.mu.Unlock()
	if conn, ok := w.catalog.connections[name]; ok {
		conn.SignedIn = append(slices.Clip(conn.SignedIn), user)
		w.catalog.connections[name] = conn
	}
	if s, ok := w.catalog.services[name]; ok {
		s.SignedIn = append(slices.Clip(s.SignedIn), user)
		w.catalog.services[name] = s
	}
}

// SignOut ends the user's sign-in to the connection or MCP service of that name.
func (w *Workspace) SignOut(name, user string) {
	w.catalog.mu.Lock()
	defer w.catalog.mu.Unlock()
	others := func(users []string) []string {
		return slices.DeleteFunc(slices.Clone(users), func(u string) bool { return u == user })
	}
	if conn, ok := w.catalog.connections[name]; ok {
		conn.SignedIn = others(conn.SignedIn)
		w.catalog.connections[name] = conn
	}
	if s, ok := w.catalog.services[name]; ok {
		s.SignedIn = others(s.SignedIn)
		w.catalog.services[name] = s
	}
}

func (c *catalog) connection(name string) (Connection, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	conn, ok := c.connections[name]
	return conn, ok
}

func (c *catalog) service(name string) (Service, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	s, ok := c.services[name]
	return s, ok
}

func (c *catalog) path(path string) (target, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	t, ok := c.paths[strings.TrimSuffix(path, "/")]
	return t, ok
}

// mayUse tells whether a list of names, nil meaning everyone, holds the caller or
// a group of the caller's.
func mayUse(users []string, caller principal) bool {
	return users == nil || slices.ContainsFunc(users, func(name string) bool {
		return name == caller.name || slices.Contains(caller.groups, name)
	})
}

// admit returns the connection if the caller may go through it.
//
// Verified in traces: the words, codes and statuses for a missing USE CONNECTION
// and a missing sign-in. Assumed: the code and words for an unknown connection.
func (c *catalog) admit(name string, caller principal) (Connection, *refusal) {
	conn, ok := c.connection(name)
	switch {
	case !ok:
		return conn, &refusal{
			status: http.StatusNotFound, code: "CONNECTION_DOES_NOT_EXIST",
			message: "Connection '" + name + "' does not exist.",
		}
	case !mayUse(conn.Users, caller):
		return conn, &refusal{
			status: http.StatusForbidden, code: codePermissionDenied,
			message: "User does not have USE CONNECTION on Connection '" + name + "'.",
		}
	case conn.CredentialType == perUserCredential && !slices.Contains(conn.SignedIn, caller.name):
		return conn, c.signInFirst(name, caller.name)
	}
	return conn, nil
}

// signInFirst is the refusal of a per-user connection to a user who has not
// signed in to it.
func (c *catalog) signInFirst(name, user string) *refusal {
	return &refusal{
		status: http.StatusUnauthorized, code: codeUnauthenticated,
		message: "Credential for user identity('" + user + "') is not found for the connection '" + name +
			"'. Please login first to the connection by visiting " + c.host + "/explore/connections/" + name + "?o=" + workspaceID,
	}
}

// admitService returns the target of an MCP service the caller may execute.
//
// Verified: 401 with WWW-Authenticate naming resource metadata for a missing
// sign-in (databricks/unity-gateway), 404 "does not exist" and 403. Assumed:
// the exact words and codes of all three bodies.
func (c *catalog) admitService(name string, caller principal) (target, *refusal) {
	s, ok := c.service(name)
	conn, leads := c.connection(s.Connection)
	switch {
	case !ok || !leads:
		return target{}, serviceNotFound(name)
	case !mayUse(s.Users, caller):
		return target{}, &refusal{
			status: http.StatusForbidden, code: codePermissionDenied,
			message: "User does not have EXECUTE on MCP Service '" + name + "'.",
		}
	case s.PerUser && !slices.Contains(s.SignedIn, caller.name):
		return target{}, &refusal{
			status: http.StatusUnauthorized, code: codeUnauthenticated,
			message: "Credential for user identity('" + caller.name + "') is not found for the MCP service '" + name + "'. Please login first.",
			header: http.Header{"Www-Authenticate": {
				`Bearer resource_metadata="` + c.host + "/.well-known/oauth-protected-resource/ai-gateway/mcp-services/" + name + `"`,
			}},
		}
	}
	return conn.target, nil
}

func serviceNotFound(name string) *refusal {
	return &refusal{
		status: http.StatusNotFound, code: "NOT_FOUND",
		message: "MCP Service '" + name + "' does not exist.",
	}
}
