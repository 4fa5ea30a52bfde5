package databricks

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/databricks/databricks-sdk-go/config"

	"ucbridge/bridge/databricks/network"
	"ucbridge/bridge/refusal"
	"ucbridge/config/route"
)

// openAPI opens a workspace as open opens a transport.
func openAPI(t *testing.T, o Options, configure ...func(*config.Config)) *Workspace {
	t.Helper()
	base, err := network.NewPool(o.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	return openAPIOn(t, base, o, configure...)
}

func openAPIOn(t *testing.T, base http.RoundTripper, o Options, configure ...func(*config.Config)) *Workspace {
	t.Helper()
	transport, err := newTransport(o, destination{route: route.API}, base, configured(o, configure))
	if err != nil {
		t.Fatal(err)
	}
	w := &Workspace{transport}
	t.Cleanup(w.Close)
	return w
}

func TestGet(t *testing.T) {
	t.Parallel()
	s := newWorkspace(t, func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("X-Databricks-Org-Id", "42")
		rw.Write([]byte(`{"name":"github"}`))
	})
	w := openAPI(t, Options{Host: s.URL}, withToken(testToken), func(cfg *config.Config) { cfg.WorkspaceID = "7" })
	var got struct{ Name string }
	if err := w.Get(t.Context(), "/api/x/a%2Fb", url.Values{"p": {"1 2"}}, &got); err != nil || got.Name != "github" {
		t.Fatalf("%+v %v", got, err)
	}
	sent := s.requests()[0]
	if sent.Method != "GET" || sent.URI != "/api/x/a%2Fb?p=1+2" || sent.Header.Get("Authorization") != "Bearer "+testToken ||
		sent.Header.Get("Accept") != "application/json" || sent.Header.Get("X-Databricks-Workspace-Id") != "7" ||
		!strings.HasPrefix(sent.Header.Get("User-Agent"), "ucbridge/") {
		t.Errorf("sent %+v", sent)
	}
}

// What goes wrong is an error with a reason, in time, and holds no secret.
func TestGetTrouble(t *testing.T) {
	t.Parallel()
	say := func(status int, contentType, body string, header ...string) roundTripper {
		return func(req *http.Request) (*http.Response, error) {
			resp := answer(req, status, contentType, body)
			if len(header) > 0 {
				resp.Header.Set(header[0], header[1])
			}
			return resp, nil
		}
	}
	tests := []struct {
		name    string
		network roundTripper
		within  time.Duration
		reason  refusal.Reason
		status  int
	}{
		{"denied", say(403, "application/json", `{"error_code":"PERMISSION_DENIED","message":"no `+testToken+`"}`), 0, "workspace_error", 403},
		{"not there", say(404, "application/json", `{"error_code":"NOT_FOUND","message":"no"}`), 0, "workspace_error", 404},
		{"no such API", say(404, "application/json", `{"error_code":"ENDPOINT_NOT_FOUND","message":"no"}`), 0, "endpoint_not_found", 404},
		{"a foreign page", say(502, "text/html", `<html>out of order</html>`), 0, "intercepted", 502},
		{"a sign-in page", say(200, "text/html", `<html>Databricks login</html>`), 0, "not_authenticated", 200},
		{"another place", say(302, "", "", "Location", "https://evil.example/api"), 0, "redirect_refused", 302},
		{"a scope is missing", say(403, "application/json", `{"error_code":403,"message":"Provided OAuth token does not have required scopes: unity-catalog [ReqId: 00000000-0000]"}`), 0, "missing_scope", 403},
		{"silence", hang, apiTimeout, "workspace_unreachable", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := openAPIOn(t, tt.network, Options{Host: "https://w.test"}, withToken(testToken))
				begin := time.Now()
				err := w.Get(t.Context(), "/api/x", nil, new(any))
				if took := time.Since(begin); took > tt.within {
					t.Errorf("took %v", took)
				}
				e := refusalOf(t, err)
				if e.Data.Reason != tt.reason || e.Data.HTTPStatus != tt.status {
					t.Errorf("%+v", e)
				}
				if strings.Contains(e.Error()+e.Data.Detail, testToken) {
					t.Errorf("a secret in %+v", e)
				}
				time.Sleep(3 * time.Second)
			})
		})
	}
}

func TestGetCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	w := openAPIOn(t, roundTripper(func(req *http.Request) (*http.Response, error) {
		if req.URL.Path != "/api/x" {
			return answer(req, 404, "", ""), nil
		}
		cancel()
		return hang(req)
	}), Options{Host: "https://w.test"}, withToken(testToken))
	if err := w.Get(ctx, "/api/x", nil, new(any)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
}

func TestSignInPage(t *testing.T) {
	t.Parallel()
	s := newWorkspace(t, func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("X-Databricks-Org-Id", r.URL.Query().Get("id"))
		rw.Write([]byte("{}"))
	})
	for _, tt := range []struct {
		target   Target
		id, want string
	}{
		{Target{Connection: "github"}, "42", s.URL + "/explore/connections/github?o=42"},
		{Target{Connection: "a&b=c"}, "1&x=//evil.example", s.URL + "/explore/connections/a&b=c"},
		{Target{Service: "main.tools.drive"}, "42", s.URL + "/mcp-service-login?name=main.tools.drive"},
		{Target{Connection: "a/b"}, "42", ""},
		{Target{Connection: "https://evil.example"}, "42", ""},
		{Target{Service: "evil.example"}, "42", ""},
	} {
		w := openAPI(t, Options{Host: s.URL}, withToken(testToken))
		if err := w.Get(t.Context(), "/api", url.Values{"id": {tt.id}}, new(any)); err != nil {
			t.Fatal(err)
		}
		got, err := w.SignInPage(t.Context(), tt.target)
		if got != tt.want || (err != nil) != (tt.want == "") {
			t.Errorf("%+v: %s, %v; want %s", tt.target, got, err, tt.want)
		}
	}
}
