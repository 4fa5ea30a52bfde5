// Package idtoken obtains OpenID Connect ID tokens from Google.
package idtoken

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"

	"google.golang.org/api/impersonate"
	"google.golang.org/api/option"
)

// NewTokenSource returns a source of ID tokens for an audience, with the
// credentials of an option. It has fetched the first token of a service account
// already, so that a bad key shows at once. The source is safe for concurrent use.
func NewTokenSource(ctx context.Context, audience string, opts ...option.ClientOption) (oauth2.TokenSource, error) {
	if audience == "" {
		return nil, errors.New("idtoken: must supply a non-empty audience")
	}
	var credentials []byte
	for _, opt := range opts {
		credentials = opt.CredentialsJSON
	}
	var is struct {
		Type             string `json:"type"`
		ImpersonationURL string `json:"service_account_impersonation_url"`
	}
	if err := json.Unmarshal(credentials, &is); err != nil {
		return nil, fmt.Errorf("idtoken: reading credentials: %w", err)
	}
	switch google.CredentialsType(is.Type) {
	case google.ServiceAccount:
		return serviceAccount(ctx, audience, credentials)
	case google.ImpersonatedServiceAccount, google.ExternalAccount:
		// ".../serviceAccounts/robot@project.iam.gserviceaccount.com:generateAccessToken"
		account, _, _ := strings.Cut(path.Base(is.ImpersonationURL), ":")
		return impersonate.IDTokenSource(ctx, impersonate.IDTokenConfig{
			Audience: audience, TargetPrincipal: account, IncludeEmail: true,
		}, opts...)
	}
	return nil, fmt.Errorf("idtoken: unsupported credentials type: %q", is.Type)
}

// serviceAccount exchanges a token that the account's own key signs.
func serviceAccount(ctx context.Context, audience string, credentials []byte) (oauth2.TokenSource, error) {
	cfg, err := google.JWTConfigFromJSON(credentials)
	if err != nil {
		return nil, err
	}
	cfg.PrivateClaims = map[string]any{"target_audience": audience}
	cfg.UseIDToken = true
	source := cfg.TokenSource(ctx)
	first, err := source.Token()
	if err != nil {
		return nil, err
	}
	return oauth2.ReuseTokenSource(first, source), nil
}
