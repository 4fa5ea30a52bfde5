package databricks

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"ucbridge/bridge/databricks/origin"
	"ucbridge/config/route"
)

// Target says where messages go. Exactly one of Connection, Service and URL is
// set.
type Target struct {
	// Connection is the name of a Unity Catalog connection. Route and Path apply
	// to it alone.
	Connection string
	// Route is how the connection is reached, one of [route.Choices]; "" means
	// [route.Auto].
	Route string
	// Path is appended to the connection's base path. Empty means "/" on
	// external-function and nothing on proxy. It may carry a query, which
	// travels in the member params on external-function.
	Path string
	// Service is the full name of an MCP service, catalog.schema.name.
	Service string
	// URL is a path on the workspace ("/api/2.0/mcp/genie/ID"), the https
	// address of a Databricks App, or the full address of such a path on the
	// workspace's own host.
	URL string
	// Headers go with every request, for a server that reads them: a "NAME: VALUE" on each
	// line, none of them the transport's own. On external-function they are in the envelope.
	Headers string
}

// destination is a Target that has been checked.
type destination struct {
	route      route.Name
	connection string   // its name, also where it was read out of a URL; "" if none
	service    string   // likewise
	path       *url.URL // what is appended (proxy, external-function) or the whole path; nil if none
	url        *url.URL // absolute, on the workspace's host or an app's; nil if none
	headers    map[string]string
}

// Check checks the target by its syntax alone. Errors name the flag at fault.
func (t Target) Check() error {
	_, err := t.parse()
	return err
}

// SpeaksMCP reports whether a checked target is known to lead to an MCP server, as every
// target is but some paths of a workspace.
func (t Target) SpeaksMCP() bool {
	d, err := t.parse()
	if err != nil || d.route != route.WorkspacePath {
		return err == nil
	}
	path := cmp.Or(d.path, d.url).EscapedPath()
	if strings.Contains(path, "%") {
		return false // somebody on the way may read another path
	}
	connection, isConnection := strings.CutPrefix(path, connectionsPath)
	_, below, _ := strings.Cut(connection, "/")
	return isConnection && (below == "proxy" || strings.HasPrefix(below, "proxy/")) ||
		slices.ContainsFunc([]string{mcpPath, servicePath, skillsPath}, func(p string) bool { return strings.HasPrefix(path, p) })
}

// parse is Check, and returns what was read.
func (t Target) parse() (destination, error) {
	d, err := t.parseAddress()
	for line := range strings.Lines(t.Headers) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		if d.headers == nil {
			d.headers = make(map[string]string)
		}
		d.headers[name] = strings.TrimSpace(value)
	}
	return d, err
}

// shortestKey is how long the value of a header is that may be a key, in bytes.
const shortestKey = 8

// keys are the values of configured headers that may be keys, the longest first: one may
// begin with another, behind which the rest of it would stay.
func (d destination) keys() []string {
	var keys []string
	for _, value := range d.headers {
		if len(value) >= shortestKey {
			keys = append(keys, value)
		}
	}
	slices.SortFunc(keys, func(a, b string) int { return len(b) - len(a) })
	return keys
}

func (t Target) parseAddress() (destination, error) {
	given := 0
	for _, s := range []string{t.Connection, t.Service, t.URL} {
		if s != "" {
			given++
		}
	}
	if given != 1 {
		return destination{}, errors.New("exactly one of --connection, --mcp-service and --url is needed")
	}
	if t.Connection == "" && (t.Route != "" && t.Route != string(route.Auto) || t.Path != "") {
		return destination{}, errors.New("--route and --path belong to --connection")
	}
	switch {
	case t.Connection != "":
		return t.parseConnection()
	case t.Service != "":
		if err := checkService(t.Service); err != nil {
			return destination{}, fmt.Errorf("--mcp-service %q: %w", t.Service, err)
		}
		return destination{route: route.MCPService, service: t.Service}, nil
	default:
		d, err := parseURL(t.URL)
		if err != nil {
			return destination{}, fmt.Errorf("--url %q: %w", t.URL, err)
		}
		return d, nil
	}
}

func (t Target) parseConnection() (destination, error) {
	if err := checkName(t.Connection); err != nil {
		return destination{}, fmt.Errorf("--connection %q: %w", t.Connection, err)
	}
	name := route.Name(cmp.Or(t.Route, string(route.Auto)))
	i := slices.IndexFunc(route.Routes, func(r route.Route) bool { return r.Choice && r.Name == name })
	switch {
	case i < 0:
		return destination{}, fmt.Errorf("--route %q: want one of %s", t.Route, strings.Join(route.Choices(), ", "))
	case t.Path != "" && !route.Routes[i].Path:
		return destination{}, fmt.Errorf("--path has no meaning with --route %s", name)
	}
	d := destination{route: name, connection: t.Connection}
	if t.Path == "" {
		return d, nil
	}
	path := t.Path
	if !strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "?") {
		path = "/" + path
	}
	var err error
	if d.path, err = parsePath(path); err != nil {
		return destination{}, fmt.Errorf("--path %q: %w", t.Path, err)
	}
	return d, nil
}

// parsePath reads a path with an optional query. Steps upwards are refused: they
// would leave the connection, or the route itself.
func parsePath(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return nil, errors.Unwrap(err)
	case strings.HasPrefix(s, "//") || u.Scheme != "" || u.Host != "":
		return nil, errors.New("want a path, not the address of a host")
	case u.Fragment != "":
		return nil, errors.New("a fragment (#) is never sent")
	}
	for step := range strings.SplitSeq(u.Path, "/") {
		if step == "." || step == ".." {
			return nil, fmt.Errorf("a step %q is not allowed", step)
		}
	}
	return u, nil
}

func parseURL(s string) (destination, error) {
	if strings.HasPrefix(s, "/") {
		u, err := parsePath(s)
		if err != nil {
			return destination{}, err
		}
		return named(destination{route: route.WorkspacePath, path: u}, u), nil
	}
	u, err := url.Parse(s)
	if err != nil {
		return destination{}, errors.Unwrap(err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return destination{}, errors.New("want a path that starts with / or an https:// address")
	}
	if u.User != nil || u.Fragment != "" {
		return destination{}, errors.New("a user, password or fragment is not allowed")
	}
	if err := origin.Check(u); err != nil {
		return destination{}, err
	}
	if origin.IsApp(u) {
		return destination{route: route.App, url: u}, nil
	}
	if _, err := parsePath(u.RequestURI()); err != nil {
		return destination{}, err
	}
	return named(destination{route: route.WorkspacePath, url: u}, u), nil
}

// named recognises the routes of connections and MCP services in a URL, so that
// their refusals can be put into the same words.
func named(d destination, u *url.URL) destination {
	if name, ok := strings.CutPrefix(u.Path, externalPath); ok && checkName(name) == nil {
		d.route, d.connection = route.MCPExternalURL, name
	} else if name, ok := strings.CutPrefix(u.Path, servicePath); ok && checkService(name) == nil {
		d.service = name
	} else if rest, ok := strings.CutPrefix(u.Path, connectionsPath); ok {
		if name, _, ok := strings.Cut(rest, "/proxy"); ok && checkName(name) == nil {
			d.connection = name
		}
	}
	return d
}

// checkName refuses what cannot be the name of a connection and what could do
// harm in the links and commands that a name is put into. Unity Catalog itself
// forbids spaces, slashes and control characters and more than 255 characters;
// dots separate catalog, schema and name.
func checkName(name string) error {
	if name == "" || len([]rune(name)) > 255 || strings.Trim(name, ".") == "" {
		return errors.New("not the name of a connection")
	}
	for _, c := range name {
		if !unicode.IsPrint(c) || unicode.IsSpace(c) || strings.ContainsRune("/\\`'\"?#%", c) {
			return fmt.Errorf("character %q cannot be part of a connection's name", c)
		}
	}
	return nil
}

// checkService wants catalog.schema.name of letters, digits, _ and -: a service
// name is put into commands.
func checkService(name string) error {
	parts := strings.Split(name, ".")
	if len(parts) != 3 {
		return errors.New("want catalog.schema.name")
	}
	for _, part := range parts {
		plain := func(c rune) bool {
			return c == '_' || c == '-' || unicode.IsLetter(c) || unicode.IsMark(c) || unicode.IsDigit(c)
		}
		if part == "" || strings.ContainsFunc(part, func(c rune) bool { return !plain(c) }) {
			return errors.New("want catalog.schema.name of letters, digits, _ and -")
		}
	}
	return nil
}

// String names the target for a person: `connection "github"`.
func (d destination) String() string {
	switch {
	case d.route == route.API:
		return "Unity Catalog API"
	case d.connection != "":
		return fmt.Sprintf("connection %q", d.connection)
	case d.service != "":
		return fmt.Sprintf("MCP service %q", d.service)
	case d.url != nil:
		return fmt.Sprintf("address %q", d.url)
	default:
		return fmt.Sprintf("path %q", d.path)
	}
}
