package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"strings"

	"ucbridge/bridge/refusal"
)

// Server is the authorization server whose tokens a gateway takes. It is safe for
// concurrent use.
type Server interface {
	// Issuer is its name, which clients find it by.
	Issuer() string
	// Metadata is what it tells everybody.
	Metadata(ctx context.Context) (*Metadata, error)
	// Token returns the token that signs the requests of whoever brings a bearer token,
	// or says why there is none.
	Token(ctx context.Context, bearer string) (string, *refusal.Error)
	// Forget drops what is kept for a bearer token, as what it stood for was refused.
	Forget(bearer string)
}

// Resource is a protected resource: the gateway, to its clients. It does not change, and
// is safe for concurrent use.
type Resource struct {
	Server Server
	// ClientID is that of the OAuth app which the operator has published for the
	// gateway's clients, "" for none.
	ClientID string
	// Scopes are what clients ask the server for, nil for those of Databricks that what
	// is served needs.
	Scopes []string
}

// The paths of what is served to clients below the address of the gateway. A well-known
// path is followed by that of what it is about.
const (
	ResourcePath = "/.well-known/oauth-protected-resource"   // RFC 9728
	ServerPath   = "/.well-known/oauth-authorization-server" // RFC 8414
	OpenIDPath   = "/.well-known/openid-configuration"       // the same, where OpenID Connect looks for it
	RegisterPath = "/oauth/register"                         // RFC 7591
	ClientPath   = "/oauth/client.json"
	CallbackPath = "/oauth/callback"
)

// ErrNoFront says that the gateway is in front of no authorization server: clients
// have to know their client id.
var ErrNoFront = errors.New("no client id is published here")

// Metadata is the document about one MCP server (RFC 9728), or about the gateway where
// path is "". base is the gateway's address, without a slash at its end.
func (r *Resource) Metadata(base, path, name string, scopes []string) []byte {
	servers := []string{r.Server.Issuer()}
	if r.ClientID != "" {
		servers = append([]string{base}, servers...)
	}
	if r.Scopes != nil {
		scopes = r.Scopes
	}
	about := map[string]any{
		"resource": base + path, "resource_name": name, "authorization_servers": servers, "bearer_methods_supported": []string{"header"},
	}
	if len(scopes) > 0 {
		about["scopes_supported"] = scopes
	}
	return document(about)
}

// ServerMetadata is the document of the authorization server (RFC 8414) with one addition.
// Databricks registers no clients, most identity providers neither, and most clients know
// no other way to a client id: its endpoints stand here under the gateway's name, beside
// one that tells the published id. What is true under its own name alone is left out.
func (r *Resource) ServerMetadata(ctx context.Context, base string) ([]byte, error) {
	if r.ClientID == "" {
		return nil, ErrNoFront
	}
	m, err := r.Server.Metadata(ctx)
	if err != nil {
		return nil, err
	}
	all := make(map[string]any)
	for name, value := range m.document {
		all[name] = value
	}
	maps.Copy(all, map[string]any{"issuer": base, "registration_endpoint": base + RegisterPath})
	// Answers of its endpoints name the issuer itself (RFC 9207, section 2.4), and so does
	// what it has signed, which wins over members beside it (RFC 8414, section 2.1).
	delete(all, "authorization_response_iss_parameter_supported")
	delete(all, "signed_metadata")
	return document(all), nil
}

// Register answers a client that asks for a client id (RFC 7591) with the published one.
// Nothing is kept: where codes may be sent is registered with the workspace.
func (r *Resource) Register(request []byte) ([]byte, error) {
	if r.ClientID == "" {
		return nil, ErrNoFront
	}
	var asked struct {
		RedirectURIs []string `json:"redirect_uris"`
		Name         string   `json:"client_name,omitempty"`
	}
	if err := json.Unmarshal(request, &asked); err != nil {
		return nil, fmt.Errorf("reading client metadata: %w", err)
	}
	if len(asked.RedirectURIs) == 0 {
		return nil, errors.New("redirect_uris is missing")
	}
	for _, uri := range asked.RedirectURIs {
		if u, err := url.Parse(uri); err != nil || !u.IsAbs() || u.Fragment != "" {
			return nil, fmt.Errorf("%s is no redirect URI", refusal.Quote(uri))
		}
	}
	answer := map[string]any{
		"client_id": r.ClientID, "redirect_uris": asked.RedirectURIs, "token_endpoint_auth_method": "none",
		"grant_types": []string{"authorization_code", "refresh_token"}, "response_types": []string{"code"},
	}
	if asked.Name != "" {
		answer["client_name"] = asked.Name
	}
	return document(answer), nil
}

// ClientMetadata describes a client of the gateway, for authorization servers that take
// the address of this document as a client id
// (draft-ietf-oauth-client-id-metadata-document).
func ClientMetadata(base string) []byte {
	return document(map[string]any{
		"client_id": base + ClientPath, "client_name": "MCP client of " + base, "client_uri": base + "/",
		"redirect_uris":              []string{base + CallbackPath, "http://127.0.0.1/callback", "http://localhost/callback"},
		"token_endpoint_auth_method": "none", "grant_types": []string{"authorization_code", "refresh_token"}, "response_types": []string{"code"},
	})
}

// Challenge is the value of WWW-Authenticate that tells a client where to sign in (RFC
// 9728, section 5.1) and, with e, what was wrong with its token (RFC 6750, section 3).
func Challenge(base, path, scope string, e *refusal.Error) string {
	params := []string{"resource_metadata=" + quoted(base+ResourcePath+path)}
	if scope != "" {
		params = append(params, "scope="+quoted(scope))
	}
	if e != nil {
		code := "invalid_token"
		if e.Data.Reason == refusal.MissingScope {
			code = "insufficient_scope"
		}
		params = append([]string{"error=" + quoted(code), "error_description=" + quoted(e.WithoutHint())}, params...)
	}
	return "Bearer " + strings.Join(params, ", ")
}

// quoted is a quoted-string of the characters that RFC 6750 has in its values.
func quoted(text string) string {
	return `"` + strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e || r == '"' || r == '\\' {
			return '\''
		}
		return r
	}, text) + `"`
}

func document(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // texts and lists of them
	}
	return append(raw, '\n')
}

// RegistrationError is the answer to a request of a client that could not be read (RFC
// 7591, section 3.2.2).
func RegistrationError(err error) []byte {
	return document(map[string]string{"error": "invalid_client_metadata", "error_description": err.Error()})
}
