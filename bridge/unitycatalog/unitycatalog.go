// Package unitycatalog asks Unity Catalog which MCP servers a user can see, and what
// stands between the user and each of them: the privilege to use it, and for
// some a sign-in of the user's own. A [Catalog] is what one user sees, a [Server] one
// connection or MCP service in it.
//
// It knows the parts of the REST API that concern connections and MCP services,
// and nothing of how a request is signed or refused. The calls are made here and
// not with the Databricks SDK's service packages: those put names into paths
// unescaped, repeat for a second or more what failed on the network, whatever
// their settings, and lack half of what is asked here (who has signed in, what
// kind of connection an MCP service leads to).
package unitycatalog

import (
	"context"
	"net/url"
	"sync"
)

// API is the REST API of a workspace; *databricks.Workspace is one. Get reads the
// JSON at an escaped path into answer. Refusals are *refusal.Error.
type API interface {
	Get(ctx context.Context, path string, query url.Values, answer any) error
}

// Catalog is what one user sees. It is safe for concurrent use.
type Catalog struct {
	api API

	mu sync.Mutex
	me *user // nil until asked
}

// New returns the catalog of the user whom api stands for.
func New(api API) *Catalog { return &Catalog{api: api} }

// Kind says which of the two kinds of securables leads to a server.
type Kind string

const (
	Connection Kind = "connection"  // HTTP connection
	Service    Kind = "mcp-service" // MCP service
)

// Server is a connection or an MCP service as the user sees it.
type Server struct {
	Kind Kind `json:"kind"`
	// Name is the full name, as --connection and --mcp-service take it.
	Name string `json:"name"`
	// Type is the connection's, "HTTP" as a rule; empty for a service.
	Type string `json:"type,omitempty"`
	// Credential is the kind of credential that Databricks presents to the
	// server behind, e.g. "BEARER_TOKEN"; empty where the catalog does not tell.
	// A service has that of the connection it leads to.
	Credential string `json:"credential,omitempty"`
	// Connection is the one that a service leads to; empty for a connection.
	Connection string `json:"connection,omitempty"`
	// MCP tells that the connection was made for MCP. It is a note to Databricks'
	// own pages: a connection without it can lead to an MCP server as well.
	MCP bool `json:"mcp"`
	// Owner and Comment are as in the catalog.
	Owner   string `json:"owner,omitempty"`
	Comment string `json:"comment,omitempty"`
	// Usable tells whether the user has the privilege to send messages through it.
	Usable Answer `json:"usable"`
	// SignedIn tells whether the user has signed in to it. It is NotNeeded where
	// everybody goes by the connection's own credential.
	SignedIn Answer `json:"signedIn"`
}

// Answer is yes, no, or that it cannot be told. The zero value means not asked.
type Answer string

const (
	Yes       Answer = "yes"
	No        Answer = "no"
	Unknown   Answer = "unknown"
	NotNeeded Answer = "not_needed"
)

// perUser are the kinds of credential of which each user has an own one, made by
// signing in to the connection: those of the catalog (databricks-sdk-go
// service/catalog CredentialType), and those that an MCP service names for the
// connection behind it (databricks/unity-gateway).
var perUser = map[string]bool{
	"OAUTH_U2M_MAPPING":                  true,
	"CONNECTION_HTTP_OAUTH_U2M_MAPPING":  true,
	"CONNECTION_HTTP_DCR":                true,
	"CONNECTION_SLACK_OAUTH_U2M_MAPPING": true,
}
