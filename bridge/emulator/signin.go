package emulator

import (
	"fmt"
	"net/http"
)

// The pages where a user signs in to what each user has an own credential for.
// Verified: their addresses (Databricks' refusals name the first,
// databricks/unity-gateway the second). Of the pages themselves nothing is known
// but that they take a browser and a click: here a visit is enough, and the
// caller's token stands for the browser's session.

// visitConnection signs the caller in to a per-user connection.
func (a restAPI) visitConnection(c *call) {
	name := c.r.PathValue("name")
	conn, refused := a.w.catalog.admit(name, c.caller)
	if refused != nil && refused.code != codeUnauthenticated {
		c.refuse(refused)
		return
	}
	a.signInByPage(c, name, conn.CredentialType == perUserCredential)
}

// visitService signs the caller in to an MCP service.
func (a restAPI) visitService(c *call) {
	name := c.r.URL.Query().Get("name")
	if _, refused := a.w.catalog.admitService(name, c.caller); refused != nil && refused.code != codeUnauthenticated {
		c.refuse(refused)
		return
	}
	s, _ := a.w.catalog.service(name)
	a.signInByPage(c, name, s.PerUser)
}

func (a restAPI) signInByPage(c *call, name string, perUser bool) {
	text := "has nothing to sign in to"
	if perUser {
		a.w.SignIn(name, c.caller.name)
		text = "knows you now"
	}
	c.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	c.w.WriteHeader(http.StatusOK)
	fmt.Fprintf(c.w, "%s %s.\n", name, text)
}
