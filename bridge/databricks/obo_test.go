package databricks

import (
	"net/http"
	"strings"
	"testing"

	"ucbridge/bridge/databricks/auth"
)

// TestOnBehalf checks that each request is signed with its own token alone, that
// none is sent without one, and that a refused token is not tried again.
func TestOnBehalf(t *testing.T) {
	t.Setenv("DATABRICKS_HOST", "")
	t.Setenv("DATABRICKS_TOKEN", "dapi-of-the-process")
	t.Setenv("DATABRICKS_CONFIG_FILE", "/dev/null")
	for _, route := range []string{"proxy", "external-function"} {
		w := newWorkspace(t, func(rw http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") == "Bearer stale" {
				http.Error(rw, `{"error_code":403,"message":"Invalid access token."}`, http.StatusForbidden)
				return
			}
			_, _ = rw.Write([]byte(`{"jsonrpc":"2.0","id":1,"result":{}}`))
		})
		first, err := Open(Options{Target: Target{URL: "/first"}, Host: w.URL, OnBehalf: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(first.Close)
		r, err := first.Beside(Target{Connection: "github", Route: route})
		if err != nil {
			t.Fatal(err)
		}
		for _, token := range []string{"a", "b"} {
			req := post(t, r, ping)
			req.Header.Set("Authorization", "Bearer of the caller's own")
			if status, body, err := roundTrip(r, req.WithContext(auth.WithToken(t.Context(), token))); err != nil || status != http.StatusOK {
				t.Fatalf("%s: %d %s %v", token, status, body, err)
			}
		}
		_, _, err = roundTrip(r, post(t, r, ping))
		if e := refusalOf(t, err); e.Data.Reason != "not_authenticated" || !strings.HasPrefix(e.Message, "No OBO token found.") {
			t.Errorf("without a token: %v", e)
		}
		_, _, err = roundTrip(r, post(t, r, ping).WithContext(auth.WithToken(t.Context(), "stale")))
		if e := refusalOf(t, err); e.Data.Reason != "not_authenticated" || strings.Contains(e.Error(), "stale") {
			t.Errorf("with a stale token: %v", e)
		}
		var signed []string
		for _, seen := range w.requests() {
			signed = append(signed, seen.Header.Get("Authorization"))
		}
		if got := strings.Join(signed, ", "); got != "Bearer a, Bearer b, Bearer stale" {
			t.Errorf("%s: signed with %s", route, got)
		}
		if d := r.Describe(); d.AuthType != auth.OnBehalf || !strings.HasPrefix(w.URL, "http://"+d.Host) {
			t.Errorf("described as %v", d)
		}
	}
}
