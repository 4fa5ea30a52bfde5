// Package unitycatalog asks a workspace which MCP servers a user can see, and what
// stands between the user and each of them: the privilege to use it, and for
// some a sign-in of the user's own. A [Catalog] is what one user sees, a [Server] one
// connection or MCP service in it, or a server that Databricks hosts itself.
//
// It knows the parts of the REST API that concern them, and nothing of how a request
// is signed or refused. The calls are made here and not with the Databricks SDK's
// service packages: those put names into paths unescaped, repeat for a second or more
// what failed on the network, whatever their settings, and lack half of what is asked
// here (who has signed in, what kind of connection an MCP service leads to).
package unitycatalog

import (
	"context"
	"net/url"
	"sync"
	"time"
)

// API is the REST API of a workspace; *databricks.Workspace is one. Get reads the
// JSON at an escaped path into answer, Delete deletes what is there. Refusals are
// *refusal.Error.
type API interface {
	Get(ctx context.Context, path string, query url.Values, answer any) error
	Delete(ctx context.Context, path string) error
}

// Catalog is what one user sees. It is safe for concurrent use.
type Catalog struct {
	api API

	mu sync.Mutex
	me *user // nil until asked

	schemas schemaList
}

// New returns the catalog of the user whom api stands for.
func New(api API) *Catalog {
	return &Catalog{api: api, schemas: schemaList{turn: make(chan struct{}, 1)}}
}

// Kind says what leads to a server.
type Kind string

const (
	Connection Kind = "connection"  // HTTP connection
	Service    Kind = "mcp-service" // MCP service

	// Hosted by Databricks, each at a path of the workspace.
	Genie     Kind = "genie"     // Genie One, and Genie agents
	AISearch  Kind = "ai-search" // an index of AI Search
	SQL       Kind = "sql"       // Databricks SQL
	Functions Kind = "functions" // the functions of a schema
	App       Kind = "app"       // a Databricks App that is an MCP server
)

// Server is what leads to an MCP server, as the user sees it.
type Server struct {
	Kind Kind `json:"kind"`
	// Name is the full name, as --connection and --mcp-service take it. A connection
	// of a schema has one of three parts. Of what Databricks hosts it is the title.
	Name string `json:"name"`
	// URL is where Databricks hosts the server, as --url takes it; empty for
	// connections and MCP services.
	URL string `json:"url,omitempty"`
	// Type is the connection's, "HTTP" as a rule; empty for a service.
	Type string `json:"type,omitempty"`
	// Credential is the kind of credential that Databricks presents to the
	// server behind, e.g. "BEARER_TOKEN"; empty where the catalog does not tell.
	// A service has that of the connection it leads to.
	Credential string `json:"credential,omitempty"`
	// PerUser tells that each user has to sign in: the credential is of that kind, or
	// the service says so.
	PerUser bool `json:"perUser,omitempty"`
	// Connection is the one that a service leads to; empty for a connection.
	Connection string `json:"connection,omitempty"`
	// ConnectionDeleted tells that this connection is gone: calls fail until the
	// service is given another.
	ConnectionDeleted bool `json:"connectionDeleted,omitempty"`
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
	// SignInExpires is until when the user is signed in; zero where nobody says.
	SignInExpires time.Time `json:"signInExpires,omitzero"`
}

// catalogued reports whether the server is a securable of Unity Catalog.
func (s Server) catalogued() bool { return s.Kind == Connection || s.Kind == Service }

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
