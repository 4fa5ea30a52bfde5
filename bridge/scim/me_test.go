package scim_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ucbridge/bridge/databricks"
	"ucbridge/bridge/databricks/auth"
	"ucbridge/bridge/emulator"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/scim"
)

// answers is a workspace that answers one thing.
type answers func(http.ResponseWriter)

// over returns a transport that leads to a workspace.
func (a answers) over(t *testing.T) http.RoundTripper {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { a(w) }))
	t.Cleanup(server.Close)
	return redirected{server.Listener.Addr().String(), server.Client().Transport}
}

// redirected sends requests to a host.
type redirected struct {
	host string
	base http.RoundTripper
}

func (r redirected) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.URL.Host = r.host
	return r.base.RoundTrip(req)
}

func says(status int, body string) answers {
	return func(w http.ResponseWriter) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// TestRecords reads records as workspaces send them, and with what else may stand there.
func TestRecords(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]scim.User{
		`{"id":"1","userName":"ada@example.com","active":true}`:                                                              {Name: "ada@example.com"},
		`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"0a1b-app","displayName":"robot","groups":[]}`: {Name: "0a1b-app"},
		`{"userName":"ada","groups":[{"display":"admins","type":"direct","value":"1"},{"value":"2"},{"display":"Données ☕"}],"emails":null}`: {
			Name: "ada", Groups: []string{"admins", "Données ☕"},
		},
		`{"username":"ada","Groups":null}`: {Name: "ada"}, // RFC 7643, section 2.1
	} {
		got, err := scim.Me(t.Context(), says(200, body).over(t))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", body, err, diff)
		}
	}
	many := `{"userName":"ada","groups":[` + strings.Repeat(`{"display":"a group of a large company","type":"indirect"},`, 20_000) + `{"display":"last"}]}`
	if got, err := scim.Me(t.Context(), says(200, many).over(t)); err != nil || len(got.Groups) != 20_001 || got.Groups[20_000] != "last" {
		t.Errorf("%d groups, %v", len(got.Groups), err)
	}
}

// TestNoRecord has workspaces not say who calls. Whether it is worth asking again is told.
func TestNoRecord(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answers
		retryable bool
		message   string
	}{
		"forbidden":         {says(403, `{"detail":"no","status":"403"}`), false, "HTTP 403"},
		"not there":         {says(404, ""), false, "HTTP 404"},
		"too many requests": {says(429, ""), true, "HTTP 429"},
		"out of order":      {says(500, "<html>"), true, "HTTP 500"},
		"empty":             {says(200, ""), false, "cannot be read"},
		"null":              {says(200, "null"), false, "no user name"},
		"nobody":            {says(200, `{"userName":"","groups":[{"display":"admins"}]}`), false, "no user name"},
		"of another form":   {says(200, `{"userName":{"value":"ada"}}`), false, "cannot be read"},
		"a page":            {says(200, "<!doctype html>"), false, "cannot be read"},
		"two records":       {says(200, `{"userName":"ada"}{"userName":"bob"}`), false, "cannot be read"},
		"without end":       {says(200, `{"userName":"ada","x":"`+strings.Repeat("x", 9<<20)+`"}`), false, "larger than 8 MiB"},
		"cut short": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, `{"userName":"ada"`)
		}, true, "connection broke"},
	} {
		got, err := scim.Me(t.Context(), c.over(t))
		refused, ok := errors.AsType[*refusal.Error](err)
		if !ok || refused.Data.Reason != refusal.IdentityUnknown || refused.Data.Retryable != c.retryable || !strings.Contains(refused.Message, c.message) || got.Name != "" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// TestNotWaited: who does not wait for the answer is told that, and not that there is none.
func TestNotWaited(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	slow := answers(func(w http.ResponseWriter) {
		_, _ = io.WriteString(w, `{"userName":`)
		_ = http.NewResponseController(w).Flush()
		cancel()
		<-ctx.Done()
	})
	if _, err := scim.Me(ctx, slow.over(t)); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if _, err := scim.Me(ctx, slow.over(t)); !errors.Is(err, context.Canceled) {
		t.Errorf("before it was asked: %v", err)
	}
}

// TestWorkspace asks the workspace for its users, by the transport of every request.
func TestWorkspace(t *testing.T) {
	t.Setenv("DATABRICKS_CONFIG_FILE", os.DevNull)
	t.Setenv("DATABRICKS_HOST", "")
	w, err := emulator.Start(emulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	transport, err := databricks.Open(databricks.Options{Target: databricks.Target{URL: scim.MePath}, OnBehalf: true, Host: w.URL()})
	if err != nil {
		t.Fatal(err)
	}
	defer transport.Close()
	me := func(token string) (string, refusal.Reason) {
		user, err := scim.Me(auth.WithToken(t.Context(), token), transport)
		if refused, ok := errors.AsType[*refusal.Error](err); ok {
			return "", refused.Data.Reason
		}
		return fmt.Sprintf("%s %s", user.Name, user.Groups), ""
	}
	if who, reason := me("dapi-demo-ada"); !strings.HasPrefix(who, "ada@example.com [") || reason != "" {
		t.Errorf("ada is %s, %s", who, reason)
	}
	if who, reason := me("dapi-unknown"); who != "" || reason != refusal.NotAuthenticated {
		t.Errorf("a token of nobody is %s, %s", who, reason)
	}
	w.Inject(emulator.Fault{Path: scim.MePath, Status: 403, Body: `{"detail":"not here","status":"403"}`})
	if who, reason := me("dapi-demo-ada"); who != "" || reason == "" {
		t.Errorf("forbidden, and ada is %s, %s", who, reason)
	}
}
