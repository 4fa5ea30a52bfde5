package oauth

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/oauth2"
)

// SignIn is a browser's way to an access token, as the client that the operator has
// published (RFC 6749, section 4.1, with PKCE).
type SignIn struct {
	Server   Server
	ClientID string
	// Client carries requests to the token endpoint, and adds no credentials.
	Client *http.Client
}

// Start returns the address at which the user signs in, and comes back from to redirect.
// verifier is a secret of this sign-in, from [oauth2.GenerateVerifier].
func (s *SignIn) Start(ctx context.Context, redirect, state, verifier string, scopes []string) (string, error) {
	config, err := s.config(ctx, redirect, scopes)
	if err != nil {
		return "", err
	}
	return config.AuthCodeURL(state, oauth2.S256ChallengeOption(verifier)), nil
}

// Finish returns the access token for the code that the user came back with, and until
// when it is good.
func (s *SignIn) Finish(ctx context.Context, redirect, code, verifier string) (token string, expires time.Time, err error) {
	config, err := s.config(ctx, redirect, nil)
	if err != nil {
		return "", time.Time{}, err
	}
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, oauth2.HTTPClient, s.Client), metadataTimeout)
	defer cancel()
	got, err := config.Exchange(ctx, code, oauth2.VerifierOption(verifier))
	if err != nil {
		return "", time.Time{}, fmt.Errorf("asking for an access token: %w", err)
	}
	return got.AccessToken, got.Expiry, nil
}

func (s *SignIn) config(ctx context.Context, redirect string, scopes []string) (*oauth2.Config, error) {
	m, err := s.Server.Metadata(ctx)
	if err != nil {
		return nil, err
	}
	return &oauth2.Config{ClientID: s.ClientID, RedirectURL: redirect, Scopes: scopes,
		Endpoint: oauth2.Endpoint{AuthURL: m.Endpoint, TokenURL: m.Token, AuthStyle: oauth2.AuthStyleInParams}}, nil
}
