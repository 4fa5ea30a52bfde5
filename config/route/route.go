// Package route lists the routes by which a message gets from ucbridge through
// Databricks to an MCP server. The table Routes is the only such list: settings,
// help, completion, the transport and the doctor read it.
//
// A new route is a constant and a row here. TestEveryRoute of bridge/databricks names
// what else it takes: an address there, the same route in bridge/emulator, a word in
// docs/protocol.md.
package route

import "slices"

// Name is a route as people and logs spell it.
type Name string

// The routes.
const (
	Auto             Name = "auto" // the first of Auto's Tries that the workspace has
	Proxy            Name = "proxy"
	ExternalFunction Name = "external-function"
	MCPExternal      Name = "mcp-external"

	MCPExternalURL Name = "mcp-external-url" // MCPExternal, named by its URL
	MCPService     Name = "mcp-service"
	WorkspacePath  Name = "workspace-path" // any other path on the workspace
	App            Name = "app"            // a Databricks App
	API            Name = "rest-api"       // no MCP: each request names its path
)

// Route is what holds on one route.
type Route struct {
	Name Name
	// Choice says that --route takes it: the route leads to a connection.
	Choice bool
	// Path says that --path is appended to the connection's base path.
	Path bool
	// Streams says that an answer comes piece by piece, and that the server may
	// send messages of its own. Elsewhere answers come whole.
	Streams bool
	// Scope is the OAuth scope that a token needs.
	Scope string
	// WrapsRefusals says that Databricks puts its refusals into JSON-RPC errors
	// under HTTP 200.
	WrapsRefusals bool
	// Tries are the routes that are taken in its place, in this order, each where
	// the workspace lacks the one before.
	Tries []Name
}

// Routes is every route. The choices come first, in the order of --help.
// The scopes are those of the Databricks documentation (proxy: "HTTP
// connections"; MCP services: "Unity Gateway"); external-function names none.
var Routes = []Route{
	{Name: Auto, Choice: true, Path: true, Streams: true, Scope: "unity-catalog", Tries: []Name{Proxy, ExternalFunction}},
	{Name: Proxy, Choice: true, Path: true, Streams: true, Scope: "unity-catalog"},
	{Name: ExternalFunction, Choice: true, Path: true, Scope: "all-apis"},
	{Name: MCPExternal, Choice: true, Streams: true, Scope: "unity-catalog", WrapsRefusals: true},
	{Name: MCPExternalURL, Streams: true, Scope: "unity-catalog", WrapsRefusals: true},
	{Name: MCPService, Streams: true, Scope: "ai-gateway"},
	{Name: WorkspacePath, Streams: true, Scope: "all-apis"},
	{Name: App, Streams: true, Scope: "all-apis"},
	{Name: API, Scope: "unity-catalog"},
}

// Of returns the route of that name. The name must be one of the table.
func Of(name Name) Route {
	return Routes[slices.IndexFunc(Routes, func(r Route) bool { return r.Name == name })]
}

// Choices are the names that --route takes, in the order of --help.
func Choices() []string {
	var names []string
	for _, r := range Routes {
		if r.Choice {
			names = append(names, string(r.Name))
		}
	}
	return names
}
