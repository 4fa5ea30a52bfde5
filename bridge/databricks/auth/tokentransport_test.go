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
