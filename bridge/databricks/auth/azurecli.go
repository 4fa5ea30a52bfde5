package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	clouds "github.com/databricks/databricks-sdk-go/common/environment"
	"github.com/databricks/databricks-sdk-go/config"
	"github.com/databricks/databricks-sdk-go/config/credentials"
	"golang.org/x/oauth2"

	"ucbridge/bridge/databricks/network"
)

const (
	azureCLIAuth = "azure-cli" // the SDK's name
	azProgram    = "az"
	// azureLeadTime is how long before its end a token is no longer used: Databricks
	// takes none with 30 seconds left (SDK, config/oauth_visitors.go).
	azureLeadTime = 40 * time.Second
)

// azureCLI gets tokens from the Azure CLI, by "az account get-access-token", as the
// SDK's strategy does (config/auth_azure_cli.go). That one starts az where PATH has it
// and leaves it running when we end, asks "az account show" before each token, and
// reads the token's end in the time zone of this process.
type azureCLI struct {
	programs *programs
	folders  []string // where az is looked for besides PATH
	network  http.RoundTripper

	path string
	cfg  *config.Config // resolved
	user azureUser
}

// azureUser is who has signed in to the Azure CLI.
type azureUser struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// managed reports whether that is a managed identity, which is asked without a tenant.
func (u azureUser) managed() bool {
	return u.Type == "servicePrincipal" && (u.Name == "systemAssignedIdentity" || u.Name == "userAssignedIdentity")
}

// Name implements [config.CredentialsStrategy].
func (*azureCLI) Name() string { return azureCLIAuth }

// Configure implements [config.CredentialsStrategy]. It signs in, as everything else
// depends on that.
func (a *azureCLI) Configure(ctx context.Context, cfg *config.Config) (credentials.CredentialsProvider, error) {
	if !cfg.IsAzure() {
		return nil, nil
	}
	if cfg.GroupID != "" {
		return nil, needsOAuth(cfg, azureCLIAuth)
	}
	if a.path = findProgram(azName(), a.folders); a.path == "" {
		return nil, nil // said where it is missed
	}
	a.cfg = cfg
	if err := a.findTenant(ctx); err != nil {
		return nil, fmt.Errorf("finding tenant: %w", err)
	}
	if err := a.findUser(); err != nil {
		return nil, err
	}
	first, err := a.token(a.cloud().AzureApplicationID)
	if err != nil && strings.Contains(err.Error(), "No subscription found") {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if err := a.findHost(ctx); err != nil {
		return nil, fmt.Errorf("finding workspace: %w", err)
	}
	return a.provider(first), nil
}

// provider signs with the token of Databricks and, where the user may have one, with
// that of Azure's management, which lets a service principal into its workspaces.
func (a *azureCLI) provider(first *oauth2.Token) credentials.CredentialsProvider {
	source := func(resource string, first *oauth2.Token) oauth2.TokenSource {
		return oauth2.ReuseTokenSourceWithExpiry(first, tokenFunc(func() (*oauth2.Token, error) { return a.token(resource) }), azureLeadTime)
	}
	cloud := a.cloud()
	own := source(cloud.AzureApplicationID, first)
	var management oauth2.TokenSource
	if token, err := a.token(cloud.AzureServiceManagementEndpoint()); err == nil {
		management = source(cloud.AzureServiceManagementEndpoint(), token)
	}
	return credentials.NewOAuthCredentialsProvider(func(r *http.Request) error {
		if a.cfg.AzureResourceID != "" {
			r.Header.Set("X-Databricks-Azure-Workspace-Resource-Id", a.cfg.AzureResourceID)
		}
		token, err := own.Token()
		if err != nil {
			return err
		}
		token.SetAuthHeader(r)
		if management == nil {
			return nil
		}
		token, err = management.Token()
		if err != nil {
			return fmt.Errorf("getting token of Azure's management: %w", err)
		}
		r.Header.Set("X-Databricks-Azure-SP-Management-Token", token.AccessToken)
		return nil
	}, own.Token)
}

// tokenFunc is a function as an [oauth2.TokenSource].
type tokenFunc func() (*oauth2.Token, error)

func (f tokenFunc) Token() (*oauth2.Token, error) { return f() }

// cloud holds the addresses of the Azure cloud in use.
func (a *azureCLI) cloud() clouds.DatabricksEnvironment {
	//lint:ignore SA1019 the SDK's own strategy goes by it, too
	return a.cfg.Environment()
}

// findUser asks who has signed in.
func (a *azureCLI) findUser() error {
	out, err := a.programs.output([]string{a.path, "account", "show", "--output", "json"})
	if err != nil {
		return err
	}
	var account struct {
		User azureUser `json:"user"`
	}
	if err := json.Unmarshal(out, &account); err != nil {
		return fmt.Errorf("reading account of the Azure CLI: %w", err)
	}
	a.user = account.User
	return nil
}

// token asks for a token of a resource: within its tenant; where that fails for a
// federated service principal, without.
func (a *azureCLI) token(resource string) (*oauth2.Token, error) {
	if a.user.managed() {
		return a.tokenOf(resource, "")
	}
	token, err := a.tokenOf(resource, a.cfg.AzureTenantID)
	if err != nil && a.user.Type == "servicePrincipal" {
		return a.tokenOf(resource, "")
	}
	return token, err
}

func (a *azureCLI) tokenOf(resource, tenant string) (*oauth2.Token, error) {
	command := []string{a.path, "account", "get-access-token", "--resource", resource, "--output", "json"}
	if tenant != "" {
		command = append(command, "--tenant", tenant)
	}
	// The subscription tells the tenant, to those who may see it.
	if steps := strings.Split(a.cfg.AzureResourceID, "/"); len(steps) > 2 && a.cfg.AzureTenantID == "" {
		if out, err := a.programs.output(append(command, "--subscription", steps[2])); err == nil {
			return readAzureToken(out)
		}
	}
	out, err := a.programs.output(command)
	if err != nil {
		return nil, err
	}
	return readAzureToken(out)
}

// readAzureToken reads what az prints. expires_on is there since az 2.54, and is good
// in every time zone.
func readAzureToken(out []byte) (*oauth2.Token, error) {
	var said struct {
		AccessToken string `json:"accessToken"`
		TokenType   string `json:"tokenType"`
		ExpiresOn   string `json:"expiresOn"`
		Expires     int64  `json:"expires_on"`
	}
	if err := json.Unmarshal(out, &said); err != nil || said.AccessToken == "" {
		return nil, errors.New("reading token: the Azure CLI printed no token")
	}
	expiry := time.Unix(said.Expires, 0)
	if said.Expires == 0 {
		var err error
		if expiry, err = time.ParseInLocation("2006-01-02 15:04:05.999999", said.ExpiresOn, time.Local); err != nil {
			return nil, fmt.Errorf("reading end of token: %w", err)
		}
	}
	return &oauth2.Token{AccessToken: said.AccessToken, TokenType: said.TokenType, Expiry: expiry}, nil
}

// findTenant reads the tenant off where the workspace sends a browser to sign in (SDK,
// config/azure.go). No API has it.
func (a *azureCLI) findTenant(ctx context.Context) error {
	if a.cfg.AzureTenantID != "" || a.cfg.Host == "" {
		return nil
	}
	resp, err := a.get(ctx, a.cfg.CanonicalHostName()+"/aad/auth", nil)
	if err != nil {
		return err
	}
	defer network.Drop(resp)
	to, err := url.ParseRequestURI(resp.Header.Get("Location"))
	if err != nil {
		return errors.New("the workspace does not say where to sign in")
	}
	a.cfg.AzureTenantID, _, _ = strings.Cut(strings.TrimPrefix(to.Path, "/"), "/")
	return nil
}

// findHost asks Azure for the address of the workspace where only its resource id is
// known.
func (a *azureCLI) findHost(ctx context.Context) error {
	if a.cfg.AzureResourceID == "" || a.cfg.Host != "" {
		return nil
	}
	endpoint := a.cloud().AzureResourceManagerEndpoint()
	token, err := a.token(endpoint)
	if err != nil {
		return err
	}
	resp, err := a.get(ctx, strings.TrimSuffix(endpoint, "/")+a.cfg.AzureResourceID+"?api-version=2018-04-01", token)
	if err != nil {
		return err
	}
	defer network.Drop(resp)
	var workspace struct {
		Properties struct {
			URL string `json:"workspaceUrl"`
		} `json:"properties"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxTokenAnswer)).Decode(&workspace); err != nil || workspace.Properties.URL == "" {
		return fmt.Errorf("reading workspace from Azure: HTTP %d", resp.StatusCode)
	}
	a.cfg.Host = "https://" + workspace.Properties.URL
	return nil
}

// get asks for a page, and follows no redirect.
func (a *azureCLI) get(ctx context.Context, address string, token *oauth2.Token) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(ctx, tokenTimeoutSeconds*time.Second)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		cancel()
		return nil, err
	}
	if token != nil {
		token.SetAuthHeader(req)
	}
	context.AfterFunc(a.programs.ctx, cancel)
	return a.network.RoundTrip(req)
}
