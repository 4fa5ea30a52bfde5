package databricks

import (
	"context"
	"errors"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/databricks/databricks-sdk-go/config"
	sdk "github.com/databricks/databricks-sdk-go/config/credentials"
	"go.uber.org/goleak"

	"ucbridge/bridge/databricks/network"
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

// seen is one request as a test's workspace got it.
type seen struct {
	Method, URI, Body string
	Header            http.Header
}

// workspace is a Databricks workspace that answers as one function says.
type workspace struct {
	*httptest.Server
	mu   sync.Mutex
	seen []seen
}

func newWorkspace(t *testing.T, answer http.HandlerFunc) *workspace {
	t.Helper()
	w := &workspace{}
	w.Server = httptest.NewServer(w.record(answer))
	t.Cleanup(w.Close)
	return w
}

func (w *workspace) record(answer http.HandlerFunc) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/.well-known/databricks-config" {
			http.NotFound(rw, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		w.mu.Lock()
		w.seen = append(w.seen, seen{r.Method, r.RequestURI, string(body), r.Header.Clone()})
		w.mu.Unlock()
		answer(rw, r)
	}
}

func (w *workspace) requests() []seen {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]seen(nil), w.seen...)
}

// open opens a transport whose configuration is made by the given functions instead
// of by environment and file.
func open(t *testing.T, o Options, configure ...func(*config.Config)) *Transport {
	t.Helper()
	base, err := network.NewPool(o.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	return openOn(t, base, o, configure)
}

func openOn(t *testing.T, base http.RoundTripper, o Options, configure []func(*config.Config)) *Transport {
	t.Helper()
	target, err := o.Target.parse()
	if err != nil {
		t.Fatal(err)
	}
	r, err := newTransport(o, target, base, configured(o, configure))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

func configured(o Options, configure []func(*config.Config)) func() *config.Config {
	return func() *config.Config {
		cfg := &config.Config{Profile: o.Profile, Host: o.Host}
		for _, f := range configure {
			f(cfg)
		}
		return cfg
	}
}

// onWorkspace opens a transport to w with a personal access token.
func onWorkspace(t *testing.T, w *workspace, target Target) *Transport {
	t.Helper()
	return open(t, Options{Target: target, Host: w.URL, CacheDir: t.TempDir()}, withToken(testToken))
}

func withToken(token string) func(*config.Config) {
	return func(cfg *config.Config) { cfg.Token = token }
}

const ping = `{"jsonrpc":"2.0","id":1,"method":"ping"}`

// post makes a request as the MCP client makes it.
func post(t *testing.T, r *Transport, body string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.URL().String(), strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "application/json, text/event-stream")
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Mcp-Session-Id", "s1")
	req.Header.Set("MCP-Protocol-Version", "2025-11-25")
	return req
}

// roundTrip returns status and body of the answer.
func roundTrip(r *Transport, req *http.Request) (int, string, error) {
	resp, err := r.RoundTrip(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body), err
}

// refusal returns the *refusal.Error that err must hold.
func refusalOf(t *testing.T, err error) *refusal.Error {
	t.Helper()
	var e *refusal.Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v (%T), want a *refusal.Error in it", err, err)
	}
	return e
}

// roundTripper is a transport without a network.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// open opens a transport that sends by it.
func (f roundTripper) open(t *testing.T, o Options, configure ...func(*config.Config)) *Transport {
	t.Helper()
	return openOn(t, f, o, configure)
}

func answer(req *http.Request, status int, contentType, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Request: req,
		Header: http.Header{"Content-Type": {contentType}},
		Body:   io.NopCloser(strings.NewReader(body)),
	}
}

// hang is a peer that never answers.
func hang(req *http.Request) (*http.Response, error) {
	<-req.Context().Done()
	return nil, context.Cause(req.Context())
}

var discardLog = log.New(io.Discard, "", 0)

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
