package emulator_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/databricks/databricks-sdk-go/client"
	"github.com/databricks/databricks-sdk-go/config"
	"github.com/databricks/databricks-sdk-go/service/catalog"
	"github.com/google/go-cmp/cmp"

	"ucbridge/bridge/emulator"
)

// sdk returns the SDK's own API client, so that what the workspace says is read
// as users' programs read it.
func sdk(t *testing.T, w *emulator.Workspace, token string) *client.DatabricksClient {
	t.Helper()
	api, err := client.New(&config.Config{Host: w.URL(), Token: token, AuthType: "pat", ConfigFile: "/dev/null"})
	if err != nil {
		t.Fatal(err)
	}
	return api
}

func TestCatalogThroughSDK(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	for i := range 5 {
		w.AddConnection(emulator.Connection{Name: fmt.Sprint("extra", i), Upstream: "http://127.0.0.1:8080/mcp"})
		w.AddService(emulator.Service{Name: fmt.Sprint("main.tools.s", i), Connection: "github"})
	}
	ctx := context.Background()

	for token, want := range map[string][]string{
		ada: {"extra0", "extra1", "extra2", "extra3", "extra4", "github", "github_u2m_connection"},
		bob: {"extra0", "extra1", "extra2", "extra3", "extra4", "github_u2m_connection"},
	} {
		all, err := catalog.NewConnections(sdk(t, w, token)).ListAll(ctx, catalog.ListConnectionsRequest{MaxResults: 2})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, conn := range all {
			names = append(names, conn.Name)
		}
		if diff := cmp.Diff(want, names); diff != "" {
			t.Errorf("connections (-want +got):\n%s", diff)
		}
	}

	connections := catalog.NewConnections(sdk(t, w, ada))
	got, err := connections.GetByName(ctx, "github_u2m_connection")
	if err != nil {
		t.Fatal(err)
	}
	if got.CredentialType != catalog.CredentialTypeOauthU2mMapping || got.ConnectionType != catalog.ConnectionTypeHttp ||
		got.Options["is_mcp_connection"] != "true" || got.Options["bearer_token"] != "" {
		t.Errorf("connection %+v", got)
	}
	if _, err := connections.GetByName(ctx, "nix"); err == nil {
		t.Error("found a connection that does not exist")
	}

	services, err := catalog.NewAiGateway(sdk(t, w, ada)).ListMcpServicesAll(ctx, catalog.ListMcpServicesRequest{Parent: "schemas/main.tools", PageSize: 2})
	if err != nil || len(services) != 5 || services[4].Name != "mcp-services/main.tools.s4" {
		t.Errorf("services %+v %v", services, err)
	}
	service, err := catalog.NewAiGateway(sdk(t, w, ada)).GetMcpService(ctx, catalog.GetMcpServiceRequest{Name: "mcp-services/system.ai.github"})
	if err != nil || service.Config.SourceConnection.Name != "connections/github" {
		t.Errorf("service %+v %v", service, err)
	}

	grants := catalog.NewGrants(sdk(t, w, ada))
	direct, err := grants.Get(ctx, catalog.GetGrantRequest{SecurableType: "connection", FullName: "github"})
	if err != nil || len(direct.PrivilegeAssignments) != 2 || direct.PrivilegeAssignments[0].Privileges[0] != catalog.PrivilegeUseConnection {
		t.Errorf("grants %+v %v", direct, err)
	}
	effective, err := grants.GetEffective(ctx, catalog.GetEffectiveRequest{SecurableType: "connection", FullName: "github", Principal: "bob@example.com"})
	if err != nil || len(effective.PrivilegeAssignments) != 0 {
		t.Errorf("effective grants of bob: %+v %v", effective, err)
	}
}

// Grants reach groups and MCP services, and are told to whom they concern.
func TestEffectivePermissions(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	w.AddUser(emulator.User{Name: "eve@example.com", PAT: "dapi-eve", Groups: []string{"eng"}})
	w.AddUser(emulator.User{Name: "root@example.com", PAT: "dapi-root", Admin: true})
	w.AddConnection(emulator.Connection{Name: "shared", Users: []string{"eng"}})
	w.AddService(emulator.Service{Name: "main.tools.s", Connection: "shared", Users: []string{"eve@example.com"}})

	tests := []struct {
		token, kind, name, principal string
		want                         []string // principals and privileges, nil where refused
	}{
		{"dapi-eve", "connection", "shared", "eve@example.com", []string{}},
		{"dapi-eve", "connection", "shared", "", []string{"eng USE_CONNECTION"}},
		{"dapi-root", "connection", "shared", "", []string{"eng USE_CONNECTION"}},
		{"dapi-eve", "mcp_service", "main.tools.s", "eve@example.com", []string{"eve@example.com EXECUTE"}},
		{ada, "mcp_service", "system.ai.github", "ada@example.com", []string{"account users EXECUTE"}},
		{bob, "connection", "shared", "bob@example.com", []string{}},
		{bob, "connection", "shared", "", nil},
		{bob, "mcp_service", "main.tools.nix", "bob@example.com", nil},
		{bob, "table", "shared", "bob@example.com", nil},
	}
	for _, tt := range tests {
		grants, err := catalog.NewGrants(sdk(t, w, tt.token)).GetEffective(t.Context(),
			catalog.GetEffectiveRequest{SecurableType: tt.kind, FullName: tt.name, Principal: tt.principal})
		if (err != nil) != (tt.want == nil) {
			t.Errorf("%+v: %v", tt, err)
		}
		if err != nil {
			continue
		}
		got := []string{}
		for _, a := range grants.PrivilegeAssignments {
			for _, p := range a.Privileges {
				got = append(got, a.Principal+" "+p.Privilege.String())
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", tt, diff)
		}
	}
	got, err := catalog.NewConnections(sdk(t, w, "dapi-root")).ListAll(t.Context(), catalog.ListConnectionsRequest{})
	if err != nil || len(got) != 3 {
		t.Errorf("an admin sees %d connections, %v", len(got), err)
	}
}

// Who leaves the length of a page to the workspace gets the list in pages.
func TestPagesOfTheWorkspace(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{Empty: true})
	w.AddUser(emulator.User{Name: "ada@example.com", PAT: ada})
	const n = 250
	for i := range n {
		w.AddConnection(emulator.Connection{Name: fmt.Sprint("c", i)})
	}
	all, err := catalog.NewConnections(sdk(t, w, ada)).ListAll(t.Context(), catalog.ListConnectionsRequest{})
	if err != nil || len(all) != n {
		t.Errorf("%d connections, %v", len(all), err)
	}
	pages := 0
	for _, e := range w.Exchanges() {
		if e.Route == "api" {
			pages++
		}
	}
	if pages != 3 {
		t.Errorf("%d pages, want 3", pages)
	}
}

func TestSignInPages(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	w.AddService(emulator.Service{Name: "main.tools.drive", Connection: "github", PerUser: true})
	const (
		connection = "/api/2.1/unity-catalog/connections/github_u2m_connection/user-credentials/bob@example.com"
		service    = "/api/2.1/unity-catalog/mcp-services/main.tools.drive/user-credentials"
	)
	c := newCaller(t, w, bob)
	for _, step := range []struct {
		path   string
		status int
	}{
		{connection, 404},
		{"/explore/connections/github_u2m_connection?o=" + w.ID(), 200},
		{connection, 200},
		{service, 404},
		{"/mcp-service-login?name=main.tools.drive", 200},
		{service, 200},
		{"/mcp-service-login?name=system.ai.github", 200},
		{"/mcp-service-login?name=nix", 404},
		{"/explore/connections/github", 403},
	} {
		if got := c.do("GET", step.path, ""); got.Status != step.status {
			t.Errorf("%s: %d %s, want %d", step.path, got.Status, got.Body, step.status)
		}
	}
}

// TestSignInByBrowser: a browser, which has no token, chooses who it is.
func TestSignInByBrowser(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	w.AddService(emulator.Service{Name: "main.tools.drive", Connection: "github", PerUser: true})
	browser, user := newCaller(t, w, ""), newCaller(t, w, bob)
	for page, credential := range map[string]string{
		"/explore/connections/github_u2m_connection?o=" + w.ID(): "/api/2.1/unity-catalog/connections/github_u2m_connection/user-credentials/bob@example.com",
		"/mcp-service-login?name=main.tools.drive":               "/api/2.1/unity-catalog/mcp-services/main.tools.drive/user-credentials",
	} {
		html := []string{"Accept", "text/html,*/*"}
		if got := browser.do("GET", page, "", html...); got.Status != 200 || !strings.Contains(got.Body, `name="user" value="bob@example.com"`) {
			t.Errorf("%s: %d %s", page, got.Status, got.Body)
		}
		for form, want := range map[string]int{"user=eve%40example.com": 400, "%": 400, "": 400} {
			if got := browser.do("POST", page, form, html...); got.Status != want {
				t.Errorf("%s with %q: %d %s", page, form, got.Status, got.Body)
			}
		}
		if got := user.do("GET", credential, ""); got.Status != 404 {
			t.Errorf("before: %d %s", got.Status, got.Body)
		}
		if got := browser.do("POST", page, "user=bob%40example.com", html...); got.Status != 200 {
			t.Errorf("%s: %d %s", page, got.Status, got.Body)
		}
		if got := user.do("GET", credential, ""); got.Status != 200 {
			t.Errorf("after: %d %s", got.Status, got.Body)
		}
	}
	if got := browser.do("GET", "/explore/connections/github_u2m_connection", ""); got.Status != 401 {
		t.Errorf("a program without a token: %d", got.Status)
	}
	if got := newCaller(t, w, "wrong").do("GET", "/explore/connections/github_u2m_connection", "", "Accept", "text/html"); got.Status != 403 {
		t.Errorf("with a token that is not known: %d", got.Status)
	}
}

func TestMe(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	got := newCaller(t, w, bob).do("GET", "/api/2.0/preview/scim/v2/Me", "")
	if got.Status != 200 || got.Header.Get("X-Databricks-Org-Id") != w.ID() {
		t.Errorf("%+v", got)
	}
	want := `{"active":true,"displayName":"bob@example.com","emails":[{"primary":true,"type":"work","value":"bob@example.com"}],` +
		`"groups":[],"id":"1000","schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"bob@example.com"}`
	if diff := cmp.Diff(want, got.Body); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
