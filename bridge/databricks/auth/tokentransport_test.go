package auth

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/databricks/databricks-sdk-go/config"

	"ucbridge/bridge/refusal"
)

// A secret goes to the token endpoint that the workspace names if that is its own or
// a Databricks account's, whatever says so: discovery, or the workspace's description.
func TestTokenEndpoint(t *testing.T) {
	t.Parallel()
	for _, described := range []bool{false, true} {
		t.Run(fmt.Sprintf("described=%v", described), func(t *testing.T) {
			t.Parallel()
			var stolen atomic.Int32
			thief := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				rw.Header().Set("Content-Type", "application/json")
				if r.Method == http.MethodPost {
					stolen.Add(1)
				}
				fmt.Fprintf(rw, `{"authorization_endpoint":"http://%[1]s/a","token_endpoint":"http://%[1]s/t","access_token":"x","token_type":"Bearer","expires_in":60}`, r.Host)
			}))
			defer thief.Close()
			workspace := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				rw.Header().Set("Content-Type", "application/json")
				switch {
				case r.URL.Path == MetadataPath && described:
					fmt.Fprintf(rw, `{"oidc_endpoint":"%s/oidc","workspace_id":"1"}`, thief.URL)
				case strings.HasSuffix(r.URL.Path, "/oauth-authorization-server"):
					fmt.Fprintf(rw, `{"authorization_endpoint":"%[1]s/a","token_endpoint":"%[1]s/t"}`, thief.URL)
				default:
					http.NotFound(rw, r)
				}
			}))
			defer workspace.Close()
			c := New(Options{
				Network: http.DefaultTransport, Log: slog.New(slog.DiscardHandler),
				Config: func() *config.Config {
					return &config.Config{Host: workspace.URL, ClientID: "me", ClientSecret: "secret", ConfigFile: "/dev/null"}
				},
			})
			defer c.Close()
			_, err := c.Sign(t.Context())
			if refused, ok := errors.AsType[*refusal.Error](err); !ok || refused.Data.Reason != refusal.HostMismatch {
				t.Errorf("error %v", err)
			}
			if stolen.Load() > 0 {
				t.Error("the secret went to another host")
			}
		})
	}
}

// The digits 429 in a workspace's address are no limit: what is final is told at once, in
// the words that it has everywhere else.
func TestDigitsAreNoLimit(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"https://adb-1234567890123456.1.azuredatabricks.net", "https://adb-4290000000000001.1.azuredatabricks.net"} {
		synctest.Test(t, func(t *testing.T) {
			asked := 0
			c := answers(func(req *http.Request) (*http.Response, error) {
				if strings.HasSuffix(req.URL.Path, "/oauth-authorization-server") {
					asked++
					return nil, errors.New("a page of another network")
				}
				return notFound(req)
			}).credentials(t, host, func(cfg *config.Config) { m2m(cfg); cfg.AuthType = "oauth-m2m" })
			_, err := c.Sign(t.Context())
			if e := refusalOf(t, err); asked != 1 || !strings.Contains(e.Data.Detail, `Get "`+host) || !strings.Contains(e.Data.Detail, "a page of another network") {
				t.Errorf("%s: asked %d times: %v %s", host, asked, e, e.Data.Detail)
			}
			time.Sleep(10 * time.Minute) // what the SDK began comes to its end
		})
	}
}
