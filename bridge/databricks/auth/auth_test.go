package auth

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/databricks/databricks-sdk-go/config"
	"go.uber.org/goleak"

	"ucbridge/bridge/refusal"
)

// TestMain gives the tests an environment without a trace of the machine's own
// Databricks configuration.
func TestMain(m *testing.M) {
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		for _, prefix := range []string{"DATABRICKS_", "ARM_", "GOOGLE_", "ACTIONS_ID_TOKEN_"} {
			if strings.HasPrefix(name, prefix) {
				os.Unsetenv(name)
			}
		}
	}
	os.Setenv("DATABRICKS_CONFIG_FILE", os.DevNull)
	os.Setenv("PATH", "")
	os.Setenv("HOME", os.DevNull)
	goleak.VerifyTestMain(m)
}

const testToken = "dapi-0123456789abcdef"

// answers is a network in which one function answers everything.
type answers func(*http.Request) (*http.Response, error)

func (f answers) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// credentials returns credentials for the host, as a flag gives it, whose
// configuration begins with what the functions set.
func (f answers) credentials(t *testing.T, host string, configure ...func(*config.Config)) *Credentials {
	t.Helper()
	return New(Options{
		Config: func() *config.Config {
			cfg := &config.Config{Host: host}
			for _, set := range configure {
				set(cfg)
			}
			return cfg
		},
		Network: f,
		Log:     slog.New(slog.DiscardHandler),
	})
}

func withToken(cfg *config.Config) { cfg.Token = testToken }

func answer(req *http.Request, status int, contentType, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Request: req,
		Header: http.Header{"Content-Type": {contentType}},
		Body:   io.NopCloser(strings.NewReader(body)),
	}
}

func notFound(req *http.Request) (*http.Response, error) { return answer(req, 404, "", ""), nil }

// hang is a peer that never answers.
func hang(req *http.Request) (*http.Response, error) {
	<-req.Context().Done()
	return nil, context.Cause(req.Context())
}

// refusalOf returns the refusal that err must hold.
func refusalOf(t *testing.T, err error) *refusal.Error {
	t.Helper()
	var e *refusal.Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v (%T), want a *refusal.Error in it", err, err)
	}
	return e
}
