package gateway

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"ucbridge/bridge/databricks"
	"ucbridge/bridge/emulator"
)

// TestAnswerIsNoPage has a server answer with a page. A browser that is shown it,
// at the origin that acts for its user, is told to run nothing.
func TestAnswerIsNoPage(t *testing.T) {
	t.Parallel()
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Content-Security-Policy", "default-src *")
		_, _ = w.Write([]byte("<script>alert(1)</script>"))
	}))
	t.Cleanup(upstream.Close)
	s := set(t, databricks.Target{Connection: "own"}, nil)
	s.workspace.AddConnection(emulator.Connection{Name: "own", Upstream: upstream.URL, MCP: true})
	status, body, h := s.call(t, "GET", ada, "")
	policy := h.Get("Content-Security-Policy")
	if status != http.StatusOK || !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "sandbox") || h.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%d %s: %v", status, body, h)
	}
}

// TestTwoTokens has a front door add its user's token to one that the caller
// brought: it cannot be told whose request it is.
func TestTwoTokens(t *testing.T) {
	t.Parallel()
	s := set(t, databricks.Target{Connection: "github"}, nil)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/mcp/x", strings.NewReader(hello))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = http.Header{"Content-Type": {"application/json"}, "X-Forwarded-Access-Token": {ada, "dapi-demo-bob"}}
	resp, err := s.client.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusUnauthorized || len(s.workspace.Exchanges()) != 0 {
		t.Errorf("%d, and the workspace saw %d requests", resp.StatusCode, len(s.workspace.Exchanges()))
	}
}

// TestReboundMetrics asks for the metrics, which name what is served, under a name
// that leads to this machine by a trick of DNS.
func TestReboundMetrics(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]int{"rebound.test": http.StatusForbidden, "localhost:8700": http.StatusOK, "127.0.0.1": http.StatusOK, "[::1]:80": http.StatusOK} {
		w := httptest.NewRecorder()
		New(Options{Auth: Authenticator{Loopback: true}}).Handler().ServeHTTP(w, httptest.NewRequest("GET", "http://"+host+"/metrics", nil))
		if w.Code != want {
			t.Errorf("%s: %d, want %d", host, w.Code, want)
		}
	}
}

// TestBearerScheme: who shows the token is let in, however the scheme is spelled.
func TestBearerScheme(t *testing.T) {
	t.Parallel()
	a := Authenticator{Secret: "s3cret"}
	s := setOAuth(t, databricks.Target{Connection: "github"}, nil)
	token := s.workspace.IssueToken("ada@example.com", "demo-app")
	for shown, admitted := range map[string]bool{
		"Bearer ": true, "bearer ": true, "BEARER ": true, "Bearer   ": true,
		"": false, "Bearer": false, "Basic ": false, "bearer-x ": false, "Bearer x ": false,
	} {
		r := httptest.NewRequest("POST", "http://127.0.0.1/mcp/x", nil)
		r.Header.Set("Authorization", shown+a.Secret)
		if a.opens(r) != admitted {
			t.Errorf("%q and the gateway's token: admitted %v", shown, !admitted)
		}
		if status, body, _ := s.call(t, "POST", "", hello, "Authorization: "+shown+token); (status == http.StatusOK) != admitted {
			t.Errorf("%q and a user's token: %d %s", shown, status, body)
		}
	}
}

// TestAddress: what proxies say is believed where there are any, and the first of them is
// the one that the caller knows.
func TestAddress(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		believed          bool
		host, proto, want string
	}{
		{false, "mcp.example.com", "https", "http://127.0.0.1:8700"},
		{true, "", "", "https://127.0.0.1:8700"},
		{true, "mcp.example.com", "https", "https://mcp.example.com"},
		{true, "mcp.example.com, inner", "https,http", "https://mcp.example.com"},
		{true, "mcp.example.com", "HTTP", "http://mcp.example.com"},
		{true, "mcp.example.com", "http, http", "http://mcp.example.com"},
	} {
		r := httptest.NewRequest("GET", "http://127.0.0.1:8700/", nil)
		r.Header.Set("X-Forwarded-Host", c.host)
		r.Header.Set("X-Forwarded-Proto", c.proto)
		if got := (&Authenticator{Believed: c.believed}).Address(r); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

// TestPublicURL has a proxy send requests on under its own idea of Host. The gateway's
// own pages come from the address that callers know; others from anywhere else.
func TestPublicURL(t *testing.T) {
	t.Parallel()
	public := &url.URL{Scheme: "https", Host: "mcp.example.com", Path: "/ucbridge"}
	for _, c := range []struct {
		known                      *url.URL
		host, origin, site, method string
		admitted                   bool
	}{
		{public, "127.0.0.1:8700", "https://mcp.example.com", "", "POST", true},
		{public, "mcp.example.com", "https://mcp.example.com", "", "POST", true},
		{&url.URL{Scheme: "https", Host: "MCP.example.com"}, "127.0.0.1:8700", "https://mcp.example.com", "", "POST", true},
		{nil, "127.0.0.1:8700", "https://mcp.example.com", "", "POST", false},
		{nil, "mcp.example.com", "", "", "POST", false}, // this machine alone is meant
		{public, "127.0.0.1:8700", "http://mcp.example.com", "", "POST", false},
		{public, "127.0.0.1:8700", "https://evil.test", "", "POST", false},
		{public, "127.0.0.1:8700", "https://mcp.example.com", "cross-site", "POST", false},
		{public, "evil.test", "", "", "GET", false},
	} {
		a := Authenticator{Loopback: true, PublicURL: c.known}
		r := httptest.NewRequest(c.method, "http://"+c.host+"/mcp/x", nil)
		for name, value := range map[string]string{"Origin": c.origin, "Sec-Fetch-Site": c.site} {
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		if refused := a.checkPlace(r); (refused == nil) != c.admitted {
			t.Errorf("%+v: %v", c, refused)
		}
	}
}
