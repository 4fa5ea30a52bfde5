package emulator

import (
	"encoding/json"
	"net/http"
	"slices"
)

// credentialInfo is a user's sign-in to an MCP service. Verified: member names
// (databricks-sdk-go service/catalog McpServiceUserMappedCredential). Assumed: the
// form of the times, and that they are the same for everybody.
type credentialInfo struct {
	Options      map[string]string `json:"options"`
	Provisioning provisioning      `json:"provisioning_info"`
}

var signedIn = credentialInfo{map[string]string{
	"access_token_expiration": "2098-12-31T23:00:00Z", "refresh_token_expiration": "2099-01-01T00:00:00Z",
}, active}

// serviceOf finds the service that a request is about, if the caller may execute it.
func (a restAPI) serviceOf(c *call) (Service, bool) {
	name := c.r.PathValue("name")
	if _, refused := a.w.catalog.admitService(name, c.caller); refused != nil && refused.code != codeUnauthenticated {
		c.refuse(refused)
		return Service{}, false
	}
	s, _ := a.w.catalog.service(name)
	return s, true
}

func noCredential(service, user string) *refusal {
	return &refusal{
		status: http.StatusNotFound, code: "NOT_FOUND",
		message: "Credential for user identity('" + user + "') is not found for the MCP service '" + service + "'.",
	}
}

// getServiceCredential tells whether the caller has signed in to a service.
// Verified: path, member names and that 404 means no (Databricks' API reference, MCP
// service user credentials).
func (a restAPI) getServiceCredential(c *call) {
	s, ok := a.serviceOf(c)
	switch {
	case !ok:
	case !slices.Contains(s.SignedIn, c.caller.name):
		c.refuse(noCredential(s.Name, c.caller.name))
	default:
		c.answerJSON(http.StatusOK, signedIn)
	}
}

// createServiceCredential signs the caller in with a code that the service's provider
// gave. Verified: path and member names (as above). Assumed: that each of the three
// options is needed, and what is refused. No provider is asked here.
func (a restAPI) createServiceCredential(c *call) {
	s, ok := a.serviceOf(c)
	if !ok {
		return
	}
	var login struct {
		Options map[string]string `json:"options"`
	}
	if err := json.NewDecoder(c.body).Decode(&login); err != nil {
		c.refuse(invalidParameter("The body is not the JSON expected."))
		return
	}
	for _, name := range []string{"authorization_code", "pkce_verifier", "oauth_redirect_uri"} {
		if login.Options[name] == "" {
			c.refuse(invalidParameter("options." + name + " is required."))
			return
		}
	}
	if !s.PerUser {
		c.refuse(invalidParameter("MCP Service '" + s.Name + "' has no per-user credentials."))
		return
	}
	a.w.SignIn(s.Name, c.caller.name)
	c.answerJSON(http.StatusOK, signedIn)
}

// deleteServiceCredential signs the caller out. Verified: path (as above). Assumed:
// the answer where there is nothing to delete.
func (a restAPI) deleteServiceCredential(c *call) {
	s, ok := a.serviceOf(c)
	switch {
	case !ok:
	case !slices.Contains(s.SignedIn, c.caller.name):
		c.refuse(noCredential(s.Name, c.caller.name))
	default:
		a.w.SignOut(s.Name, c.caller.name)
		c.answerJSON(http.StatusOK, struct{}{})
	}
}
