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

// With a personal access token nothing waits for the metadata endpoint but the link of a
// sign-in, and that not long: an answer teaches it the workspace id.
func TestMetadata(t *testing.T) {
	t.Parallel()
	const (
		missing = `{"error_code":"UNAUTHENTICATED","message":"Credential for user identity('7') is not found for the connection 'github'. Please login first to the connection by visiting https://evil.example/x"}`
		link    = "https://w.test/explore/connections/github"
	)
	for name, tt := range map[string]struct {
		after time.Duration // the metadata comes, 0 for at once
		took  time.Duration
		link  string
	}{
		"at once": {0, 0, link + "?o=42"},
		"late":    {300 * time.Millisecond, 300 * time.Millisecond, link + "?o=42"},
		"silent":  {time.Hour, time.Second, link},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := roundTripper(func(req *http.Request) (*http.Response, error) {
				if req.URL.Path != "/.well-known/databricks-config" {
					return answer(req, 401, "application/json", missing), nil
				}
				select {
				case <-time.After(tt.after):
					return answer(req, 200, "application/json", `{"workspace_id":"42","cloud":"Azure"}`), nil
				case <-req.Context().Done():
					return nil, req.Context().Err()
				}
			}).open(t, Options{Target: Target{Connection: "github"}, Host: "https://w.test"}, withToken(testToken))
			begin := time.Now()
			r.Warm(t.Context())
			synctest.Wait()
			_, _, err := roundTrip(r, post(t, r, ping))
			if d := time.Since(begin); d != tt.took {
				t.Errorf("%s: took %v, want %v", name, d, tt.took)
			}
			if got := refusalOf(t, err).Data.LoginURL; got != tt.link {
				t.Errorf("%s: link %s, want %s", name, got, tt.link)
			}
			time.Sleep(3 * time.Second)
		})
	}
}
