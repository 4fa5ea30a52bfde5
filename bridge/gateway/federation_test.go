package gateway

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ucbridge/bridge/databricks"
	"ucbridge/bridge/emulator"
	"ucbridge/bridge/oauth"
)

// setFederation starts a gateway whose callers bring tokens of a corporate identity
// provider, which another workspace plays.
func setFederation(t *testing.T) (*stage, *emulator.Workspace) {
	t.Helper()
	corporate, err := emulator.Start(emulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { corporate.Close() })
	corporate.AddUser(emulator.User{Name: "eve@example.com"})
	s := set(t, databricks.Target{Connection: "github"}, func(o *Options) {
		to, people := o.Endpoints[0].Transport, o.Auth.People
		workspace := oauth.NewWorkspace(to.Base(), to.Anonymous())
		o.Auth = Authenticator{Loopback: true, People: people, Resource: &oauth.Resource{
			Server: oauth.NewProvider(corporate.URL()+"/oidc", corporate.ID(), workspace, to.Anonymous()),
			Scopes: []string{"openid", "mcp"},
		}}
	})
	s.workspace.AddFederationPolicy(emulator.FederationPolicy{Issuer: corporate.URL() + "/oidc", Audience: corporate.ID()})
	return s, corporate
}

// exchanges counts what the workspace's token endpoint was asked.
func (s *stage) exchanges() (n int) {
	for _, x := range s.workspace.Exchanges() {
		if x.Path == "/oidc/v1/token" {
			n++
		}
	}
	return n
}

// TestFederation has two users bring tokens of their company. Each is exchanged once,
// and each calls under their own name.
func TestFederation(t *testing.T) {
	t.Parallel()
	s, corporate := setFederation(t)
	_, _, h := s.call(t, "POST", "", hello)
	if want := `scope="openid mcp"`; !strings.Contains(h.Get("WWW-Authenticate"), want) {
		t.Errorf("%s lacks %s", h.Get("WWW-Authenticate"), want)
	}
	if _, about := s.fetch(t, "/.well-known/oauth-protected-resource/mcp/x"); !cmp.Equal(about["authorization_servers"], []any{corporate.URL() + "/oidc"}) {
		t.Errorf("clients are sent to %v", about["authorization_servers"])
	}
	ada, bob := corporate.IssueToken("ada@example.com", "app"), corporate.IssueToken("bob@example.com", "app")
	for range 3 {
		if status, body, _ := s.call(t, "POST", "", hello, bearer(ada)); status != 200 || !strings.Contains(body, "serverInfo") {
			t.Errorf("ada: %d %s", status, body)
		}
		if status, body, _ := s.call(t, "POST", "", hello, bearer(bob)); status != 200 || !strings.Contains(body, "GRANT USE CONNECTION") {
			t.Errorf("bob: %d %s", status, body)
		}
	}
	seen := make(map[string]int)
	for _, x := range s.workspace.Exchanges() {
		if x.Route == "proxy" {
			seen[x.User]++
		}
	}
	if diff := cmp.Diff(map[string]int{"ada@example.com": 3, "bob@example.com": 3}, seen); diff != "" || s.exchanges() != 2 {
		t.Errorf("%d exchanges, calls (-want +got):\n%s", s.exchanges(), diff)
	}
	// A user who is revoked in Databricks is refused, and the exchanged token is not used again.
	s.workspace.RevokeUser("ada@example.com")
	if status, body, h := s.call(t, "POST", "", hello, bearer(ada)); status != 401 || h.Get("WWW-Authenticate") == "" {
		t.Errorf("after ada was revoked: %d %s", status, body)
	}
	if status, body, _ := s.call(t, "POST", "", hello, bearer(ada)); status != 200 || s.exchanges() != 3 { // the account takes her again
		t.Errorf("after that: %d %s, %d exchanges", status, body, s.exchanges())
	}
}

// TestFederationRefused brings tokens that are none of the provider's, or of nobody who
// is known to Databricks.
func TestFederationRefused(t *testing.T) {
	t.Parallel()
	s, corporate := setFederation(t)
	another, err := emulator.Start(emulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer another.Close()
	good := corporate.IssueToken("ada@example.com", "app")
	head, tail, _ := strings.Cut(good, ".")
	claims, _, _ := strings.Cut(tail, ".")
	_, signature, _ := strings.Cut(strings.SplitN(another.IssueToken("ada@example.com", "app"), ".", 2)[1], ".")
	for name, c := range map[string]struct{ token, why string }{
		"no token":                {"x", "no token of"},
		"another issuer":          {another.IssueToken("ada@example.com", "app"), "was issued by"},
		"another's signature":     {head + "." + claims + "." + signature, "not one that"},
		"unknown to Databricks":   {corporate.IssueToken("eve@example.com", "app"), "Databricks takes no token"},
		"of the workspace itself": {s.workspace.IssueToken("ada@example.com", "app"), "was issued by"},
	} {
		if status, body, _ := s.call(t, "POST", "", hello, bearer(c.token)); status != http.StatusUnauthorized || !strings.Contains(body, c.why) {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
	for _, x := range s.workspace.Exchanges() {
		if x.Route == "proxy" {
			t.Errorf("a call went on: %+v", x)
		}
	}
}
