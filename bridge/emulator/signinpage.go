package emulator

import (
	"fmt"
	"html"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// askWho shows a browser the users, each with a button; there are no passwords here.
// The form is sent to the same address. Nothing is known of Databricks' own page.
func (o oidcServer) askWho(c *call, app string) {
	d := &o.w.directory
	d.mu.RLock()
	users, first := slices.Sorted(maps.Keys(d.users)), d.first
	d.mu.RUnlock()
	var buttons strings.Builder
	for _, name := range users {
		fmt.Fprintf(&buttons, "<p><button name=\"user\" value=\"%[1]s\">%[1]s</button></p>\n", html.EscapeString(name))
	}
	c.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	c.w.Header().Set("Cache-Control", "no-store")
	c.w.WriteHeader(http.StatusOK)
	fmt.Fprintf(c.w, `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Sign in</title>
<h1>Sign in to %s</h1>
<p>This is an emulated workspace: nobody needs a password. In the demo you are %s.</p>
<form method="post">
%s</form>
</html>
`, html.EscapeString(app), html.EscapeString(first), &buttons)
}
