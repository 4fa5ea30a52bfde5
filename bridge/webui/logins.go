package webui

import (
	"context"
	"net/http"

	"ucbridge/bridge/gateway"
	m "ucbridge/bridge/webui/markup"
)

// loggedIn reports whether the visitor has a sign-in to the server that can be ended.
// Databricks lets users end those of MCP services alone.
func (q *request) loggedIn(ctx context.Context, s Server) bool {
	return q.page.opts.Logins != nil && s.Service != "" && q.page.opts.Logins.SignedIn(q.caller.Sign(ctx), s.Service)
}

// endLogin ends the visitor's sign-in to a server, and goes back to its page.
func (q *request) endLogin() {
	s, known := q.page.servers["/mcp-services/"+q.r.PathValue("name")]
	if !known {
		q.page.notFound(q.w, q.r)
		return
	}
	ctx, cancel := context.WithTimeout(q.r.Context(), listTimeout)
	defer cancel()
	if err := q.page.opts.Logins.SignOut(q.caller.Sign(ctx), s.Service); err != nil {
		q.render(http.StatusBadGateway, refusedPage, view{Title: s.Name, Problem: q.page.problemOf(err, q.caller.Name)})
		return
	}
	seeOther(q.w, root(q.r)+"tools"+s.Path)
}

// logoutPart is the button that ends the sign-in.
func (v view) logoutPart() m.Part {
	return m.If(v.LoggedIn, m.E("form", m.A("method", "post"), m.A("action", v.Root+"sign-out"+gateway.Unescaped(v.Server.Path)),
		m.E("button", m.Class("quiet"), m.T("Sign out of "+v.Server.Name))))
}
