package emulator_test

import (
	"encoding/json"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/databricks/databricks-sdk-go/config"
	"github.com/google/go-cmp/cmp"

	"ucbridge/bridge/emulator"
)

// refused is what matters of a refusal.
type refused struct {
	Status  int
	Code    any
	Message string
}

func refusalOf(t *testing.T, r reply) refused {
	t.Helper()
	var body struct {
		Code    any    `json:"error_code"`
		Message string `json:"message"`
	}
	if err := json.Unmarshal([]byte(r.Body), &body); err != nil {
		t.Fatalf("%d %s: %v", r.Status, r.Body, err)
	}
	return refused{r.Status, body.Code, body.Message}
}

const signIn = "Credential for user identity('ada@example.com') is not found for the connection 'github_u2m_connection'. " +
	"Please login first to the connection by visiting HOST/explore/connections/github_u2m_connection?o=1234567890123456"

func TestRefusals(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	w.AddUser(emulator.User{Name: "eve", PAT: "dapi-eve", Scopes: []string{"sql"}})
	w.AddPath("/api/2.0/mcp/genie/1", "")
	w.AddConnection(emulator.Connection{Name: "down", Upstream: "http://127.0.0.1:1/mcp"})
	w.AddConnection(emulator.Connection{Name: "noproxy", Routes: []string{"external-function"}})
	w.AddService(emulator.Service{Name: "a.b.closed", Connection: "github", Users: []string{"bob@example.com"}})

	_, nobody := net.Dial("tcp", "127.0.0.1:1") // in the system's words
	const (
		conns = "/api/2.0/unity-catalog/connections/"
		scope = "Provided OAuth token does not have required scopes: "
		noUse = "User does not have USE CONNECTION on Connection 'github'."
		unity = scope + "unity-catalog [ReqId: ID]"
	)
	for _, tc := range []struct {
		name, token, path, body string
		want                    refused
	}{
		{"no token", "", conns + "github/proxy", "{}", refused{401, 401.0, "Credential was not sent or was of an unsupported type for this API."}},
		{"foreign token", "x", conns + "github/proxy", "{}", refused{403, 403.0, "Invalid access token."}},
		{"foreign token, legacy route", "x", "/api/2.0/mcp/external/github", "{}", refused{403, 403.0, "Invalid access token."}},
		{"foreign token, envelope", "x", "/api/2.0/external-function", "{}", refused{403, 403.0, "Invalid access token."}},
		{"scope for proxy", "dapi-eve", conns + "github/proxy", "{}", refused{403, 403.0, unity}},
		{"scope for legacy route", "dapi-eve", "/api/2.0/mcp/external/github", "{}", refused{403, 403.0, unity}},
		{"scope for service", "dapi-eve", "/ai-gateway/mcp-services/system.ai.github", "{}", refused{403, 403.0, scope + "ai-gateway [ReqId: ID]"}},
		{"scope for genie", "dapi-eve", "/api/2.0/mcp/genie/1", "{}", refused{403, 403.0, scope + "genie [ReqId: ID]"}},
		{"no grant, proxy", bob, conns + "github/proxy", "{}", refused{403, "PERMISSION_DENIED", noUse}},
		{"no grant, envelope", bob, "/api/2.0/external-function", envelope("github", "{}", nil), refused{403, "PERMISSION_DENIED", noUse}},
		{"no grant, service", ada, "/ai-gateway/mcp-services/a.b.closed", "{}", refused{403, "PERMISSION_DENIED", "User does not have EXECUTE on MCP Service 'a.b.closed'."}},
		{"not signed in, proxy", ada, conns + "github_u2m_connection/proxy", "{}", refused{401, "UNAUTHENTICATED", signIn}},
		{"not signed in, envelope", ada, "/api/2.0/external-function", envelope("github_u2m_connection", "{}", nil), refused{401, "UNAUTHENTICATED", signIn}},
		{"unknown connection", ada, conns + "nix/proxy", "{}", refused{404, "CONNECTION_DOES_NOT_EXIST", "Connection 'nix' does not exist."}},
		{"unknown service", ada, "/ai-gateway/mcp-services/a.b.nix", "{}", refused{404, "NOT_FOUND", "MCP Service 'a.b.nix' does not exist."}},
		{"route switched off", ada, conns + "noproxy/proxy", "{}", refused{404, "ENDPOINT_NOT_FOUND", "No API found for 'POST " + conns + "noproxy/proxy'"}},
		{"unknown path", ada, "/api/9.9/nix", "{}", refused{404, "ENDPOINT_NOT_FOUND", "No API found for 'POST /api/9.9/nix'"}},
		{"unreachable", ada, conns + "down/proxy", "{}", refused{400, "BAD_REQUEST", "Failed request to http://127.0.0.1:1. Error: " + nobody.Error()}},
		{"unreachable, envelope", ada, "/api/2.0/external-function", envelope("down", "{}", nil), refused{400, "BAD_REQUEST", "Failed request to http://127.0.0.1:1. Error: " + nobody.Error()}},
		{"headers not a string", ada, "/api/2.0/external-function", `{"connection_name":"github","headers":{}}`, refused{400, "MALFORMED_REQUEST", `Invalid JSON given in the body of the request - member "headers" is not a string`}},
		{"repeated member", ada, "/api/2.0/external-function", `{"json":"1","json":"2"}`, refused{400, "MALFORMED_REQUEST", "*duplicate"}},
		{"other case", ada, "/api/2.0/external-function", `{"JSON":"1"}`, refused{400, "MALFORMED_REQUEST", `Invalid JSON given in the body of the request - unknown member "JSON"`}},
		{"method of the envelope", ada, "/api/2.0/external-function", `{"connection_name":"github","method":"HEAD","path":"/"}`, refused{400, "INVALID_PARAMETER_VALUE", "Invalid HTTP method 'HEAD'."}},
		{"path of the envelope", ada, "/api/2.0/external-function", `{"connection_name":"github","method":"GET","path":"/../x"}`, refused{400, "INVALID_PARAMETER_VALUE", "Path must not contain '..'."}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := newCaller(t, w, tc.token).do("POST", tc.path, tc.body)
			id := got.Header.Get("X-Request-Id")
			if id == "" {
				t.Error("no X-Request-Id")
			}
			have := refusalOf(t, got)
			have.Message = strings.NewReplacer(w.URL(), "HOST", "[ReqId: "+id, "[ReqId: ID").Replace(have.Message)
			if part, ok := strings.CutPrefix(tc.want.Message, "*"); ok && strings.Contains(have.Message, part) {
				have.Message = tc.want.Message
			}
			if diff := cmp.Diff(tc.want, have); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if _, isWord := tc.want.Code.(string); isWord && !strings.Contains(got.Body, `"request_id":"`+id+`"`) {
				t.Errorf("details do not name the request: %s", got.Body)
			}
		})
	}
}

// The legacy route words its refusals as JSON-RPC errors.
func TestLegacyRouteRefusals(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	for _, tc := range []struct{ name, token, path, message, want string }{
		{"no grant", bob, "github", `{"jsonrpc":"2.0","method":"x","id":9007199254740993}`,
			`{"jsonrpc":"2.0","id":9007199254740993,"error":{"code":-32600,"message":"User does not have USE CONNECTION on Connection 'github'."}}`},
		{"unknown", ada, "nix", `{"jsonrpc":"2.0","id":"a","method":"x"}`,
			`{"jsonrpc":"2.0","id":"a","error":{"code":-32600,"message":"Connection 'nix' does not exist."}}`},
		{"not signed in", ada, "github_u2m_connection", `{"jsonrpc":"2.0","method":"notifications/x"}`,
			`{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"{\"error_code\":\"UNAUTHENTICATED\",\"message\":\"` +
				strings.ReplaceAll(signIn, "'", `\\u0027`) + `\"}"}}`},
	} {
		got := newCaller(t, w, tc.token).do("POST", "/api/2.0/mcp/external/"+tc.path, tc.message)
		if body := strings.ReplaceAll(got.Body, w.URL(), "HOST"); got.Status != 200 || body != strings.ReplaceAll(tc.want, `\\u0027`, "'") {
			t.Errorf("%s: %d\n%s\nwant\n%s", tc.name, got.Status, body, tc.want)
		}
	}
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	w.AddService(emulator.Service{Name: "a.b.c", Connection: "github", PerUser: true})
	c := newCaller(t, w, ada)
	const service = "/ai-gateway/mcp-services/a.b.c"
	got := c.do("POST", service, initialize)
	want := `Bearer resource_metadata="` + w.URL() + `/.well-known/oauth-protected-resource` + service + `"`
	if got.Status != 401 || got.Header.Get("WWW-Authenticate") != want {
		t.Errorf("service before: %+v", got)
	}
	const (
		serviceState    = "/api/2.1/unity-catalog/mcp-services/a.b.c/user-credentials"
		connectionState = "/api/2.1/unity-catalog/connections/github_u2m_connection/user-credentials/ada@example.com"
	)
	for _, path := range []string{serviceState, connectionState} {
		if got := c.do("GET", path, ""); got.Status != 404 {
			t.Errorf("%s before: %+v", path, got)
		}
	}
	w.SignIn("a.b.c", "ada@example.com")
	w.SignIn("github_u2m_connection", "ada@example.com")
	for _, path := range []string{service, "/api/2.0/unity-catalog/connections/github_u2m_connection/proxy"} {
		if got := c.do("POST", path, initialize); got.Status != 200 {
			t.Errorf("%s after: %+v", path, got)
		}
	}
	for _, path := range []string{serviceState, connectionState} {
		if got := c.do("GET", path, ""); got.Status != 200 || !strings.Contains(got.Body, `"state":"ACTIVE"`) {
			t.Errorf("%s after: %+v", path, got)
		}
	}
	if got := newCaller(t, w, bob).do("POST", service, initialize); got.Status != 401 {
		t.Errorf("another user: %+v", got)
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{TokenTTL: time.Minute})
	token := func(want int, form url.Values) map[string]any {
		t.Helper()
		got := newCaller(t, w, "").do("POST", "/oidc/v1/token", form.Encode(), "Content-Type", "application/x-www-form-urlencoded")
		var body map[string]any
		if err := json.Unmarshal([]byte(got.Body), &body); err != nil || got.Status != want {
			t.Fatalf("%d %s %v", got.Status, got.Body, err)
		}
		return body
	}
	me := func(token any, want int) {
		t.Helper()
		if got := newCaller(t, w, token.(string)).do("GET", "/api/2.0/preview/scim/v2/Me", ""); got.Status != want {
			t.Errorf("Me: %+v, want %d", got, want)
		}
	}
	sp := token(200, url.Values{"grant_type": {"client_credentials"}, "client_id": {"demo-client"}, "client_secret": {"demo-secret"}, "scope": {"all-apis"}})
	if sp["expires_in"] != 60.0 || sp["token_type"] != "Bearer" || sp["refresh_token"] != nil {
		t.Errorf("client credentials: %v", sp)
	}
	me(sp["access_token"], 200)
	narrow := token(200, url.Values{"grant_type": {"client_credentials"}, "client_id": {"demo-client"}, "client_secret": {"demo-secret"}, "scope": {"sql"}})
	if got := newCaller(t, w, narrow["access_token"].(string)).do("POST", routes[0].path, initialize); got.Status != 403 {
		t.Errorf("narrow token on proxy: %+v", got)
	}

	first := w.IssueRefreshToken("ada@example.com")
	user := token(200, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {first}})
	me(user["access_token"], 200)
	if got := token(400, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {first}}); got["error"] != "invalid_grant" {
		t.Errorf("refresh token used twice: %v", got)
	}
	w.ExpireTokens()
	me(user["access_token"], 403)
	me(sp["access_token"], 403)
	user = token(200, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {user["refresh_token"].(string)}})
	me(user["access_token"], 200)

	if got := token(401, url.Values{"grant_type": {"client_credentials"}, "client_id": {"demo-client"}, "client_secret": {"x"}}); got["error"] != "invalid_client" {
		t.Errorf("wrong secret: %v", got)
	}
	if got := token(400, url.Values{"grant_type": {"password"}}); got["error"] != "unsupported_grant_type" {
		t.Errorf("grant type: %v", got)
	}
	me(ada, 200)
	w.RevokePAT("ada@example.com")
	me(ada, 403)

	for _, x := range w.Exchanges() {
		if b, _ := json.Marshal(x); strings.Contains(string(b), "demo-secret") || strings.Contains(string(b), first) {
			t.Errorf("audit holds a secret: %s", b)
		}
	}
}

func TestTokenTTL(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{TokenTTL: time.Nanosecond})
	got := newCaller(t, w, "").do("POST", "/oidc/v1/token", "grant_type=client_credentials&client_id=demo-client&client_secret=demo-secret",
		"Content-Type", "application/x-www-form-urlencoded")
	var body struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(got.Body), &body); err != nil {
		t.Fatal(err)
	}
	if got := newCaller(t, w, body.Token).do("GET", "/api/2.0/preview/scim/v2/Me", ""); refusalOf(t, got).Message != "Invalid access token." {
		t.Errorf("expired token: %+v", got)
	}
}

// The Databricks SDK finds its way from the host to a token by itself.
func TestSDKClientCredentials(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	cfg := &config.Config{
		Host: w.URL(), ClientID: "demo-client", ClientSecret: "demo-secret",
		AuthType: "oauth-m2m", ConfigFile: "/dev/null",
	}
	c := newCaller(t, w, "")
	req := c.request("POST", routes[0].path, initialize)
	if err := cfg.Authenticate(req); err != nil {
		t.Fatal(err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	exchanges := w.Exchanges()
	last := exchanges[len(exchanges)-1]
	if resp.StatusCode != 200 || last.User != "demo-client" {
		t.Errorf("status %d, audit %+v", resp.StatusCode, last)
	}
	if cfg.WorkspaceID != w.ID() {
		t.Errorf("workspace id %q", cfg.WorkspaceID)
	}
}
