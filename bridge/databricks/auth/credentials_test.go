package auth

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/databricks/databricks-sdk-go/config"
	sdk "github.com/databricks/databricks-sdk-go/config/credentials"

	"ucbridge/bridge/refusal"
)

// m2m makes a configuration for a service principal.
func m2m(cfg *config.Config) { cfg.ClientID, cfg.ClientSecret = "id", "s3cr3t-s3cr3t" }

func TestHungTokenEndpoint(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := answers(func(req *http.Request) (*http.Response, error) {
			switch req.URL.Path {
			case "/.well-known/databricks-config":
				return answer(req, 200, "application/json", `{"oidc_endpoint":"https://w.cloud.databricks.com/oidc"}`), nil
			case "/oidc/.well-known/oauth-authorization-server":
				return answer(req, 200, "application/json", `{"authorization_endpoint":"https://w.cloud.databricks.com/a","token_endpoint":"https://w.cloud.databricks.com/t"}`), nil
			}
			return hang(req)
		}).credentials(t, "https://w.cloud.databricks.com", m2m)
		begin := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		if _, err := c.Sign(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v, want the context's error", err)
		}
		if d := time.Since(begin); d != 2*time.Second {
			t.Errorf("took %v", d)
		}
		_, err := c.Sign(t.Context())
		if d := time.Since(begin); d > 2*time.Second+signTimeout {
			t.Errorf("took %v", d)
		}
		if e := refusalOf(t, err); e.Data.Reason != "sign_in_unavailable" {
			t.Errorf("%+v", e)
		}
		time.Sleep(10 * time.Minute) // what the SDK began comes to its end
	})
}

// A source of tokens that never returns holds up nobody for ever: after a while
// a new one is tried.
func TestStuckCredentials(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var built atomic.Int32
		c := answers(func(req *http.Request) (*http.Response, error) {
			return answer(req, 200, "application/json", "{}"), nil
		}).credentials(t, "https://w.cloud.databricks.com", func(cfg *config.Config) {
			cfg.Token = testToken
			if built.Add(1) == 1 {
				cfg.Credentials = strategy(func(*config.Config) (http.Header, error) {
					<-release
					return nil, errors.New("released")
				})
			}
		})
		refused := 0
		for {
			_, err := c.Sign(t.Context())
			if err == nil {
				break
			}
			if e := refusalOf(t, err); e.Data.Reason != "not_authenticated" || !e.Data.Retryable {
				t.Errorf("%+v", e)
			}
			if refused++; refused > 10 {
				t.Fatal("no end of it")
			}
		}
		if want := int(stuckTimeout/signTimeout) + 1; refused != want && refused != want-1 {
			t.Errorf("refused %d times, want about %d", refused, want)
		}
		close(release)
	})
}

// A host cannot make itself a cloud's, whose credentials it would then be sent.
func TestHostDoesNotChooseCloud(t *testing.T) {
	t.Parallel()
	var cloud strategy = func(cfg *config.Config) (http.Header, error) {
		if cfg.IsAzure() {
			t.Error("taken for a workspace on Azure")
		}
		if cfg.AccountID != "a-1" {
			t.Error("the metadata was not read at all")
		}
		return nil, nil
	}
	c := answers(func(req *http.Request) (*http.Response, error) {
		return answer(req, 200, "application/json", `{"account_id":"a-1","cloud":"AZURE"}`), nil
	}).credentials(t, "https://w.cloud.databricks.com", func(cfg *config.Config) { cfg.Credentials = cloud })
	if _, err := c.Sign(t.Context()); err != nil {
		t.Error(err)
	}
}

// strategy is a kind of credentials made for a test: it gives the headers.
type strategy func(*config.Config) (http.Header, error)

func (strategy) Name() string { return "test" }
func (s strategy) Configure(_ context.Context, cfg *config.Config) (sdk.CredentialsProvider, error) {
	header, err := s(cfg)
	return sdk.CredentialsProviderFn(func(r *http.Request) error {
		maps.Copy(r.Header, header)
		return nil
	}), err
}

func TestOffline(t *testing.T) {
	t.Parallel()
	offline := answers(func(req *http.Request) (*http.Response, error) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: req.URL.Hostname(), IsNotFound: true}}
	})
	closed := answers(func(*http.Request) (*http.Response, error) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED} // the SDK repeats after this one
	})
	silent := answers(hang)
	tests := []struct {
		name      string
		network   answers
		configure func(*config.Config)
		within    time.Duration
		reason    refusal.Reason
	}{
		{"no network, service principal", offline, m2m, 0, "workspace_unreachable"},
		{"closed port, service principal", closed, m2m, 0, "workspace_unreachable"},
		{"silence, service principal", silent, m2m, signTimeout, "workspace_unreachable"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := tt.network.credentials(t, "https://w.cloud.databricks.com", tt.configure)
				begin := time.Now()
				_, err := c.Sign(t.Context())
				if d := time.Since(begin); d > tt.within {
					t.Errorf("took %v", d)
				}
				if e := refusalOf(t, err); e.Data.Reason != tt.reason {
					t.Errorf("%+v", e)
				}
				time.Sleep(10 * time.Minute)
			})
		})
	}
}

func TestCredentialTrouble(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		configure func(*config.Config)
		reason    refusal.Reason
		words     []string
	}{
		{"no host", func(cfg *config.Config) { cfg.Host = "" }, "config_invalid", []string{"No Databricks workspace", "ucbridge login --host"}},
		{"nothing", func(*config.Config) {}, "not_authenticated", []string{"not installed", "ucbridge login --host https://w.cloud.databricks.com"}},
		{"two methods", func(cfg *config.Config) { m2m(cfg); cfg.Token = testToken }, "config_invalid", []string{"More than one authorization method is configured: oauth and pat.", "DATABRICKS_AUTH_TYPE", "oauth-m2m or pat"}},
		{"unknown method", func(cfg *config.Config) { cfg.AuthType = "zzz" }, "config_invalid", []string{`There is no authentication type "zzz".`, "DATABRICKS_AUTH_TYPE", "databricks-cli, "}},
		{"line break in the token", func(cfg *config.Config) { cfg.Token = testToken + "\n" }, "config_invalid", []string{"credentials (pat) hold a line break", "DATABRICKS_TOKEN"}},
		{"wrong secret", m2m, "not_authenticated", []string{"oauth-m2m", "client_secret", "invalid_client"}},
		{"bad host", func(cfg *config.Config) { cfg.Host = "http://w.test" }, "config_invalid", []string{"plain http"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := answers(func(req *http.Request) (*http.Response, error) {
				switch {
				case strings.HasSuffix(req.URL.Path, "/oauth-authorization-server"):
					return answer(req, 200, "application/json", `{"authorization_endpoint":"https://w.cloud.databricks.com/a","token_endpoint":"https://w.cloud.databricks.com/t"}`), nil
				case req.URL.Path == "/t":
					return answer(req, 401, "application/json", `{"error":"invalid_client","error_description":"Client authentication failed"}`), nil
				}
				return answer(req, 404, "text/plain", ""), nil
			}).credentials(t, "https://w.cloud.databricks.com", tt.configure)
			_, err := c.Sign(t.Context())
			e := refusalOf(t, err)
			if e.Data.Reason != tt.reason {
				t.Errorf("reason %s, want %s", e.Data.Reason, tt.reason)
			}
			all := fmt.Sprintf("%v %s", err, e.Data.Detail)
			for _, want := range tt.words {
				if !strings.Contains(all, want) {
					t.Errorf("%q not in %s", want, all)
				}
			}
			if strings.Contains(all, testToken) || strings.Contains(all, "s3cr3t") {
				t.Errorf("a secret in %s", all)
			}
		})
	}
}

// What the user repairs is seen by the next request.
func TestRecovers(t *testing.T) {
	t.Parallel()
	signedIn := false
	c := answers(func(req *http.Request) (*http.Response, error) {
		return answer(req, 200, "application/json", "{}"), nil
	}).credentials(t, "https://w.cloud.databricks.com", func(cfg *config.Config) {
		if signedIn {
			cfg.Token = testToken
		}
	})
	if _, err := c.Sign(t.Context()); refusalOf(t, err).Data.Reason != "not_authenticated" {
		t.Error(err)
	}
	signedIn = true
	if _, err := c.Sign(t.Context()); err != nil {
		t.Error(err)
	}
}

// A sign-in service that redirects to another host gets what it was sent, the other host
// does not. That says nothing of the credentials.
func TestSignInIsNotRedirected(t *testing.T) {
	t.Parallel()
	for _, at := range []string{"/oidc/.well-known/oauth-authorization-server", "/t"} {
		for to, want := range map[string]refusal.Reason{"https://evil.example/t": refusal.HostMismatch, "https://w.cloud.databricks.com" + at: refusal.SignInUnavailable} {
			synctest.Test(t, func(t *testing.T) {
				c := answers(func(req *http.Request) (*http.Response, error) {
					resp := answer(req, 200, "application/json", `{"authorization_endpoint":"https://w.cloud.databricks.com/a","token_endpoint":"https://w.cloud.databricks.com/t"}`)
					if req.URL.Path == at {
						resp = answer(req, 307, "", "")
						resp.Header.Set("Location", to)
					}
					if req.URL.Host != "w.cloud.databricks.com" {
						t.Errorf("a request went to %s", req.URL)
					}
					return resp, nil
				}).credentials(t, "https://w.cloud.databricks.com", m2m)
				_, err := c.Sign(t.Context())
				if e := refusalOf(t, err); e.Data.Reason != want {
					t.Errorf("%s to %s: %s: %v", at, to, e.Data.Reason, e)
				}
				time.Sleep(10 * time.Minute) // what the SDK began comes to its end
			})
		}
	}
}

// A sign-in service that does not do its part says nothing of the credentials: they
// are not to be changed for it.
func TestSignInServiceDown(t *testing.T) {
	t.Parallel()
	endpoints := func(req *http.Request) *http.Response {
		return answer(req, 200, "application/json", `{"authorization_endpoint":"https://w.cloud.databricks.com/a","token_endpoint":"https://w.cloud.databricks.com/t"}`)
	}
	for _, tt := range []struct {
		name      string
		endpoints func(*http.Request) *http.Response
		token     func(*http.Request) *http.Response
		reason    refusal.Reason
		words     string
	}{
		{"token endpoint 503", endpoints, func(req *http.Request) *http.Response { return answer(req, 503, "text/plain", "no") }, refusal.SignInUnavailable, "(HTTP 503)"},
		{"token endpoint 429", endpoints, func(req *http.Request) *http.Response { return answer(req, 429, "application/json", "{}") }, refusal.SignInUnavailable, "(HTTP 429)"},
		{"captive portal", endpoints, func(req *http.Request) *http.Response { return answer(req, 200, "text/html", "<html>welcome") }, refusal.SignInUnavailable, "a web page came instead"},
		{"discovery 503", func(req *http.Request) *http.Response { return answer(req, 503, "text/plain", "no") }, nil, refusal.SignInUnavailable, "(HTTP 503)"},
		{"wrong secret", endpoints, func(req *http.Request) *http.Response {
			return answer(req, 401, "application/json", `{"error":"invalid_client"}`)
		}, refusal.NotAuthenticated, "client_secret"},
		{"revoked", endpoints, func(req *http.Request) *http.Response {
			return answer(req, 400, "application/json", `{"error":"invalid_grant"}`)
		}, refusal.NotAuthenticated, "client_secret"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { // the SDK repeats what may pass
				c := answers(func(req *http.Request) (*http.Response, error) {
					switch {
					case strings.HasSuffix(req.URL.Path, "/oauth-authorization-server"):
						return tt.endpoints(req), nil
					case req.URL.Path == "/t":
						return tt.token(req), nil
					}
					return notFound(req)
				}).credentials(t, "https://w.cloud.databricks.com", m2m)
				_, err := c.Sign(t.Context())
				e := refusalOf(t, err)
				if e.Data.Reason != tt.reason || !strings.Contains(e.Error(), tt.words) || e.Data.Retryable != (tt.reason == refusal.SignInUnavailable) {
					t.Errorf("%s: %v", e.Data.Reason, e)
				}
				time.Sleep(10 * time.Minute)
			})
		})
	}
}
