package gateway

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ucbridge/bridge/databricks"
	"ucbridge/bridge/emulator"
	"ucbridge/bridge/oauth"
)

// setOAuth starts a gateway whose callers bring access tokens of the workspace.
func setOAuth(t *testing.T, target databricks.Target, change func(*Options)) *stage {
	t.Helper()
	return set(t, target, func(o *Options) {
		to, people := o.Endpoints[0].Transport, o.Auth.People
		o.Auth = Authenticator{Loopback: true, People: people, Resource: &oauth.Resource{
			Server: oauth.NewWorkspace(to.Base(), to.Anonymous()), ClientID: "demo-app",
		}}
		if change != nil {
			change(o)
		}
	})
}

func bearer(token string) string { return "Authorization: Bearer " + token }

// fetch reads a document.
func (s *stage) fetch(t *testing.T, path string) (int, map[string]any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := s.client.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var body map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&body); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return resp.StatusCode, body
}

// TestSignInDocuments follows a client that knows the address alone to where it signs in.
func TestSignInDocuments(t *testing.T) {
	t.Parallel()
	s := setOAuth(t, databricks.Target{Connection: "github"}, nil)
	status, _, h := s.call(t, "POST", "", hello)
	if want := `Bearer resource_metadata="` + s.url + `/.well-known/oauth-protected-resource/mcp/x", scope="unity-catalog"`; status != 401 || h.Get("WWW-Authenticate") != want {
		t.Errorf("%d, %s, want %s", status, h.Get("WWW-Authenticate"), want)
	}
	_, resource := s.fetch(t, "/.well-known/oauth-protected-resource/mcp/x")
	want := map[string]any{
		"resource": s.url + "/mcp/x", "resource_name": "ucbridge: x", "authorization_servers": []any{s.url, s.workspace.URL() + "/oidc"},
		"scopes_supported": []any{"unity-catalog"}, "bearer_methods_supported": []any{"header"},
	}
	if diff := cmp.Diff(want, resource); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, whole := s.fetch(t, "/.well-known/oauth-protected-resource"); whole["resource"] != s.url {
		t.Errorf("the gateway as a whole is %v", whole)
	}
	if status, _ := s.fetch(t, "/.well-known/oauth-protected-resource/mcp/y"); status != 404 {
		t.Errorf("what is not served: %d", status)
	}
	_, server := s.fetch(t, "/.well-known/oauth-authorization-server")
	if server["issuer"] != s.url || server["authorization_endpoint"] != s.workspace.URL()+"/oidc/v1/authorize" || server["registration_endpoint"] != s.url+"/oauth/register" {
		t.Errorf("the authorization server is %v", server)
	}
	register := func(body string) (int, string) {
		resp, err := http.Post(s.url+"/oauth/register", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var answer map[string]any
		if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, fmt.Sprint(answer["client_id"], answer["error"])
	}
	if status, answer := register(`{"redirect_uris":["http://localhost:1/callback"],"client_name":"x"}`); status != 201 || answer != "demo-app<nil>" {
		t.Errorf("registered: %d %s", status, answer)
	}
	if status, answer := register(`{"redirect_uris":["nowhere"]}`); status != 400 || answer != "<nil>invalid_client_metadata" {
		t.Errorf("registered: %d %s", status, answer)
	}
}

// TestBehindPath has a proxy serve the gateway under a path of its own.
func TestBehindPath(t *testing.T) {
	t.Parallel()
	s := setOAuth(t, databricks.Target{Service: "system.ai.github"}, func(o *Options) {
		o.Auth.PublicURL = &url.URL{Scheme: "https", Host: "mcp.example.com", Path: "/ucbridge/"}
		o.Auth.Resource.ClientID = ""
	})
	_, _, h := s.call(t, "POST", "", hello)
	if want := `Bearer resource_metadata="https://mcp.example.com/ucbridge/.well-known/oauth-protected-resource/mcp/x", scope="ai-gateway"`; h.Get("WWW-Authenticate") != want {
		t.Errorf("%s, want %s", h.Get("WWW-Authenticate"), want)
	}
	for _, path := range []string{"/mcp/x", "/ucbridge/mcp/x"} {
		_, resource := s.fetch(t, "/.well-known/oauth-protected-resource"+path)
		if resource["resource"] != "https://mcp.example.com/ucbridge/mcp/x" || fmt.Sprint(resource["authorization_servers"]) != "["+s.workspace.URL()+"/oidc]" ||
			fmt.Sprint(resource["scopes_supported"]) != "[ai-gateway unity-catalog]" {
			t.Errorf("%s: %v", path, resource)
		}
	}
	if status, _ := s.fetch(t, "/.well-known/oauth-authorization-server"); status != 404 {
		t.Errorf("without a client id it is in front of an authorization server: %d", status)
	}
}

// TestOwnTokens has two users call with tokens of theirs: each is seen under their own
// name, and what one may not do is refused to that one.
func TestOwnTokens(t *testing.T) {
	t.Parallel()
	s := setOAuth(t, databricks.Target{Connection: "github"}, nil)
	ada, bob := s.workspace.IssueToken("ada@example.com", "demo-app"), s.workspace.IssueToken("bob@example.com", "demo-app")
	if status, body, _ := s.call(t, "POST", "", hello, bearer(ada)); status != 200 || !strings.Contains(body, "serverInfo") {
		t.Errorf("ada: %d %s", status, body)
	}
	if status, body, _ := s.call(t, "POST", "", hello, bearer(bob)); status != 200 || !strings.Contains(body, "GRANT USE CONNECTION ON CONNECTION") {
		t.Errorf("bob: %d %s", status, body)
	}
	seen := make(map[string]int)
	for _, x := range s.workspace.Exchanges() {
		if x.Route == "proxy" {
			seen[x.User]++
		}
	}
	if diff := cmp.Diff(map[string]int{"ada@example.com": 1, "bob@example.com": 1}, seen); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s.workspace.RevokeUser("ada@example.com")
	status, body, h := s.call(t, "POST", "", hello, bearer(ada))
	if status != 401 || !strings.Contains(h.Get("WWW-Authenticate"), `error="invalid_token"`) || !strings.Contains(body, "not_authenticated") {
		t.Errorf("after ada was revoked: %d %s %v", status, body, h)
	}
}

// TestForeignTokens brings tokens that cannot be the workspace's. None is sent to it.
func TestForeignTokens(t *testing.T) {
	t.Parallel()
	s := setOAuth(t, databricks.Target{Connection: "github"}, nil)
	issuer := s.workspace.URL() + "/oidc"
	token := func(claims string) string {
		return "e30." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".c2ln"
	}
	for name, c := range map[string]struct{ token, why string }{
		"a personal access token": {"dapi-demo-ada", "no OAuth access token of Databricks"},
		"no claims":               {"e30.e30.c2ln", "no OAuth access token of Databricks"},
		"expired":                 {token(fmt.Sprintf(`{"iss":%q,"exp":%d}`, issuer, time.Now().Add(-time.Hour).Unix())), "expired at"},
		"another issuer":          {token(`{"iss":"https://login.evil.test"}`), "was issued by https://login.evil.test"},
		"another workspace":       {token(fmt.Sprintf(`{"iss":%q,"aud":"42"}`, issuer)), "is for 42, and not for the workspace"},
		"another resource":        {token(fmt.Sprintf(`{"iss":%q,"aud":["https://mcp.other.test/mcp"]}`, issuer)), "is for https://mcp.other.test/mcp, and not"},
	} {
		status, body, h := s.call(t, "POST", "", hello, bearer(c.token))
		if status != 401 || !strings.Contains(body, c.why) || !strings.Contains(h.Get("WWW-Authenticate"), `error="invalid_token"`) {
			t.Errorf("%s: %d %s\n%s", name, status, body, h.Get("WWW-Authenticate"))
		}
	}
	for _, x := range s.workspace.Exchanges() {
		if x.Header.Get("Authorization") != "" {
			t.Errorf("a foreign token went to the workspace: %+v", x)
		}
	}
	// One that looks right is the workspace's to judge.
	forged := token(fmt.Sprintf(`{"iss":%q,"aud":%q,"sub":"ada@example.com"}`, issuer, s.workspace.ID()))
	if status, body, _ := s.call(t, "POST", "", hello, bearer(forged)); status != 401 || !strings.Contains(body, "did not accept the credentials") {
		t.Errorf("a forged token: %d %s", status, body)
	}
}

// TestNarrowToken has a client come back for a scope that it did not know of.
func TestNarrowToken(t *testing.T) {
	t.Parallel()
	s := setOAuth(t, databricks.Target{Connection: "github"}, nil)
	s.workspace.AddUser(emulator.User{Name: "eve@example.com"})
	s.workspace.AddConnection(emulator.Connection{Name: "github", MCP: true, Users: []string{"eve@example.com"}})
	status, body, h := s.call(t, "POST", "", hello, bearer(s.workspace.IssueToken("eve@example.com", "demo-app", "sql")))
	challenge := h.Get("WWW-Authenticate")
	if status != 403 || !strings.Contains(challenge, `error="insufficient_scope"`) || !strings.Contains(challenge, `scope="unity-catalog"`) {
		t.Errorf("%d %s: %s", status, challenge, body)
	}
	if status, body, _ := s.call(t, "POST", "", hello, bearer(s.workspace.IssueToken("eve@example.com", "demo-app", "unity-catalog"))); status != 200 {
		t.Errorf("%d %s", status, body)
	}
}
