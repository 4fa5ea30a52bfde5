package webui

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"ucbridge/bridge/emulator"
	"ucbridge/bridge/gateway"
	"ucbridge/bridge/oauth"
	"ucbridge/bridge/seal"
)

// setSignIn starts a gateway whose people sign in to the workspace.
func setSignIn(t *testing.T) *stage {
	t.Helper()
	return setSignInWith(t, nil)
}

func setSignInWith(t *testing.T, approvals *gateway.Approvals) *stage {
	t.Helper()
	return set(t, nil, func(o *gateway.Options) {
		o.Approvals = approvals
		signInToWorkspace(o)
	})
}

func signInToWorkspace(o *gateway.Options) {
	to := o.Endpoints[0].Transport
	o.Auth = gateway.Authenticator{Loopback: true, People: o.Auth.People, Resource: &oauth.Resource{
		Server: oauth.NewWorkspace(to.Base(), to.Anonymous()), ClientID: "demo-app",
	}}
}

// follow asks the workspace to sign somebody in, which sends a program back as ada.
func (s *stage) follow(to string) (back string) {
	s.t.Helper()
	resp, err := http.DefaultTransport.RoundTrip(ok(http.NewRequestWithContext(s.t.Context(), http.MethodGet, to, nil))(s.t))
	if err != nil {
		s.t.Fatal(err)
	}
	resp.Body.Close()
	return strings.TrimPrefix(resp.Header.Get("Location"), s.http.URL)
}

func ok[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// cookieOf is what the browser sends back of an answer's cookies.
func cookieOf(a answer) string {
	var all []string
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		if c.MaxAge >= 0 {
			all = append(all, c.Name+"="+c.Value)
		}
	}
	return "Cookie: " + strings.Join(all, "; ")
}

// TestSignIn has a person sign in by the workspace, use the pages and sign out.
func TestSignIn(t *testing.T) {
	s := setSignIn(t)
	s.send("/", "", nil).holds(t, 401, "Sign in to 127.0.0.1", "!ada")
	begun := s.send("/oauth/start", "", nil)
	if to := begun.header.Get("Location"); begun.status != 303 || !strings.HasPrefix(to, s.workspace.URL()+"/oidc/v1/authorize?") || strings.Contains(begun.header.Get("Set-Cookie"), "verifier") {
		t.Fatalf("%d %v", begun.status, begun.header)
	}
	back := s.follow(begun.header.Get("Location"))
	if !strings.HasPrefix(back, "/oauth/callback?code=") {
		t.Fatalf("sent to %s", back)
	}
	s.send(back, "", nil).holds(t, 403, "did not begin in this browser") // another browser
	in := s.send(back, "", nil, cookieOf(begun))
	cookie := cookieOf(in)
	if in.status != 303 || in.header.Get("Location") != "../" || strings.Contains(cookie, "eyJ") {
		t.Fatalf("%d %v", in.status, in.header)
	}
	s.send("/", "", nil, cookie).holds(t, 200, "ada@example.com", "Sign out", "github usable", "!UCBRIDGE_TOKEN")
	s.send("/tools/mcp/github?tool=echo", "", url.Values{"argument.text": {"hello"}}, cookie).holds(t, 200, "hello")
	s.send("/tools/mcp/github?tool=echo", "", url.Values{"argument.text": {"hello"}}, cookie, "Origin: https://elsewhere.test").holds(t, 403, "another origin")
	s.send("/", "", nil, cookie+"x").holds(t, 401, "Sign in to", "!ada")
	// The cookie is for pages. The door of clients does not know it.
	s.send("/mcp/github", "", url.Values{"x": {}}, cookie).holds(t, 401, "not_authenticated")

	out := s.send("/oauth/sign-out", "", url.Values{}, cookie)
	if out.status != 303 || cookieOf(out) != "Cookie: " {
		t.Errorf("signed out: %d %v", out.status, out.header)
	}
	s.workspace.RevokeUser("ada@example.com")
	gone := s.send("/", "", nil, cookie)
	gone.holds(t, 200, "github error") // who it is was asked within the minute
	s.send("/", "", nil, cookie).holds(t, 401, "Sign in to", "did not accept the credentials")
}

// TestAnswersAreBounded: whoever takes no answer in is cut off, a page and a redirection
// alike. The gateway may leave that to the pages.
func TestAnswersAreBounded(t *testing.T) {
	s := setSignIn(t)
	begun := s.send("/oauth/start", "", nil)
	cookie := strings.TrimPrefix(cookieOf(s.send(s.follow(begun.header.Get("Location")), "", nil, cookieOf(begun))), "Cookie: ")
	for _, tt := range []struct {
		method, path string
		status       int
	}{{"GET", "/", 200}, {"POST", "/oauth/sign-out", 303}} {
		r := httptest.NewRequest(tt.method, s.http.URL+tt.path, nil)
		r.Header.Set("Cookie", cookie)
		w := &connection{ResponseRecorder: httptest.NewRecorder()}
		s.pages.ServeHTTP(w, r)
		if left := time.Until(w.deadline); w.Code != tt.status || left < 0 || left > wireTimeout {
			t.Errorf("%s %s: %d, the deadline is %v", tt.method, tt.path, w.Code, w.deadline)
		}
	}
}

// connection notes the deadline of what is written.
type connection struct {
	*httptest.ResponseRecorder
	deadline time.Time
}

func (c *connection) SetWriteDeadline(at time.Time) error {
	c.deadline = at
	return nil
}

// TestClientsDoNotApprove: the token that an AI client has does not approve its calls.
func TestClientsDoNotApprove(t *testing.T) {
	key := ok(seal.New("a key that replicas share"))(t)
	approvals := gateway.NewApprovals(key, nil)
	s := setSignInWith(t, approvals)
	sealed := approvals.Wait(gateway.WaitingCall{User: "ada@example.com", Digest: []byte("d"), Server: "github", Tool: "echo", Params: []byte(`{"name":"echo"}`)})
	bearer := "Authorization: Bearer " + s.workspace.IssueToken("ada@example.com", "demo-app")
	s.send("/approve?call="+sealed, "", nil, bearer).holds(t, 200, "echo on github")
	s.send("/approve", "", url.Values{"call": {sealed}, "decision": {"approve"}}, bearer).holds(t, 403, "Approve calls in a browser")

	// Who is not signed in yet comes back to the call.
	asked := s.send("/approve?call="+sealed, "", nil)
	asked.holds(t, 401, "Sign in to", "!echo on github")
	if !strings.Contains(asked.body, `href="./oauth/start?call=`+sealed+`"`) {
		t.Errorf("the sign-in forgets the call: %s", asked.body)
	}
	begun := s.send("/oauth/start?call="+sealed, "", nil)
	in := s.send(s.follow(begun.header.Get("Location")), "", nil, cookieOf(begun))
	if to := in.header.Get("Location"); to != "../approve?call="+sealed {
		t.Errorf("sent to %s", to)
	}
	s.send("/approve", "", url.Values{"call": {sealed}, "decision": {"approve"}}, cookieOf(in)).holds(t, 200, "Approved")
}

// TestSecureCookie has browsers reach the gateway by https, as its public address or a
// proxy says. They send no cookie of it over http.
func TestSecureCookie(t *testing.T) {
	public := &url.URL{Scheme: "https", Host: "mcp.example.com"}
	for name, c := range map[string]struct {
		public  *url.URL
		proxied bool
		header  []string
		secure  bool
	}{
		"this machine":             {nil, false, nil, false},
		"a proxy":                  {nil, true, []string{"X-Forwarded-Proto: https"}, true},
		"a proxy that names none":  {nil, true, nil, true},
		"a proxy without TLS":      {nil, true, []string{"X-Forwarded-Proto: http"}, false},
		"a header that lies":       {nil, false, []string{"X-Forwarded-Proto: https"}, false},
		"a public address":         {public, false, nil, true},
		"one behind http on a hop": {public, true, []string{"X-Forwarded-Proto: http"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			signingIn := set(t, nil, func(o *gateway.Options) {
				signInToWorkspace(o)
				o.Auth.PublicURL, o.Auth.Believed = c.public, c.proxied
			})
			begun := signingIn.send("/oauth/start", "", nil, c.header...)
			local := setLocal(t, "the-secret")
			local.pages.opts.Auth.PublicURL, local.pages.opts.Auth.Believed = c.public, c.proxied
			entered := local.send("/enter", "", url.Values{"token": {"the-secret"}}, c.header...)
			for _, a := range []answer{begun, entered} {
				if cookies := (&http.Response{Header: a.header}).Cookies(); a.status != 303 || len(cookies) != 1 || cookies[0].Secure != c.secure {
					t.Errorf("%d %v, want Secure %v", a.status, cookies, c.secure)
				}
			}
		})
	}
}

// TestLongToken has the workspace give a token that no browser keeps: that is said, where
// the visitor would be asked to sign in again and again.
func TestLongToken(t *testing.T) {
	s := setSignIn(t)
	begun := s.send("/oauth/start", "", nil)
	back := s.follow(begun.header.Get("Location"))
	s.workspace.Inject(emulator.Fault{Path: "/oidc/v1/token", Status: 200, Header: http.Header{"Content-Type": {"application/json"}},
		Body: `{"access_token":"` + strings.Repeat("x", 4000) + `","token_type":"Bearer","expires_in":3600}`})
	in := s.send(back, "", nil, cookieOf(begun))
	in.holds(t, 502, "is too long for a browser")
	for _, c := range (&http.Response{Header: in.header}).Cookies() {
		if c.MaxAge >= 0 {
			t.Errorf("a cookie of %d bytes is set", len(c.Value))
		}
	}
}

// TestSignInRefused has the workspace refuse somebody.
func TestSignInRefused(t *testing.T) {
	s := setSignIn(t)
	begun := s.send("/oauth/start", "", nil)
	state := ok(url.Parse(begun.header.Get("Location")))(t).Query().Get("state")
	s.send("/oauth/callback?error=access_denied&state="+state, "", nil, cookieOf(begun)).holds(t, 403, "did not sign you in: access_denied", "Sign in to")
	s.send("/oauth/callback?code=made-up&state="+state, "", nil, cookieOf(begun)).holds(t, 502, "gave no access token")
	s.send("/oauth/callback?code=x&state=another", "", nil, cookieOf(begun)).holds(t, 403, "did not begin in this browser")
}
