package emulator

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// oidcServer signs callers in.
type oidcServer struct{ w *Workspace }

// serveWellKnown answers the host metadata that the SDK reads while it resolves
// a configuration. Verified: path and member names (databricks-sdk-go
// config/host_metadata.go).
func (o oidcServer) serveWellKnown(c *call) {
	if c.r.Method != http.MethodGet || c.r.URL.Path != "/.well-known/databricks-config" {
		c.refuse(endpointNotFound(c.r.Method, c.r.URL.Path))
		return
	}
	c.answerJSON(http.StatusOK, map[string]string{
		"oidc_endpoint": o.w.url + "/oidc",
		"workspace_id":  workspaceID,
		"account_id":    "00000000-0000-0000-0000-000000000001",
		"host_type":     "workspace",
		"cloud":         "AWS",
	})
}

// serveOIDC answers OAuth discovery and issues tokens. Verified: paths and the
// members of the discovery document that the SDK reads
// (databricks-sdk-go credentials/u2m/endpoint_supplier.go), and the standards'
// grants (RFC 6749, RFC 8693). Assumed: the words of its errors.
func (o oidcServer) serveOIDC(c *call) {
	switch c.r.Method + " " + c.r.URL.Path {
	case "GET /oidc/.well-known/oauth-authorization-server", "GET /oidc/.well-known/openid-configuration":
		c.answerJSON(http.StatusOK, map[string]any{
			"issuer":                 o.w.url + "/oidc",
			"authorization_endpoint": o.w.url + "/oidc/v1/authorize",
			"token_endpoint":         o.w.url + "/oidc/v1/token",
			"jwks_uri":               o.w.url + "/oidc/jwks.json",
			"grant_types_supported": []string{
				"authorization_code", "client_credentials", "refresh_token", grantExchange,
			},
			"id_token_signing_alg_values_supported": []string{"ES256"},
			"response_types_supported":              []string{"code"},
			"code_challenge_methods_supported":      []string{"S256"},
			"scopes_supported":                      []string{scopeAll, "offline_access"},
			"token_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post", "none"},
		})
	case "GET /oidc/jwks.json":
		c.answerJSON(http.StatusOK, o.w.directory.key.set())
	case "GET /oidc/v1/authorize", "POST /oidc/v1/authorize":
		o.authorize(c)
	case "POST /oidc/v1/token":
		o.issueToken(c)
	default:
		c.refuse(endpointNotFound(c.r.Method, c.r.URL.Path))
	}
}

// tokenAnswer is the standard's answer of a token endpoint, good or bad.
type tokenAnswer struct {
	AccessToken  string `json:"access_token,omitempty"`
	TokenType    string `json:"token_type,omitempty"`
	ExpiresIn    int    `json:"expires_in,omitempty"`
	Scope        string `json:"scope,omitempty"`
	RefreshToken string `json:"refresh_token,omitempty"`
	Error        string `json:"error,omitempty"`
	Description  string `json:"error_description,omitempty"`
}

// grantExchange is the grant type of RFC 8693.
const grantExchange = "urn:ietf:params:oauth:grant-type:token-exchange"

// authorize plays a login (RFC 6749, section 4.1, with PKCE, RFC 7636). A browser is
// shown a page where it chooses which user signs in; a program that asks in its place
// is signed in as the workspace's first. Verified: path and parameters
// (databricks-sdk-go credentials/u2m). Assumed: that an unknown client id is refused.
func (o oidcServer) authorize(c *call) {
	query := c.r.URL.Query()
	app, known := o.w.directory.app(query.Get("client_id"))
	if !known {
		c.refuse(invalidParameter("OAuth application with client_id: '" + query.Get("client_id") + "' not available in Databricks account."))
		return
	}
	back, err := url.Parse(query.Get("redirect_uri"))
	if err != nil || !app.redirects(query.Get("redirect_uri")) {
		c.refuse(invalidParameter("redirect_uri is not registered for the application."))
		return
	}
	answer := back.Query()
	answer.Set("state", query.Get("state"))
	user := o.w.directory.first
	switch {
	case query.Get("response_type") != "code" || query.Get("code_challenge_method") != "S256" || query.Get("code_challenge") == "":
		answer.Set("error", "invalid_request")
	case c.r.Method == http.MethodGet && strings.Contains(c.r.Header.Get("Accept"), "text/html"):
		o.askWho(c, app.ClientID)
		return
	case c.r.Method == http.MethodPost:
		c.r.Body = http.MaxBytesReader(c.w, c.r.Body, 1<<10)
		user = c.r.PostFormValue("user")
		fallthrough
	default:
		answer.Set("code", o.w.directory.addCode(authorization{
			challenge: query.Get("code_challenge"), redirect: query.Get("redirect_uri"),
			client: app.ClientID, scopes: strings.Fields(query.Get("scope")), user: user,
		}))
	}
	back.RawQuery = answer.Encode()
	c.w.Header().Set("Location", back.String())
	c.w.WriteHeader(http.StatusFound)
}

// issueToken answers the token endpoint.
func (o oidcServer) issueToken(c *call) {
	c.w.Header().Set("Cache-Control", "no-store")
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, 1<<20)
	if err := c.r.ParseForm(); err != nil {
		c.answerJSON(http.StatusBadRequest, tokenAnswer{Error: "invalid_request", Description: "The form cannot be read."})
		return
	}
	federated, ok := principal{}, false
	if c.r.PostForm.Get("grant_type") == grantExchange && c.r.PostForm.Get("client_id") == "" {
		federated, ok = o.federated(c.r.Context(), c.r.PostForm)
	}
	d := &o.w.directory
	d.mu.Lock()
	defer d.mu.Unlock()
	p, asked, refused := federated, strings.Fields(c.r.PostForm.Get("scope")), tokenAnswer{}
	if !ok {
		p, asked, refused = d.grant(c.r)
	}
	if refused.Error != "" {
		status := http.StatusBadRequest
		if refused.Error == "invalid_client" {
			status = http.StatusUnauthorized
		}
		c.answerJSON(status, refused)
		return
	}
	answer := tokenAnswer{TokenType: "Bearer", ExpiresIn: int(o.w.tokenTTL.Seconds())}
	if grant := c.r.PostForm.Get("grant_type"); grant == "refresh_token" || grant == "authorization_code" {
		answer.RefreshToken = d.addRefresh(p)
	}
	p.scopes = narrowed(p, asked)
	answer.AccessToken = d.addAccess(p, c.r.PostForm.Get("client_id"), o.w.tokenTTL)
	answer.Scope = strings.Join(p.scopes, " ")
	c.answerJSON(http.StatusOK, answer)
}

// grant tells whom a request for a token stands for, and which scopes it asks for.
// A code and a refresh token serve once each. The refusal is zero where there is
// none. It is called with the lock held.
func (d *directory) grant(r *http.Request) (p principal, asked []string, refused tokenAnswer) {
	form := r.PostForm
	asked = strings.Fields(form.Get("scope"))
	switch form.Get("grant_type") {
	case "client_credentials":
		id, secret, ok := r.BasicAuth()
		if !ok {
			id, secret = form.Get("client_id"), form.Get("client_secret")
		}
		if known, exists := d.secrets[id]; !exists || known != secret {
			return p, nil, tokenAnswer{Error: "invalid_client", Description: "Client authentication failed"}
		}
		return principal{name: id, scopes: []string{scopeAll}}, asked, refused
	case "refresh_token":
		old := form.Get("refresh_token")
		p, exists := d.refresh[old]
		if !exists {
			return p, nil, tokenAnswer{Error: "invalid_grant", Description: "Refresh token is invalid"}
		}
		delete(d.refresh, old)
		return p, asked, refused
	case "authorization_code":
		code, exists := d.codes[form.Get("code")]
		delete(d.codes, form.Get("code"))
		proof := sha256.Sum256([]byte(form.Get("code_verifier")))
		user, active := d.users[code.user]
		if !exists || !active || code.client != form.Get("client_id") || code.redirect != form.Get("redirect_uri") || base64.RawURLEncoding.EncodeToString(proof[:]) != code.challenge {
			return p, nil, tokenAnswer{Error: "invalid_grant", Description: "The code is unknown, used, or not this program's"}
		}
		return user.principal(), code.scopes, refused
	case grantExchange:
		id, exists := d.identities[form.Get("subject_token")]
		if client := form.Get("client_id"); !exists || client != "" && client != id {
			return p, nil, tokenAnswer{Error: "invalid_grant", Description: "No federation policy takes the identity token"}
		}
		return principal{name: id, scopes: []string{scopeAll}}, asked, refused
	}
	return p, nil, tokenAnswer{Error: "unsupported_grant_type"}
}

// narrowed returns the scopes asked for that p may have; all of p's where none
// are asked for.
func narrowed(p principal, asked []string) []string {
	asked = slices.DeleteFunc(asked, func(s string) bool { return s == "offline_access" })
	if len(asked) == 0 {
		return p.scopes
	}
	return slices.DeleteFunc(asked, func(s string) bool { return !p.has(s) })
}
