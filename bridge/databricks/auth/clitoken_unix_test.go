//go:build unix

package auth

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/databricks/databricks-sdk-go/config"

	"ucbridge/bridge/programtest"
	"ucbridge/bridge/refusal"
)

// cli is a Databricks CLI that is a shell script. It notes how it was called.
type cli struct{ folder string }

// newCLI writes the script; "$@" is the command line, $n counts the calls of "auth token".
func newCLI(t *testing.T, script string) cli {
	t.Helper()
	c := cli{t.TempDir()}
	text := "#!/bin/sh\nPATH=/usr/bin:/bin; cd " + c.folder + "\necho \"$@\" >>calls\n" +
		"[ \"$1\" = version ] && { echo Databricks CLI $(cat version 2>/dev/null || echo v1.12.1); exit; }\n" +
		"n=$(grep -c 'auth token' calls)\n" +
		"token() { echo '{\"access_token\":\"'$1'\",\"token_type\":\"Bearer\",\"expiry\":\"2999-01-01T00:00:00Z\"}'; }\n" + script + "\nexit\n"
	programtest.Write(t, filepath.Join(c.folder, "databricks"), []byte(text+strings.Repeat("#", 1<<20)))
	return c
}

func (c cli) calls(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(c.folder, "calls"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return strings.ReplaceAll(strings.TrimSpace(string(text)), "\n", "; ")
}

// credentials returns credentials of the profile work, which the CLI holds.
func (c cli) credentials(t *testing.T, network answers) *Credentials {
	t.Helper()
	file := filepath.Join(t.TempDir(), "cfg")
	if err := os.WriteFile(file, []byte("[work]\nhost = https://w.cloud.databricks.com\nauth_type = databricks-cli\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	credentials := network.credentials(t, "", func(cfg *config.Config) { cfg.Profile, cfg.ConfigFile = "work", file })
	credentials.folders = []string{c.folder}
	t.Cleanup(credentials.Close)
	return credentials
}

// A start runs the CLI once and has nothing refreshed; a refusal has a new token
// fetched, which is forced only where the CLI hands out the refused one again.
func TestCLIRunsOnce(t *testing.T) {
	t.Parallel()
	c := newCLI(t, `case "$*" in *--force-refresh) token fresh;; *) token stale;; esac`)
	credentials := c.credentials(t, notFound)
	var signed Signature
	for range 3 {
		var err error
		if signed, err = credentials.Sign(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := c.calls(t), "auth token --profile work"; got != want || signed.Header.Get("Authorization") != "Bearer stale" {
		t.Errorf("ran %q, want %q; signed %v", got, want, signed.Header)
	}
	if !signed.Renew() {
		t.Error("nothing to renew")
	}
	signed, err := credentials.Sign(t.Context())
	if err != nil || signed.Header.Get("Authorization") != "Bearer fresh" {
		t.Fatalf("%v, %v", signed.Header, err)
	}
	if got, want := c.calls(t), "auth token --profile work; auth token --profile work; auth token --profile work --force-refresh"; got != want {
		t.Errorf("ran %q, want %q", got, want)
	}
}

func TestCLIAnswers(t *testing.T) {
	t.Parallel()
	const failing = `case $n in 1) echo 'Error: %s' >&2; exit 1;; esac; token won`
	for _, tt := range []struct {
		name, script, version string
		token                 string // "" for an error
		calls                 string
		reason                refusal.Reason
		words                 string
	}{
		{name: "lost race", script: fmt.Sprintf(failing, "cannot get access token: invalid_grant: Refresh token is invalid"), token: "won",
			calls: "auth token --profile work; auth token --profile work"},
		{name: "login is over", script: `echo 'A new access token could not be retrieved because the refresh token is invalid.' >&2; exit 1`,
			reason: refusal.NotAuthenticated, words: "ucbridge login --profile work"},
		{name: "notice in front", script: `echo 'A new version is there.'; token good`, token: "good", calls: "auth token --profile work"},
		{name: "no expiry", script: `echo '{"access_token":"bare","token_type":"Bearer"}'`, token: "bare", calls: "auth token --profile work"},
		{name: "no profiles yet", version: "v0.205.0", script: `case "$*" in *--profile*) echo 'Error: host is required' >&2; exit 1;; esac; token byhost`, token: "byhost",
			calls: "auth token --profile work; version; auth token --host https://w.cloud.databricks.com"},
		{name: "sign-in service down", script: `echo 'Error: fetching OAuth endpoints: databricks OAuth: http 503' >&2; exit 1`,
			reason: refusal.SignInUnavailable, words: "does not answer (HTTP 503)"},
		{name: "captive portal", script: `echo "Error: invalid character '<' looking for beginning of value" >&2; exit 1`,
			reason: refusal.SignInUnavailable, words: "sign-in service does not answer"},
		{name: "nonsense", script: `echo hello`, reason: refusal.NotAuthenticated, words: "ucbridge login"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newCLI(t, tt.script)
			if tt.version != "" {
				if err := os.WriteFile(filepath.Join(c.folder, "version"), []byte(tt.version), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			signed, err := c.credentials(t, notFound).Sign(t.Context())
			if got := strings.TrimPrefix(signed.Header.Get("Authorization"), "Bearer "); got != tt.token {
				t.Errorf("token %q, want %q; %v", got, tt.token, err)
			}
			if got := c.calls(t); tt.calls != "" && got != tt.calls {
				t.Errorf("ran %q, want %q", got, tt.calls)
			}
			if tt.token == "" {
				if e := refusalOf(t, err); e.Data.Reason != tt.reason || !strings.Contains(e.Error(), tt.words) {
					t.Errorf("%s: %v, want %s with %q", e.Data.Reason, e, tt.reason, tt.words)
				}
			}
		})
	}
}

// hanging is a CLI that waits for its user. It says who it is.
const hanging = `echo $$ >pid.new; mv pid.new pid; exec sleep 600`

// wait returns the process id of the hanging CLI, once it runs.
func (c cli) wait(t *testing.T) int {
	t.Helper()
	var pid int
	for {
		text, err := os.ReadFile(filepath.Join(c.folder, "pid"))
		if err == nil {
			_, _ = fmt.Sscan(string(text), &pid)
			return pid
		}
		select {
		case <-t.Context().Done():
			t.Fatal("the CLI was never started")
		case <-time.After(time.Millisecond):
		}
	}
}

// gone waits until there is no such process.
func gone(t *testing.T, pid int) {
	t.Helper()
	for syscall.Kill(pid, 0) == nil {
		select {
		case <-t.Context().Done():
			t.Fatal("the CLI outlives the credentials")
		case <-time.After(time.Millisecond):
		}
	}
}

// A CLI that hangs is named, with the command that shows why; it ends with the
// credentials.
func TestCLIHangs(t *testing.T) {
	t.Parallel()
	c := newCLI(t, hanging)
	credentials := c.credentials(t, notFound)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	result := make(chan error, 1)
	go func() {
		_, err := credentials.Sign(ctx)
		result <- err
	}()
	pid := c.wait(t)
	cancel()
	e := refusalOf(t, <-result)
	if e.Data.Reason != refusal.NotAuthenticated || !strings.Contains(e.Message, "The Databricks CLI gave no token within") ||
		e.Data.Hint != "run this in a terminal and see what it asks: databricks auth token --profile work" {
		t.Errorf("%v", e)
	}
	credentials.Close()
	if syscall.Kill(pid, 0) == nil {
		t.Error("the CLI outlives the credentials")
	}
}

// Who will sign is known while the CLI runs: answers of earlier sessions do not wait for it.
func TestFingerprintWhileCLIRuns(t *testing.T) {
	t.Parallel()
	c := newCLI(t, hanging)
	credentials := c.credentials(t, notFound)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = credentials.Sign(ctx) // it is stopped
	}()
	c.wait(t)
	if print, err := credentials.Fingerprint(t.Context()); err != nil || print == "" {
		t.Errorf("%q, %v", print, err)
	}
	if host, err := credentials.ResolvedHost(t.Context()); err != nil || host != "w.cloud.databricks.com" {
		t.Errorf("%q, %v", host, err)
	}
	select {
	case <-ended:
		t.Error("the CLI had ended before")
	default:
	}
	stop()
	<-ended
}

// Where the workspace cannot be reached, that is said at once, and the CLI is not
// left to try for ten minutes.
func TestCLIOffline(t *testing.T) {
	t.Parallel()
	c := newCLI(t, hanging)
	running := make(chan int, 1)
	credentials := c.credentials(t, func(*http.Request) (*http.Response, error) {
		running <- c.wait(t)
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	})
	_, err := credentials.Sign(t.Context())
	if e := refusalOf(t, err); e.Data.Reason != refusal.WorkspaceUnreachable || !strings.Contains(e.Message, "connection refused") {
		t.Errorf("%v", err)
	}
	gone(t, <-running)
}
