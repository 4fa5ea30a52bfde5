package auth

import (
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/databricks/databricks-sdk-go/config"

	"ucbridge/bridge/refusal"
)

const signInHost = "https://w.cloud.databricks.com"

// signInHostStub is a workspace that signs service principals in at one path, and counts
// what it is asked.
type signInHostStub struct {
	dir string

	mu    sync.Mutex
	token string // path of the token endpoint; others are not found
	asked []string
	fails func(*http.Request) (*http.Response, error) // in place of tokens, if set
}

func (s *signInHostStub) answer(req *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, req.URL.Path)
	switch {
	case req.URL.Host != "w.cloud.databricks.com":
		return answer(req, 500, "text/plain", "a request to "+req.URL.Host), nil
	case s.fails != nil && (req.Method == http.MethodPost || req.URL.Path == MetadataPath):
		return s.fails(req)
	case req.URL.Path == MetadataPath:
		return answer(req, 200, "application/json", `{"oidc_endpoint":"`+signInHost+`/oidc","workspace_id":"7","account_id":"a-1","host_type":"workspace"}`), nil
	case strings.HasSuffix(req.URL.Path, "/oauth-authorization-server"):
		return answer(req, 200, "application/json", `{"authorization_endpoint":"`+signInHost+`/a","token_endpoint":"`+signInHost+s.token+`"}`), nil
	case req.URL.Path == s.token:
		return answer(req, 200, "application/json", `{"access_token":"t0k3n","token_type":"Bearer","expires_in":3600}`), nil
	}
	return notFound(req)
}

// start signs in as a process of its own, and returns what the host was asked.
func (s *signInHostStub) start(t *testing.T) ([]string, *Identity, error) {
	t.Helper()
	c := answers(s.answer).credentials(t, signInHost, m2m)
	c.opts.CacheDir = s.dir
	defer c.Close()
	s.mu.Lock()
	s.asked = nil
	s.mu.Unlock()
	signed, err := c.Sign(t.Context())
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked), signed.Identity, err
}

func (s *signInHostStub) files(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(s.dir, "endpoints-*"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

var (
	asksAll   = []string{MetadataPath, "/oidc/.well-known/oauth-authorization-server", "/t"}
	asksToken = []string{"/t"}
)

func TestEndpointsRemembered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &signInHostStub{dir: t.TempDir(), token: "/t"}
		for _, tt := range []struct {
			after time.Duration
			want  []string
		}{{0, asksAll}, {0, asksToken}, {endpointsTTL - time.Second, asksToken}, {time.Second, asksAll}, {0, asksToken}} {
			time.Sleep(tt.after)
			asked, who, err := s.start(t)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(asked, tt.want) {
				t.Errorf("after %v it asked for %q, want %q", tt.after, asked, tt.want)
			}
			if who.KnownWorkspace() != "7" {
				t.Errorf("workspace %q", who.KnownWorkspace())
			}
		}
		files := s.files(t)
		if len(files) != 1 {
			t.Fatalf("files %q", files)
		}
		raw, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"t0k3n", "s3cr3t"} {
			if strings.Contains(string(raw), secret) {
				t.Errorf("%s in %s", secret, raw)
			}
		}
	})
}

// What was remembered and does not work is forgotten, and the host asked at once.
func TestEndpointsMoved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &signInHostStub{dir: t.TempDir(), token: "/t"}
		if _, _, err := s.start(t); err != nil {
			t.Fatal(err)
		}
		s.token = "/t2"
		asked, _, err := s.start(t)
		if want := []string{"/t", asksAll[0], asksAll[1], "/t2"}; err != nil || !slices.Equal(asked, want) {
			t.Errorf("asked %q, %v; want %q", asked, err, want)
		}
		if asked, _, err := s.start(t); err != nil || !slices.Equal(asked, []string{"/t2"}) {
			t.Errorf("asked %q, %v", asked, err)
		}
	})
}

// What goes wrong with remembered endpoints ends as it does without them, and they are
// forgotten.
func TestEndpointsOfFailure(t *testing.T) {
	t.Parallel()
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	for name, tt := range map[string]struct {
		fails  func(*http.Request) (*http.Response, error)
		reason refusal.Reason
	}{
		"refused": {func(req *http.Request) (*http.Response, error) {
			if req.Method == http.MethodGet {
				return notFound(req)
			}
			return answer(req, 401, "application/json", `{"error":"invalid_client"}`), nil
		}, refusal.NotAuthenticated},
		"unreachable": {func(*http.Request) (*http.Response, error) { return nil, refused }, refusal.WorkspaceUnreachable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &signInHostStub{dir: t.TempDir(), token: "/t"}
				if _, _, err := s.start(t); err != nil {
					t.Fatal(err)
				}
				s.fails = tt.fails
				began := time.Now()
				asked, _, err := s.start(t)
				if e := refusalOf(t, err); e.Data.Reason != tt.reason {
					t.Errorf("%+v", e)
				}
				if took := time.Since(began); took > time.Second {
					t.Errorf("took %v, asking for %q", took, asked)
				}
				if files := s.files(t); len(files) > 0 {
					t.Errorf("still there: %q", files)
				}
				time.Sleep(10 * time.Minute) // what the SDK began comes to its end
			})
		})
	}
}

// A file that leads elsewhere than the host's own answers could is not gone by.
func TestEndpointsOfOthers(t *testing.T) {
	t.Parallel()
	now := time.Now()
	good := endpoints{
		Found: now, Host: signInHost, Discovery: signInHost + "/oidc/.well-known/oauth-authorization-server", Token: signInHost + "/t",
		Described: &config.HostMetadata{OIDCEndpoint: signInHost + "/oidc", WorkspaceID: "7", AccountID: "a-1"},
	}
	if !good.usable(signInHost) {
		t.Fatal("the host's own is not usable")
	}
	bad := map[string]func(*endpoints){
		"another host":       func(e *endpoints) { e.Host = "https://v.cloud.databricks.com" },
		"the future":         func(e *endpoints) { e.Found = now.Add(time.Hour) },
		"yesterday":          func(e *endpoints) { e.Found = now.Add(-endpointsTTL) },
		"no description":     func(e *endpoints) { e.Described = nil },
		"tokens elsewhere":   func(e *endpoints) { e.Token = "https://evil.example/t" },
		"in the clear":       func(e *endpoints) { e.Token = "http://w.cloud.databricks.com/t" },
		"discovery alone":    func(e *endpoints) { e.Token = "" },
		"endpoint alone":     func(e *endpoints) { e.Discovery = "" },
		"discovery":          func(e *endpoints) { e.Discovery = "https://evil.example/d" },
		"server":             func(e *endpoints) { e.Described.OIDCEndpoint = "https://evil.example/oidc" },
		"workspace no id":    func(e *endpoints) { e.Described.WorkspaceID = "7 && x" },
		"account no id":      func(e *endpoints) { e.Described.AccountID = "../a" },
		"audience of others": func(e *endpoints) { e.Described.TokenFederationDefaultOIDCAudiences = []string{"https://evil.example"} },
	}
	for _, name := range slices.Sorted(maps.Keys(bad)) {
		e, described := good, *good.Described
		e.Described = &described
		if bad[name](&e); e.usable(signInHost) {
			t.Errorf("%s: usable", name)
		}
	}
	s := &signInHostStub{dir: t.TempDir(), token: "/t"}
	if _, _, err := s.start(t); err != nil {
		t.Fatal(err)
	}
	name := s.files(t)[0]
	for _, content := range []string{"", "null", "{", strings.Repeat(" ", maxEndpointsFile+1), `{"found":"2000-01-01T00:00:00Z"}`} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if asked, _, err := s.start(t); err != nil || !slices.Equal(asked, asksAll) {
			t.Errorf("%.40q: asked %q, %v", content, asked, err)
		}
	}
}
