package databricks

import (
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/databricks/databricks-sdk-go/config"
)

// Twenty requests are refused together; one rebuild serves them all, and each
// is repeated once.
func TestRebuildOnce(t *testing.T) {
	t.Parallel()
	const n = 20
	var refused sync.WaitGroup
	refused.Add(n)
	w := newWorkspace(t, func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "Bearer new" {
			io.WriteString(rw, `{"jsonrpc":"2.0","id":1,"result":{}}`)
			return
		}
		refused.Done()
		refused.Wait()
		rw.WriteHeader(http.StatusForbidden)
		io.WriteString(rw, `{"error_code":403,"message":"Invalid access token."}`)
	})
	var built atomic.Int32
	r := open(t, Options{Target: Target{Connection: "github"}, Host: w.URL}, func(cfg *config.Config) {
		cfg.Token = "new"
		if built.Add(1) == 1 {
			cfg.Token = "old"
		}
	})
	var calls sync.WaitGroup
	for range n {
		calls.Go(func() {
			if status, _, err := roundTrip(r, post(t, r, ping)); status != 200 || err != nil {
				t.Errorf("%d %v", status, err)
			}
		})
	}
	calls.Wait()
	if built.Load() != 2 {
		t.Errorf("%d configurations, want 2", built.Load())
	}
	if got := len(w.requests()); got != 2*n {
		t.Errorf("%d requests, want %d", got, 2*n)
	}
	for _, s := range w.requests() {
		if s.Body != ping {
			t.Errorf("sent %q", s.Body)
		}
	}
}

// With a personal access token a silent metadata endpoint costs no time, and an
// answering one teaches the workspace id for links.
func TestMetadata(t *testing.T) {
	t.Parallel()
	const missing = `{"error_code":"UNAUTHENTICATED","message":"Credential for user identity('7') is not found for the connection 'github'. Please login first to the connection by visiting https://evil.example/x"}`
	for _, silent := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			r := roundTripper(func(req *http.Request) (*http.Response, error) {
				switch {
				case req.URL.Path != "/.well-known/databricks-config":
					return answer(req, 401, "application/json", missing), nil
				case silent:
					return hang(req)
				}
				return answer(req, 200, "application/json", `{"workspace_id":"42","cloud":"Azure"}`), nil
			}).open(t, Options{Target: Target{Connection: "github"}, Host: "https://w.test"}, withToken(testToken))
			begin := time.Now()
			r.Warm(t.Context())
			synctest.Wait()
			_, _, err := roundTrip(r, post(t, r, ping))
			if d := time.Since(begin); d != 0 {
				t.Errorf("took %v", d)
			}
			want := map[bool]string{true: "https://w.test/explore/connections/github", false: "https://w.test/explore/connections/github?o=42"}[silent]
			if got := refusalOf(t, err).Data.LoginURL; got != want {
				t.Errorf("link %s, want %s", got, want)
			}
			time.Sleep(3 * time.Second)
		})
	}
}
