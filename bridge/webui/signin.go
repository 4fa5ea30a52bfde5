package webui

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"ucbridge/bridge/gateway"
	"ucbridge/bridge/oauth"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/seal"
)

// signIn lets people in by the workspace's own sign-in. Their browser keeps the access
// token in a cookie that only gateways with the same key can open, and nothing is kept
// here. The cookie lives as long as the token.
type signIn struct {
	oauth.SignIn
	seal   *seal.Sealer
	auth   *gateway.Authenticator
	scopes []string
}

const (
	startPath   = "/oauth/start"
	signOutPath = "/oauth/sign-out"
	// signInTime is how long a person may take to sign in.
	signInTime = 10 * time.Minute
	// maxKept is how long, in bytes, a call may be that a browser keeps while its user signs
	// in: cookies have some 4,000.
	maxKept = 2500
	// maxCookie is how long a cookie's name and value may be, in bytes. Browsers drop a longer
	// one, and say nothing.
	maxCookie = 4096
	// What is sealed, and the names of the cookies.
	sealedToken, sealedStart = "page access token", "page sign-in"
)

// admit returns r as an MCP client would have sent it, if it comes from a browser
// whose user has signed in.
func (s *signIn) admit(r *http.Request) *http.Request {
	c, err := r.Cookie(cookieName(r))
	if err != nil || r.Header.Get("Authorization") != "" {
		return r
	}
	token, _, err := s.seal.Open(sealedToken, c.Value)
	if err != nil {
		return r
	}
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+string(token))
	return r
}

// cookie is one for this gateway's pages alone. A browser sends it with links of other
// sites, the workspace's being one, and not with their forms.
func (s *signIn) cookie(r *http.Request, name, value string, life time.Duration) *http.Cookie {
	c := &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: int(life.Seconds()), HttpOnly: true, Secure: isSecure(s.auth, r), SameSite: http.SameSiteLaxMode}
	if public := s.auth.PublicURL; public != nil {
		c.Path = strings.TrimSuffix(public.Path, "/") + "/"
	}
	return c
}

// start sends a browser to the workspace.
func (p *Page) start(w http.ResponseWriter, r *http.Request) {
	s := p.signIn
	state, verifier := rand.Text(), oauth2.GenerateVerifier()
	to, err := s.Start(r.Context(), s.auth.Address(r)+oauth.CallbackPath, state, verifier, s.scopes)
	if err != nil {
		p.opts.Log.Warn("sign-in", "error", err)
		p.askToSignIn(w, r, http.StatusBadGateway, "The workspace does not answer. Try again in a minute.")
		return
	}
	kept := url.Values{"state": {state}, "verifier": {verifier}}
	if call := r.URL.Query().Get("call"); call != "" && len(call) < maxKept {
		kept.Set("call", call)
	}
	sealed := s.seal.Seal(sealedStart, []byte(kept.Encode()), time.Now().Add(signInTime))
	http.SetCookie(w, s.cookie(r, cookieName(r)+"-start", sealed, signInTime))
	seeOther(w, to)
}

// comeBack takes the code that the workspace gave a browser.
func (p *Page) comeBack(w http.ResponseWriter, r *http.Request) {
	s, query := p.signIn, r.URL.Query()
	c, err := r.Cookie(cookieName(r) + "-start")
	if err != nil {
		p.askToSignIn(w, r, http.StatusForbidden, "The sign-in did not begin in this browser, or took too long.")
		return
	}
	raw, _, err := s.seal.Open(sealedStart, c.Value)
	kept, badForm := url.ParseQuery(string(raw))
	if err != nil || badForm != nil || !equal(query.Get("state"), kept.Get("state")) {
		p.askToSignIn(w, r, http.StatusForbidden, "The sign-in did not begin in this browser, or took too long.")
		return
	}
	http.SetCookie(w, s.cookie(r, cookieName(r)+"-start", "", -time.Second))
	if query.Get("code") == "" {
		p.askToSignIn(w, r, http.StatusForbidden, "The workspace did not sign you in: "+refusal.Quote(query.Get("error")+" "+query.Get("error_description")))
		return
	}
	token, expires, err := s.Finish(r.Context(), s.auth.Address(r)+oauth.CallbackPath, query.Get("code"), kept.Get("verifier"))
	if err != nil {
		p.opts.Log.Warn("sign-in", "error", err)
		p.askToSignIn(w, r, http.StatusBadGateway, "The workspace gave no access token.")
		return
	}
	if expires.IsZero() {
		expires = time.Now().Add(time.Hour)
	}
	cookie := s.cookie(r, cookieName(r), s.seal.Seal(sealedToken, []byte(token), expires), time.Until(expires))
	if len(cookie.Name)+len(cookie.Value) > maxCookie {
		p.askToSignIn(w, r, http.StatusBadGateway, "The workspace's access token is too long for a browser to keep. AI clients can use this gateway all the same.")
		return
	}
	http.SetCookie(w, cookie)
	to := "../"
	if call := kept.Get("call"); call != "" {
		to += gateway.ApproveAddress(call)[1:]
	}
	seeOther(w, to)
}

// signOut has the browser forget the token. It stays good until it ends, and nobody has
// it any more.
func (p *Page) signOut(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, p.signIn.cookie(r, cookieName(r), "", -time.Second))
	seeOther(w, "../")
}

func (p *Page) askToSignIn(w http.ResponseWriter, r *http.Request, status int, why string) {
	to := ""
	if r.URL.Path == "/approve" && r.URL.RawQuery != "" {
		to = "?" + r.URL.RawQuery
	}
	render(w, status, signInPage(view{To: to, Root: root(r), Title: "Sign in", Why: why, Workspace: p.opts.Workspace(), SignsIn: p.signIn.ClientID != ""}))
}
