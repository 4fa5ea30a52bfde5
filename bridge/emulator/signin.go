package emulator

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// The pages where a user signs in to what each user has an own credential for.
// Verified: their addresses (Databricks' refusals name the first,
// databricks/unity-gateway the second). Of the pages themselves nothing is known
// but that they take a browser and a click: here a program's visit is enough, and its
// token stands for the browser's session. A browser has none, and is asked who it is.

// atSignInPage reports whether a browser without a token asks for such a page, or answers
// what it asked.
func atSignInPage(r *http.Request) bool {
	if r.Header.Get("Authorization") != "" || !strings.HasPrefix(r.URL.Path, "/explore/connections/") && r.URL.Path != "/mcp-service-login" {
		return false
	}
	return r.Method == http.MethodPost || strings.Contains(r.Header.Get("Accept"), "text/html")
}

// known makes a browser's caller the user that was chosen. It reports false where the
// choice is shown, or was none.
func (a restAPI) known(c *call, to string) bool {
	if c.caller.name != "" {
		return true
	}
	if c.r.Method != http.MethodPost {
		oidcServer(a).askWho(c, to)
		return false
	}
	form, err := url.ParseQuery(string(c.prefix))
	if err != nil {
		c.refuse(invalidParameter("The form cannot be read."))
		return false
	}
	d := &a.w.directory
	d.mu.RLock()
	user, ok := d.users[form.Get("user")]
	d.mu.RUnlock()
	if !ok {
		c.refuse(invalidParameter("There is no such user."))
		return false
	}
	c.caller = user.principal()
	return true
}

// visitConnection signs the caller in to a per-user connection.
func (a restAPI) visitConnection(c *call) {
	name := c.r.PathValue("name")
	if !a.known(c, name) {
		return
	}
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
	if !a.known(c, name) {
		return
	}
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
		text = "knows " + c.caller.name + " now"
	}
	c.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	c.w.WriteHeader(http.StatusOK)
	fmt.Fprintf(c.w, "%s %s.\n", name, text)
}
