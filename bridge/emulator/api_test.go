package emulator_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/databricks/databricks-sdk-go/client"
	"github.com/databricks/databricks-sdk-go/config"
	"github.com/databricks/databricks-sdk-go/service/catalog"

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
