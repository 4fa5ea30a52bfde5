package auth

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/databricks/databricks-sdk-go/config"
	"github.com/databricks/databricks-sdk-go/config/credentials"

	"ucbridge/bridge/refusal"
)

// chain tries the SDK's methods of authentication in the SDK's order
// (config/auth_default.go), with strategies of our own for the two programs that hold
// logins. Unlike the SDK's it keeps why each method gave no credentials.
type chain struct {
	methods []config.CredentialsStrategy
	name    string           // of the method in use
	failed  map[string]error // by method; nil where it is not configured
	// tokens carries what the methods ask the sign-in service, and answers is what
	// each was answered last, by method.
	tokens  *tokenTransport
	answers map[string]*tokenAnswer
}

func newChain(cli *cliTokens, azure *azureCLI, tokens *tokenTransport) *chain {
	return &chain{
		tokens: tokens, answers: make(map[string]*tokenAnswer),
		methods: []config.CredentialsStrategy{
			config.PatCredentials{}, config.BasicCredentials{}, config.M2mCredentials{}, cli, config.MetadataServiceCredentials{},
			config.GitHubOIDCCredentials{}, config.AzureDevOpsOIDCCredentials{}, config.EnvOIDCCredentials{}, config.FileOIDCCredentials{},
			config.AzureGithubOIDCCredentials{}, config.AzureMsiCredentials{}, config.AzureClientSecretCredentials{}, azure,
			config.GoogleCredentials{}, config.GoogleDefaultCredentials{},
		},
		failed: make(map[string]error),
	}
}

// Name implements [config.CredentialsStrategy].
func (c *chain) Name() string { return cmp.Or(c.name, "default") }

// Configure implements [config.CredentialsStrategy].
func (c *chain) Configure(ctx context.Context, cfg *config.Config) (credentials.CredentialsProvider, error) {
	for _, method := range c.methods {
		name := method.Name()
		if cfg.AuthType != "" && cfg.AuthType != name {
			continue
		}
		provider, err := method.Configure(ctx, cfg)
		if cfg.AuthType != "" {
			c.name = name
			return provider, err
		}
		if err == nil && provider != nil {
			// Whether credentials can be had is seen only when they are used.
			err = provider.SetHeaders(&http.Request{Header: http.Header{}})
		}
		if err == nil && provider != nil {
			c.name = name
			return provider, nil
		}
		c.failed[name], c.answers[name] = c.tokens.told(err), c.tokens.last.Swap(nil)
	}
	if cfg.AuthType != "" {
		return nil, c.unknown(cfg.AuthType)
	}
	return nil, config.ErrCannotConfigureDefault
}

// unknown words an auth_type that there is not.
func (c *chain) unknown(authType string) *refusal.Error {
	names := make([]string, len(c.methods))
	for i, method := range c.methods {
		names[i] = method.Name()
	}
	return refusal.New(refusal.ConfigInvalid, "There is no authentication type %q.", authType).
		WithHint("correct DATABRICKS_AUTH_TYPE, or auth_type in the profile, to one of: %s", strings.Join(names, ", "))
}

// answer is what the sign-in service answered to the method last, nil if it was not
// asked.
func (c *chain) answer(method string) *tokenAnswer {
	if c.name == method {
		return c.tokens.last.Load()
	}
	return c.answers[method]
}

// cause is the method that the configuration seems to be meant for, and why it
// gave no credentials.
func (c *chain) cause(cfg *config.Config, err error) (method string, cause error) {
	if c.name != "" {
		return c.name, c.tokens.told(err)
	}
	method = likely(cfg)
	if precise := c.failed[method]; precise != nil {
		return method, precise
	}
	return method, fmt.Errorf("%s auth: %w", c.Name(), err)
}
