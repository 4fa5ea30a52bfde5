package webui

import (
	"crypto/rand"
	"crypto/subtle"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"

	"ucbridge/bridge/gateway"
)

// loginLink lets the browser of the person in that started the gateway with --auth
// local. What they were given is a link for one use; the browser then keeps a
// cookie, which is no more than a browser's: it is not the token that MCP clients show.
//
// Cookies know no ports. Another program of this machine that the same browser
// calls at the same host name gets to see it, and could ask for pages with it.
type loginLink struct {
	secret string // that MCP clients show
	key    string // of the link
	used   atomic.Bool
	cookie string
}

const loginPath = "/enter"

func newLoginLink(secret string) *loginLink {
	return &loginLink{secret: secret, key: rand.Text(), cookie: rand.Text()}
}

// EntryPath is the path and query of a link that lets one browser in, once. ""
// means that everybody comes in by "/".
func (p *Page) EntryPath() string {
	if p.login == nil {
		return ""
	}
	return loginPath + "?key=" + p.login.key
}

// admit returns r as an MCP client would have sent it, if it comes
// from a browser that was let in.
func (l *loginLink) admit(r *http.Request) *http.Request {
	c, err := r.Cookie(cookieName(r))
	if err != nil || !equal(c.Value, l.cookie) {
		return r
	}
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+l.secret)
	return r
}

// letIn gives the browser its cookie and sends it to the first page.
func (p *Page) letIn(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, &http.Cookie{
		Name: cookieName(r), Value: p.login.cookie, Path: "/", HttpOnly: true, Secure: isSecure(p.opts.Auth, r), SameSite: http.SameSiteStrictMode,
	})
	toFirstPage(w)
}

// toFirstPage sends a browser from the login to the first page.
func toFirstPage(w http.ResponseWriter) { seeOther(w, "./") }

// enterByLink lets in who has the link, the first time. Whoever asks for its head
// is no browser that goes there.
func (p *Page) enterByLink(w http.ResponseWriter, r *http.Request) {
	l := p.login
	if c, err := r.Cookie(cookieName(r)); err == nil && equal(c.Value, l.cookie) {
		toFirstPage(w)
		return
	}
	if r.Method != http.MethodGet || !equal(r.URL.Query().Get("key"), l.key) || !l.used.CompareAndSwap(false, true) {
		p.askForSecret(w, r, http.StatusForbidden, "This link is wrong or was used already: it works once, in one browser.")
		return
	}
	p.letIn(w, r)
}

// enterBySecret lets in who shows the gateway's token in a form.
func (p *Page) enterBySecret(w http.ResponseWriter, r *http.Request) {
	if form(w, r, 4<<10) != nil || !equal(r.PostForm.Get("token"), p.login.secret) {
		p.askForSecret(w, r, http.StatusForbidden, "This is not the gateway's token.")
		return
	}
	p.letIn(w, r)
}

func (p *Page) askForSecret(w http.ResponseWriter, r *http.Request, status int, why string) {
	render(w, status, enterPage(view{Root: root(r), Title: "Sign in", Why: why}))
}

// cookieName tells gateways on several ports of a machine apart.
func cookieName(r *http.Request) string {
	_, port, err := net.SplitHostPort(r.Host)
	if err != nil {
		port = "80"
	}
	return "ucbridge-" + url.QueryEscape(port)
}

// isSecure reports whether the browser that sent r knows the gateway by https.
func isSecure(auth *gateway.Authenticator, r *http.Request) bool {
	return strings.HasPrefix(auth.Address(r), "https://")
}

func equal(shown, wanted string) bool {
	return subtle.ConstantTimeCompare([]byte(shown), []byte(wanted)) == 1
}
