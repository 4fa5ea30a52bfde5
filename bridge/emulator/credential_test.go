package emulator_test

import (
	"errors"
	"testing"

	"github.com/databricks/databricks-sdk-go/apierr"
	"github.com/databricks/databricks-sdk-go/service/catalog"

	"ucbridge/bridge/emulator"
)

// The sign-in to an MCP service as the Databricks SDK for Go has it: none, made, made
// anew, and deleted.
func TestServiceCredential(t *testing.T) {
	t.Parallel()
	w := start(t, emulator.Options{})
	w.AddService(emulator.Service{Name: "main.tools.drive", Connection: "github", PerUser: true})
	api, ctx := catalog.NewAiGateway(sdk(t, w, ada)), t.Context()
	const name = "mcp-services/main.tools.drive"
	state := func() (string, error) {
		c, err := api.GetMcpServiceUserMappedCredential(ctx, catalog.GetMcpServiceUserMappedCredentialRequest{Name: name})
		if err != nil {
			return "", err
		}
		return c.ProvisioningInfo.State.String() + " " + c.Options["refresh_token_expiration"], nil
	}
	signIn := func(options map[string]string) error {
		_, err := api.CreateMcpServiceUserMappedCredential(ctx, catalog.CreateMcpServiceUserMappedCredentialRequest{
			Name: name, Login: catalog.McpServiceUserMappedCredentialLogin{Options: options},
		})
		return err
	}

	if _, err := state(); !errors.Is(err, apierr.ErrNotFound) {
		t.Errorf("before the sign-in: %v", err)
	}
	service, err := api.GetMcpService(ctx, catalog.GetMcpServiceRequest{Name: name})
	if err != nil || service.Config.SourceConnection.Options["authorization_endpoint"] == "" {
		t.Errorf("the service does not say that users sign in: %+v, %v", service, err)
	}
	if err := signIn(map[string]string{"authorization_code": "c"}); !errors.Is(err, apierr.ErrInvalidParameterValue) {
		t.Errorf("a sign-in that lacks something: %v", err)
	}
	for range 2 {
		if err := signIn(map[string]string{"authorization_code": "c", "pkce_verifier": "v", "oauth_redirect_uri": "http://localhost"}); err != nil {
			t.Error(err)
		}
		if got, err := state(); err != nil || got != "ACTIVE 2099-01-01T00:00:00Z" {
			t.Errorf("after it: %s, %v", got, err)
		}
	}
	deletion := catalog.DeleteMcpServiceUserMappedCredentialRequest{Name: name}
	if _, err := api.DeleteMcpServiceUserMappedCredential(ctx, deletion); err != nil {
		t.Error(err)
	}
	if _, err := api.DeleteMcpServiceUserMappedCredential(ctx, deletion); !errors.Is(err, apierr.ErrNotFound) {
		t.Errorf("a second sign-out: %v", err)
	}
}
