package databricks

import (
	"context"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/databricks/databricks-sdk-go/config"
	"github.com/google/go-cmp/cmp"

	"ucbridge/bridge/loopbacktest"
	"ucbridge/bridge/refusal"
)

func TestRoutes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		target Target
		uri    string
	}{
		{"auto", Target{Connection: "github"}, "/api/2.0/unity-catalog/connections/github/proxy"},
		{"proxy", Target{Connection: "github", Route: "proxy"}, "/api/2.0/unity-catalog/connections/github/proxy"},
		{"proxy, path", Target{Connection: "github", Route: "proxy", Path: "x/y?readonly=1"}, "/api/2.0/unity-catalog/connections/github/proxy/x/y?readonly=1"},
		{"proxy, query", Target{Connection: "github", Route: "proxy", Path: "?a=b"}, "/api/2.0/unity-catalog/connections/github/proxy?a=b"},
		{"proxy, name", Target{Connection: "größe-1", Route: "proxy"}, "/api/2.0/unity-catalog/connections/gr%C3%B6%C3%9Fe-1/proxy"},
		{"mcp-external", Target{Connection: "main.dev.github", Route: "mcp-external"}, "/api/2.0/mcp/external/main.dev.github"},
		{"service", Target{Service: "system.ai.github"}, "/ai-gateway/mcp-services/system.ai.github"},
		{"path", Target{URL: "/api/2.0/mcp/genie/01ef?o=1"}, "/api/2.0/mcp/genie/01ef?o=1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorkspace(t, func(rw http.ResponseWriter, _ *http.Request) {
				rw.Header().Set("Mcp-Session-Id", "s2")
				rw.Header().Set("Content-Type", "application/json")
				io.WriteString(rw, `{"jsonrpc":"2.0","id":1,"result":{}}`)
			})
			r := onWorkspace(t, w, tt.target)
			req := post(t, r, ping)
			req.Header.Set("Authorization", "Bearer other")
			req.Header.Set("X-Databricks-Azure-Workspace-Resource-Id", "other")
			status, body, err := roundTrip(r, req)
			if status != 200 || body != `{"jsonrpc":"2.0","id":1,"result":{}}` || err != nil {
				t.Errorf("answer %d %q %v", status, body, err)
			}
			got := w.requests()[0]
			agent, trace := got.Header.Get("User-Agent"), got.Header.Get("Traceparent")
			if !strings.HasPrefix(agent, "ucbridge/0.0.0-dev databricks-sdk-go/") || !strings.Contains(agent, " auth/pat") {
				t.Errorf("User-Agent %q", agent)
			}
			if len(trace) != 55 {
				t.Errorf("Traceparent %q", trace)
			}
			got.Header.Del("User-Agent")
			got.Header.Del("Traceparent")
			want := seen{"POST", tt.uri, ping, http.Header{
				"Accept": {"application/json, text/event-stream"}, "Accept-Encoding": {"identity"}, "Authorization": {"Bearer " + testToken},
				"Content-Type": {"application/json"}, "Content-Length": {"40"}, "Mcp-Protocol-Version": {"2025-11-25"}, "Mcp-Session-Id": {"s1"},
			}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if d := r.Describe(); d.AuthType != "pat" || "http://"+d.Host != w.URL {
				t.Errorf("Describe: %+v", d)
			}
		})
	}
}

func TestExternalFunction(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Mcp-Session-Id", "s2")
		rw.Header().Set("Content-Type", "text/plain")
		io.WriteString(rw, "event: message\ndata: {}\n\n")
	})
	r := open(t, Options{Target: Target{Connection: "github", Route: "external-function"}, Host: w.URL},
		withToken(testToken), func(cfg *config.Config) { cfg.WorkspaceID = "42" })
	if !r.Buffered() {
		t.Error("not buffered")
	}
	resp, err := r.RoundTrip(post(t, r, ping))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got := resp.Header.Get("Content-Type") + " " + resp.Header.Get("Mcp-Session-Id"); got != "text/event-stream s2" {
		t.Errorf("answer headers %q", got)
	}
	got := w.requests()[0]
	for name, want := range map[string]string{
		"Accept": "text/plain", "Content-Type": "application/json", "Authorization": "Bearer " + testToken,
		"Mcp-Session-Id": "", "X-Databricks-Workspace-Id": "42",
	} {
		if got := got.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if got.URI != "/api/2.0/external-function" || !strings.Contains(got.Body, `"json":"{\"jsonrpc\"`) {
		t.Errorf("sent to %s: %s", got.URI, got.Body)
	}
}

// TestAppSpeaksForItself has an App answer as Databricks refuses a token. It may have
// run the call before, which is not sent again.
func TestAppSpeaksForItself(t *testing.T) {
	t.Parallel()
	for name, refusing := range map[string]func(*http.Request) *http.Response{
		"in Databricks' form": func(req *http.Request) *http.Response {
			resp := answer(req, 401, "application/json", `{"error_code":"UNAUTHENTICATED","message":"Invalid Token"}`)
			resp.Header.Set("X-Databricks-Org-Id", "123")
			return resp
		},
		"without a word": func(req *http.Request) *http.Response { return answer(req, 401, "", "") },
	} {
		asked := 0
		app := roundTripper(func(req *http.Request) (*http.Response, error) {
			if !strings.HasSuffix(req.URL.Host, ".databricksapps.com") {
				return answer(req, 200, "application/json", "{}"), nil
			}
			asked++
			return refusing(req), nil
		})
		r := app.open(t, Options{Target: Target{URL: "https://mcp-x-123.aws.databricksapps.com/mcp"}, Host: "https://w.cloud.databricks.com"}, func(cfg *config.Config) {
			cfg.WorkspaceID = "123"
			cfg.Credentials = strategy(func(*config.Config) (http.Header, error) {
				return http.Header{"Authorization": {"Bearer " + testToken}}, nil
			})
		})
		_, err := r.RoundTrip(post(t, r, ping))
		if refused, ok := errors.AsType[*refusal.Error](err); !ok || !refused.Data.Unproven || asked != 1 {
			t.Errorf("%s: %v, sent %d times", name, err, asked)
		}
	}
}

func TestApp(t *testing.T) {
	t.Parallel()
	var got *http.Request
	app := roundTripper(func(req *http.Request) (*http.Response, error) {
		if strings.HasSuffix(req.URL.Host, ".databricksapps.com") {
			got = req
		}
		return answer(req, 200, "application/json", "{}"), nil
	})
	at := func(host, workspace string) *Transport {
		return app.open(t, Options{Target: Target{URL: "https://" + host + "/mcp"}, Host: "https://w.cloud.databricks.com"}, func(cfg *config.Config) {
			cfg.WorkspaceID = workspace
			cfg.Credentials = strategy(func(*config.Config) (http.Header, error) {
				return http.Header{"Authorization": {"Bearer " + testToken}, "X-Databricks-Azure-Sp-Management-Token": {"for the workspace"}}, nil
			})
		})
	}
	for host, workspace := range map[string]string{"mcp-x-123.aws.databricksapps.com": "42", "mcp-x-7.azure.databricksapps.com": "123"} {
		r := at(host, workspace)
		_, err := r.RoundTrip(post(t, r, ping))
		if refused, ok := errors.AsType[*refusal.Error](err); !ok || refused.Data.Reason != refusal.HostMismatch || got != nil {
			t.Errorf("%s with the token of workspace %s: %v, sent %v", host, workspace, err, got)
		}
	}
	r := at("mcp-x-123.aws.databricksapps.com", "123")
	resp, err := r.RoundTrip(post(t, r, ping))
	if err != nil {
		t.Fatal(err)
	}
	if got.URL.String() != "https://mcp-x-123.aws.databricksapps.com/mcp" || got.Header.Get("Authorization") == "" {
		t.Errorf("sent to %s with %v", got.URL, got.Header)
	}
	for name := range got.Header {
		if strings.HasPrefix(name, "X-Databricks-") {
			t.Errorf("%s went to an app", name)
		}
	}
	if resp.Request.Header.Get("Authorization") != "" {
		t.Error("the answer leads back to the token")
	}
}

func TestTokenStaysHome(t *testing.T) {
	t.Parallel()
	tests := []struct {
		url    string
		reason refusal.Reason
	}{
		{"https://evil.example/api/2.0/mcp/genie/1", "host_mismatch"},
		{"https://w.cloud.databricks.com.evil.example/x", "host_mismatch"},
		{"https://w.cloud.databricks.com:8443/x", "host_mismatch"},
		{"https://databricksapps.com/x", "host_mismatch"},
		{"https://a.databricksapps.com:444/x", "host_mismatch"},
		{"https://W.cloud.databricks.com:443/x", ""},
	}
	for _, tt := range tests {
		t.Run(tt.url, func(t *testing.T) {
			t.Parallel()
			r := roundTripper(func(req *http.Request) (*http.Response, error) {
				if host := strings.ToLower(req.URL.Hostname()); host != "w.cloud.databricks.com" || req.URL.Port() == "8443" {
					t.Errorf("a request went to %s", req.URL)
				}
				return answer(req, 200, "application/json", "{}"), nil
			}).open(t, Options{Target: Target{URL: tt.url}, Host: "https://w.cloud.databricks.com"}, withToken(testToken))
			_, _, err := roundTrip(r, post(t, r, ping))
			if tt.reason == "" && err != nil {
				t.Error(err)
			}
			if tt.reason != "" && refusalOf(t, err).Data.Reason != tt.reason {
				t.Errorf("%v, want %s", err, tt.reason)
			}
		})
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	elsewhere := newWorkspace(t, func(http.ResponseWriter, *http.Request) {})
	tests := []struct {
		location string
		status   int
		reason   refusal.Reason
		requests int
	}{
		{"/login.html?next=x", 302, "not_authenticated", 2},
		{"/oidc/oauth2/v2.0/authorize?x", 307, "not_authenticated", 2},
		{"/login.html?error=private-link-validation-error", 302, "private_link", 1},
		{elsewhere.URL + "/mcp", 308, "redirect_refused", 1},
		{elsewhere.URL + "/mcp", 302, "redirect_refused", 1},
	}
	for _, tt := range tests {
		w := newWorkspace(t, func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Location", tt.location)
			rw.WriteHeader(tt.status)
		})
		r := onWorkspace(t, w, Target{Connection: "github"})
		_, _, err := roundTrip(r, post(t, r, ping))
		if got := refusalOf(t, err).Data.Reason; got != tt.reason || len(w.requests()) != tt.requests {
			t.Errorf("%d to %s: %s after %d requests, want %s after %d", tt.status, tt.location, got, len(w.requests()), tt.reason, tt.requests)
		}
	}
	if n := len(elsewhere.requests()); n != 0 {
		t.Errorf("%d requests went elsewhere", n)
	}
}

func TestCAFile(t *testing.T) {
	t.Parallel()
	w := &workspace{}
	w.Server = httptest.NewUnstartedServer(w.record(func(rw http.ResponseWriter, _ *http.Request) {
		io.WriteString(rw, "{}")
	}))
	w.Config.ErrorLog = discardLog
	w.StartTLS()
	t.Cleanup(w.Close)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: w.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	o := Options{Target: Target{Connection: "github"}, Host: w.URL}
	r := open(t, o, withToken(testToken))
	_, _, err := roundTrip(r, post(t, r, ping))
	if got := refusalOf(t, err); got.Data.Reason != "tls_untrusted" || !strings.Contains(got.Data.Hint, "--ca-file") {
		t.Errorf("without: %+v", got)
	}
	o.CAFile = ca
	r = open(t, o, withToken(testToken))
	if status, _, err := roundTrip(r, post(t, r, ping)); status != 200 || err != nil {
		t.Errorf("with: %d %v", status, err)
	}
	o.CAFile = os.DevNull
	if _, err := Open(o); err == nil || !strings.Contains(err.Error(), "--ca-file") {
		t.Errorf("empty: %v", err)
	}
}

func TestLostConnections(t *testing.T) {
	t.Parallel()
	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		r := open(t, Options{Target: Target{Connection: "github"}, Host: "http://" + loopbacktest.UnusedAddress(t)}, withToken(testToken))
		_, _, err := roundTrip(r, post(t, r, ping))
		if e := refusalOf(t, err); e.Data.Reason != "workspace_unreachable" || !e.Data.Retryable || !strings.Contains(e.Message, "connection refused") {
			t.Errorf("%+v", e)
		}
	})
	t.Run("cut", func(t *testing.T) {
		t.Parallel()
		w := newWorkspace(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
		r := onWorkspace(t, w, Target{Connection: "github"})
		_, _, err := roundTrip(r, post(t, r, ping))
		e := refusalOf(t, err)
		if e.Data.Reason != "connection_cut" || e.Data.Retryable || !strings.Contains(e.Message, "may have run") {
			t.Errorf("%+v", e)
		}
		if !errors.Is(err, io.EOF) {
			t.Errorf("%v hides its cause", err)
		}
		if n := len(w.requests()); n != 1 {
			t.Errorf("sent %d times", n)
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		w := newWorkspace(t, func(_ http.ResponseWriter, r *http.Request) {
			cancel()
			<-r.Context().Done()
		})
		r := onWorkspace(t, w, Target{Connection: "github"})
		if _, _, err := roundTrip(r, post(t, r, ping).WithContext(ctx)); err != context.Canceled {
			t.Errorf("%v, want context.Canceled itself", err)
		}
	})
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		o    Options
		want string
	}{
		{Options{}, "exactly one of"},
		{Options{Target: Target{Connection: "a", URL: "/b"}}, "exactly one of"},
		{Options{Target: Target{URL: "/b", Path: "/x"}}, "--path"},
		{Options{Target: Target{Service: "a.b.c", Route: "proxy"}}, "--route"},
		{Options{Target: Target{Connection: "a", Route: "direct"}}, `--route "direct"`},
		{Options{Target: Target{Connection: "a", Route: "mcp-external", Path: "/x"}}, "--path"},
		{Options{Target: Target{Connection: ".."}}, "--connection"},
		{Options{Target: Target{Connection: "a/b"}}, "--connection"},
		{Options{Target: Target{Connection: "a`b"}}, "--connection"},
		{Options{Target: Target{Connection: "a\u202eb"}}, "--connection"},
		{Options{Target: Target{Connection: "a", Path: "/x/../y"}}, "--path"},
		{Options{Target: Target{Connection: "a", Path: "/x/%2e%2e/y"}}, "--path"},
		{Options{Target: Target{Connection: "a", Path: "//evil.example"}}, "--path"},
		{Options{Target: Target{Service: "a.b"}}, "--mcp-service"},
		{Options{Target: Target{Service: "a.b.$(c)"}}, "--mcp-service"},
		{Options{Target: Target{URL: "http://w.cloud.databricks.com/x"}}, "plain http"},
		{Options{Target: Target{URL: "http://a.databricksapps.com/x"}}, "plain http"},
		{Options{Target: Target{URL: "ftp://a.databricksapps.com/x"}}, "--url"},
		{Options{Target: Target{URL: "https://me:pw@a.databricksapps.com/x"}}, "--url"},
		{Options{Target: Target{URL: "//evil.example/x"}}, "--url"},
		{Options{Target: Target{URL: "api/2.0/mcp"}}, "--url"},
		{Options{Target: Target{Connection: "a"}, Host: "http://w.cloud.databricks.com"}, "--host"},
		{Options{Target: Target{Connection: "a"}, Host: "https://w cloud"}, "--host"},
		{Options{Target: Target{Connection: "a"}, CAFile: "/does/not/exist"}, "--ca-file"},
	}
	for _, tt := range tests {
		if _, err := Open(tt.o); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%+v: %v, want %q in it", tt.o, err, tt.want)
		}
	}
}
