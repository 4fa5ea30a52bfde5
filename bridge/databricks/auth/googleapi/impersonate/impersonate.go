// Package impersonate obtains tokens of a Google service account on behalf of who
// may act for it, from the IAM Service Account Credentials API.
package impersonate

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"

	"google.golang.org/api/option"
)

const (
	endpoint = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/"
	// scope is that of the tokens that ask.
	scope = "https://www.googleapis.com/auth/cloud-platform"
	// lifetime is how long Google's tokens are valid.
	lifetime = time.Hour
	// maxAnswer bounds what is read of an answer, in bytes.
	maxAnswer = 1 << 20
)

// IDTokenConfig says what an ID token is for.
type IDTokenConfig struct {
	// Audience becomes the token's aud claim. Required.
	Audience string
	// TargetPrincipal is the email address of the service account. Required.
	TargetPrincipal string
	// IncludeEmail puts the claims email and email_verified into the token.
	IncludeEmail bool
}

// CredentialsConfig says what an access token is for.
type CredentialsConfig struct {
	// TargetPrincipal is the email address of the service account. Required.
	TargetPrincipal string
	// Scopes are those of the token. Required.
	Scopes []string
}

// IDTokenSource returns a source of ID tokens, which fetches one when it is first
// asked and when that has expired. It is safe for concurrent use.
func IDTokenSource(ctx context.Context, config IDTokenConfig, opts ...option.ClientOption) (oauth2.TokenSource, error) {
	if config.Audience == "" {
		return nil, errors.New("impersonate: an audience must be provided")
	}
	if config.TargetPrincipal == "" {
		return nil, errors.New("impersonate: a target service account must be provided")
	}
	client, err := newClient(ctx, opts)
	if err != nil {
		return nil, err
	}
	return oauth2.ReuseTokenSource(nil, source(func() (*oauth2.Token, error) {
		expiry := time.Now().Add(lifetime)
		var answer struct{ Token string }
		err := client.post(config.TargetPrincipal+":generateIdToken", map[string]any{
			"audience": config.Audience, "includeEmail": config.IncludeEmail,
		}, &answer)
		if err != nil {
			return nil, fmt.Errorf("impersonate: unable to generate ID token: %w", err)
		}
		return &oauth2.Token{AccessToken: answer.Token, Expiry: expiry}, nil
	})), nil
}

// CredentialsTokenSource returns a source of access tokens, as IDTokenSource does
// of ID tokens.
func CredentialsTokenSource(ctx context.Context, config CredentialsConfig, opts ...option.ClientOption) (oauth2.TokenSource, error) {
	if config.TargetPrincipal == "" {
		return nil, errors.New("impersonate: a target service account must be provided")
	}
	if len(config.Scopes) == 0 {
		return nil, errors.New("impersonate: scopes must be provided")
	}
	client, err := newClient(ctx, opts)
	if err != nil {
		return nil, err
	}
	return oauth2.ReuseTokenSource(nil, source(func() (*oauth2.Token, error) {
		var answer struct {
			AccessToken string
			ExpireTime  time.Time
		}
		err := client.post(config.TargetPrincipal+":generateAccessToken", map[string]any{
			"lifetime": fmt.Sprintf("%.fs", lifetime.Seconds()), "scope": config.Scopes,
		}, &answer)
		if err != nil {
			return nil, fmt.Errorf("impersonate: unable to generate access token: %w", err)
		}
		return &oauth2.Token{AccessToken: answer.AccessToken, Expiry: answer.ExpireTime}, nil
	})), nil
}

// source is an oauth2.TokenSource.
type source func() (*oauth2.Token, error)

func (s source) Token() (*oauth2.Token, error) { return s() }

// client asks the API.
type client struct {
	http *http.Client
	// quotaProject is charged for the requests, "" for that of the credentials.
	quotaProject string
}

// newClient signs requests with an option's credentials, or the Application Default
// Credentials.
func newClient(ctx context.Context, opts []option.ClientOption) (*client, error) {
	var content []byte
	for _, opt := range opts {
		content = opt.CredentialsJSON
	}
	find := func() (*google.Credentials, error) { return google.FindDefaultCredentials(ctx, scope) }
	if len(content) > 0 {
		find = func() (*google.Credentials, error) { return google.CredentialsFromJSON(ctx, content, scope) }
	}
	credentials, err := find()
	if err != nil {
		return nil, err
	}
	var file struct {
		QuotaProject string `json:"quota_project_id"`
	}
	if len(credentials.JSON) > 0 { // a machine of Google's has none
		if err := json.Unmarshal(credentials.JSON, &file); err != nil {
			return nil, fmt.Errorf("impersonate: reading credentials: %w", err)
		}
	}
	return &client{
		http:         oauth2.NewClient(ctx, credentials.TokenSource),
		quotaProject: cmp.Or(os.Getenv("GOOGLE_CLOUD_QUOTA_PROJECT"), file.QuotaProject),
	}, nil
}

// post calls a method of the API and decodes the answer.
func (c *client) post(method string, request, answer any) error {
	body, err := json.Marshal(request)
	if err != nil {
		return err
	}
	req, err := http.NewRequest(http.MethodPost, endpoint+method, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if c.quotaProject != "" {
		req.Header.Set("X-Goog-User-Project", c.quotaProject)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	said, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return fmt.Errorf("status code %d: %s", resp.StatusCode, said)
	}
	return json.Unmarshal(said, answer)
}
