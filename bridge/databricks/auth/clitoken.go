package auth

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/databricks/databricks-sdk-go/config"
	"github.com/databricks/databricks-sdk-go/config/credentials"
	"golang.org/x/mod/semver"
	"golang.org/x/oauth2"

	"ucbridge/bridge/lazyregexp"
)

const (
	// tokenLeadTime is how long before its end a token is no longer used.
	tokenLeadTime = 10 * time.Second
	// tokenRenewTime is how long before its end a new token is asked for, while the
	// old one is in use.
	tokenRenewTime = 5 * time.Minute
	// tokenRenewPause is the time from one such question to the next.
	tokenRenewPause = time.Minute
	// raceDelay is how long another program gets to store the token that it has won.
	raceDelay = time.Second
)

// cliTokens gets tokens from the Databricks CLI, by "databricks auth token". The
// SDK's own strategy (config/auth_u2m.go) runs the CLI three times at each start,
// two of them to refresh a token that is good; this one runs it once, and has a
// token refreshed only where that one was refused. It is safe for concurrent use.
type cliTokens struct {
	programs *programs
	refused  string // the token that Databricks did not take, "" for none

	path string
	cfg  *config.Config // resolved

	mu    sync.Mutex // one run at a time
	token *oauth2.Token
	asked time.Time // when a renewal was begun last
}

// Name implements [config.CredentialsStrategy].
func (*cliTokens) Name() string { return cliAuth }

// cliAuth is the SDK's name for logins that the Databricks CLI holds.
const cliAuth = "databricks-cli"

// Configure implements [config.CredentialsStrategy]. It runs nothing.
func (c *cliTokens) Configure(_ context.Context, cfg *config.Config) (credentials.CredentialsProvider, error) {
	if cfg.GroupID != "" {
		return nil, needsOAuth(cfg, cliAuth)
	}
	if cfg.Host == "" {
		return nil, errors.New("host is required")
	}
	if scopes := cfg.GetAuthDetails().Configuration["scopes"]; len(cfg.Scopes) > 0 && (scopes == nil || scopes.Source.Type != config.SourceFile) {
		return nil, errors.New(config.ErrCustomScopesNotSupported)
	}
	if c.path = findCLI(cfg.DatabricksCliPath); c.path == "" {
		return nil, config.ErrCliNotFound
	}
	c.cfg = cfg
	return credentials.NewOAuthCredentialsProvider(func(r *http.Request) error {
		token, err := c.Token()
		if err != nil {
			return err
		}
		token.SetAuthHeader(r)
		return nil
	}, c.Token), nil
}

// Token implements [oauth2.TokenSource]. It waits for the CLI where there is no
// token that can be used.
func (c *cliTokens) Token() (*oauth2.Token, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	left := time.Duration(0)
	if c.token != nil {
		left = time.Until(c.token.Expiry)
	}
	if left > tokenLeadTime {
		if left < tokenRenewTime && time.Since(c.asked) > tokenRenewPause {
			c.asked = time.Now()
			go c.renewAside()
		}
		return c.token, nil
	}
	token, err := c.ask(c.refused)
	if err == nil && c.token != nil && token.AccessToken == c.token.AccessToken { // the CLI finds it good enough
		token, err = c.ask(token.AccessToken)
	}
	if err != nil {
		return nil, err
	}
	c.token = token
	return token, nil
}

// current is the token that was given last, "" for none.
func (c *cliTokens) current() string {
	if !c.mu.TryLock() { // a run is under way: what was refused is older
		return ""
	}
	defer c.mu.Unlock()
	if c.token == nil {
		return ""
	}
	return c.token.AccessToken
}

// renewAside asks for a new token while the old one is good.
func (c *cliTokens) renewAside() {
	token, err := c.ask("")
	if err != nil {
		return // the old one is good; asked again when it is not
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if token.Expiry.After(c.token.Expiry) {
		c.token = token
	}
}

// lostRace is what the CLI says where its refresh token is no longer good: either
// the login has ended, or another program has just used it and stores the next.
var lostRace = lazyregexp.New(`(?i)invalid_grant|refresh token is invalid`)

// unknownFlag is what an older CLI says to a flag that it lacks.
var unknownFlag = lazyregexp.New(`(?i)unknown flag`)

// ask returns the CLI's token, one that is not refused.
func (c *cliTokens) ask(refused string) (*oauth2.Token, error) {
	token, err := c.run()
	if err != nil && lostRace.MatchString(err.Error()) {
		select {
		case <-time.After(raceDelay):
		case <-c.programs.ctx.Done():
			return nil, context.Cause(c.programs.ctx)
		}
		token, err = c.run()
	}
	if err != nil || refused == "" || token.AccessToken != refused {
		return token, err
	}
	fresh, err := c.run("--force-refresh")
	if err != nil && unknownFlag.MatchString(err.Error()) { // before v0.296.0
		return token, nil
	}
	return fresh, err
}

// run runs the CLI once.
func (c *cliTokens) run(flags ...string) (*oauth2.Token, error) {
	command := c.command(c.cfg.Profile != "")
	token, err := c.runCommand(append(command, flags...))
	if err == nil || c.cfg.Profile == "" || c.programs.ctx.Err() != nil || lostRace.MatchString(err.Error()) {
		return token, err
	}
	// "auth token" knows profiles since v0.207.1.
	version, versionErr := c.programs.output([]string{c.path, "version"})
	number := strings.TrimPrefix(strings.TrimSpace(string(version)), "Databricks CLI ")
	if versionErr != nil || !semver.IsValid(number) || strings.HasPrefix(number, "v0.0.0-dev") || semver.Compare(number, "v0.207.1") >= 0 {
		return token, err
	}
	return c.runCommand(append(c.command(false), flags...))
}

// command is the command that gives a token.
func (c *cliTokens) command(byProfile bool) []string {
	command := []string{c.path, "auth", "token"}
	if byProfile {
		return append(command, "--profile", c.cfg.Profile)
	}
	command = append(command, "--host", c.cfg.Host)
	//lint:ignore SA1019 the SDK's own strategy goes by it, too
	if c.cfg.HostType() == config.AccountHost {
		command = append(command, "--account-id", c.cfg.AccountID)
	}
	return command
}

// runCommand runs the command and reads the token that it prints.
func (c *cliTokens) runCommand(command []string) (*oauth2.Token, error) {
	out, err := c.programs.output(command)
	if err != nil {
		return nil, err
	}
	var said struct {
		AccessToken string    `json:"access_token"`
		TokenType   string    `json:"token_type"`
		Expiry      time.Time `json:"expiry"`
	}
	text := out[max(0, bytes.IndexByte(out, '{')):] // it may have a notice in front
	if err := json.Unmarshal(text, &said); err != nil || said.AccessToken == "" {
		return nil, errors.New("reading token: the Databricks CLI printed no token")
	}
	if said.Expiry.IsZero() {
		said.Expiry = time.Now().Add(tokenRenewTime)
	}
	return &oauth2.Token{AccessToken: said.AccessToken, TokenType: said.TokenType, Expiry: said.Expiry}, nil
}
