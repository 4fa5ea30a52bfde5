package emulator

import (
	"net/http"
	"slices"
	"strings"
)

// serveWellKnown answers the host metadata that the SDK reads while it resolves
// a configuration. Verified: path and member names (databricks-sdk-go
// config/host_metadata.go).
func (w *Workspace) serveWellKnown(c *call) {
	if c.r.Method != http.MethodGet || c.r.URL.Path != "/.well-known/databricks-config" {
		c.refuse(endpointNotFound(c.r.Method, c.r.URL.Path))
		return
	}
	c.answerJSON(http.StatusOK, map[string]string{
		"oidc_endpoint": w.url + "/oidc",
		"workspace_id":  workspaceID,
		"account_id":    "00000000-0000-0000-0000-000000000001",
		"host_type":     "workspace",
		"cloud":         "AWS",
	})
}

// serveOIDC answers OAuth discovery and issues tokens. Verified: paths and the
// members of the discovery document that the SDK reads
// (databricks-sdk-go credentials/u2m/endpoint_supplier.go), and the standard's
// token exchange (RFC 6749). Assumed: the words of its errors.
func (w *Workspace) serveOIDC(c *call) {
	switch c.r.Method + " " + c.r.URL.Path {
	case "GET /oidc/.well-known/oauth-authorization-server", "GET /oidc/.well-known/openid-configuration":
		c.answerJSON(http.StatusOK, map[string]any{
			"issuer":                   w.url + "/oidc",
			"authorization_endpoint":   w.url + "/oidc/v1/authorize",
			"token_endpoint":           w.url + "/oidc/v1/token",
			"grant_types_supported":    []string{"client_credentials", "refresh_token"},
			"response_types_supported": []string{"code"},
			"scopes_supported":         []string{scopeAll, "offline_access"},
		})
	case "POST /oidc/v1/token":
		w.issueToken(c)
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

// issueToken exchanges client credentials or a refresh token for an access
// token. A refresh token serves once: its successor comes with the answer.
func (w *Workspace) issueToken(c *call) {
	c.w.Header().Set("Cache-Control", "no-store")
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, 1<<20)
	if err := c.r.ParseForm(); err != nil {
		c.answerJSON(http.StatusBadRequest, tokenAnswer{Error: "invalid_request", Description: "The form cannot be read."})
		return
	}
	d := &w.directory
	d.mu.Lock()
	defer d.mu.Unlock()
	var p principal
	answer := tokenAnswer{TokenType: "Bearer", ExpiresIn: int(w.tokenTTL.Seconds())}
	switch form := c.r.PostForm; form.Get("grant_type") {
	case "client_credentials":
		id, secret, ok := c.r.BasicAuth()
		if !ok {
			id, secret = form.Get("client_id"), form.Get("client_secret")
		}
		if known, exists := d.secrets[id]; !exists || known != secret {
			c.answerJSON(http.StatusUnauthorized, tokenAnswer{Error: "invalid_client", Description: "Client authentication failed"})
			return
		}
		p = principal{name: id, scopes: []string{scopeAll}}
	case "refresh_token":
		old := form.Get("refresh_token")
		var exists bool
		if p, exists = d.refresh[old]; !exists {
			c.answerJSON(http.StatusBadRequest, tokenAnswer{Error: "invalid_grant", Description: "Refresh token is invalid"})
			return
		}
		delete(d.refresh, old)
		answer.RefreshToken = d.addRefresh(p)
	default:
		c.answerJSON(http.StatusBadRequest, tokenAnswer{Error: "unsupported_grant_type"})
		return
	}
	p.scopes = narrowed(p, strings.Fields(c.r.PostForm.Get("scope")))
	answer.AccessToken = d.addAccess(p, w.tokenTTL)
	answer.Scope = strings.Join(p.scopes, " ")
	c.answerJSON(http.StatusOK, answer)
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
