package oauth

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ucbridge/bridge/refusal"
	"ucbridge/bridge/tokencache"
)

// network answers requests in place of one.
type network func(path string) (status int, body string)

func (n network) RoundTrip(req *http.Request) (*http.Response, error) {
	status, body := n(req.URL.Path)
	if status == 0 {
		return nil, errors.New("no route")
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: req}, nil
}

func workspace(t *testing.T, n network) *Workspace {
	t.Helper()
	return NewWorkspace(&url.URL{Scheme: "https", Host: "w.test"}, &http.Client{Transport: n})
}

const (
	issuer = "https://accounts.test/oidc"
	host   = `{"workspace_id":"42","account_id":"00000000-0000-0000-0000-00000000000a"}`
	server = `{"issuer":"https://accounts.test/oidc","authorization_endpoint":"https://w.test/oidc/v1/authorize","token_endpoint":"https://w.test/oidc/v1/token","code_challenge_methods_supported":["S256"]}`
)

func documents(path string) (int, string) {
	if path == "/.well-known/databricks-config" {
		return 200, host
	}
	return 200, server
}

// TestMetadataIsKept: what a server told is kept for an hour, and longer where it does
// not answer then; a failure is kept for seconds.
func TestMetadataIsKept(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		server    func(*Workspace) Server
		documents int // in one look
	}{
		"a workspace":          {func(w *Workspace) Server { return w }, 2},
		"an identity provider": {func(w *Workspace) Server { return NewProvider(issuer, "a", w, w.client) }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				asked, up := 0, false
				s := c.server(workspace(t, func(path string) (int, string) {
					asked++
					if !up {
						return 0, ""
					}
					return documents(path)
				}))
				look := func() error { _, err := s.Metadata(t.Context()); return err }
				for range 2 {
					if look() == nil || asked != c.documents {
						t.Errorf("a failure is not kept: asked %d times", asked)
					}
				}
				up = true
				time.Sleep(retryAfter)
				for range 3 {
					if err := look(); err != nil || asked != 2*c.documents {
						t.Errorf("%v, asked %d times", err, asked)
					}
				}
				up = false
				time.Sleep(metadataTTL)
				if err := look(); err != nil || asked == 2*c.documents {
					t.Errorf("what was told before does not hold: %v, asked %d times", err, asked)
				}
			})
		})
	}
}

// unsigned is a token of the issuer by its own word, another for each n.
func unsigned(n int) string {
	return "e30." + base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"iss":%q,"aud":"a","sub":"%d"}`, issuer, n)) + ".x"
}

// TestTooManyTokens has more tokens than are exchanged at once, for none of which a caller
// waits: the next caller is told to try again, and not that the token is bad.
func TestTooManyTokens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := &http.Client{Transport: silence{}}
		p := NewProvider(issuer, "a", NewWorkspace(&url.URL{Scheme: "https", Host: "w.test"}, client), client)
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		n := 0
		for ; n < 20_000; n++ {
			if _, err := p.exchanged.Get(gone, unsigned(n)); errors.Is(err, tokencache.ErrBusy) {
				break
			}
		}
		_, refused := p.Token(t.Context(), unsigned(n))
		if refused == nil || refused.Data.Reason != refusal.SignInUnavailable || !strings.HasPrefix(refused.Message, "Too many tokens") || refused.Data.Hint == "" {
			t.Errorf("token %d: %v", n, refused)
		}
		time.Sleep(metadataTimeout) // all exchanges end
		if _, refused = p.Token(t.Context(), unsigned(n)); refused == nil || strings.HasPrefix(refused.Message, "Too many tokens") {
			t.Errorf("once the others are over: %v", refused)
		}
	})
}

// TestProviderAway has an identity provider not answer: who brings a token while others
// wait for it is told so with them, and not after a wait of their own.
func TestProviderAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := &http.Client{Transport: silence{}}
		p := NewProvider(issuer, "a", NewWorkspace(&url.URL{Scheme: "https", Host: "w.test"}, client), client)
		began := time.Now()
		var all sync.WaitGroup
		for n := range 5 {
			all.Go(func() {
				if _, refused := p.Token(t.Context(), unsigned(n)); refused == nil || refused.Data.Reason != refusal.SignInUnavailable {
					t.Errorf("%v", refused)
				}
				if waited := time.Since(began); waited != metadataTimeout {
					t.Errorf("waited %v", waited)
				}
			})
		}
		all.Wait()
		if _, err := p.Metadata(t.Context()); err == nil || time.Since(began) != metadataTimeout {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// silence is a network that does not answer.
type silence struct{}

func (silence) RoundTrip(req *http.Request) (*http.Response, error) {
	<-req.Context().Done()
	return nil, req.Context().Err()
}

// TestAudiences: of names that are known the workspace is told from others; the rest is
// the workspace's to judge.
func TestAudiences(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		audience string
		told     bool // the workspace says what it is called
		taken    bool
	}{
		{`"42"`, true, true}, {`"43"`, true, false}, {`"43"`, false, true}, {`["x","43"]`, true, true},
		{`"00000000-0000-0000-0000-00000000000a"`, true, true}, {`"00000000-0000-0000-0000-00000000000b"`, true, false},
		{`"https://w.test/oidc/v1/token"`, true, true}, {`"https://other.test/mcp"`, false, false}, {`"databricks"`, true, true}, {`[]`, true, true},
	} {
		w := workspace(t, func(path string) (int, string) {
			if !c.told {
				return 0, ""
			}
			return documents(path)
		})
		for _, issuer := range []string{"https://w.test/oidc", "https://accounts.test/oidc"} {
			if !c.told && issuer != w.Issuer() {
				continue
			}
			token := "e30." + base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, `{"iss":%q,"aud":%s,"exp":%d.5}`, issuer, c.audience, time.Now().Add(time.Minute).Unix())) + ".x"
			got, refused := w.Token(t.Context(), token)
			if (refused == nil) != c.taken || c.taken && got != token {
				t.Errorf("%s of %s: %v", c.audience, issuer, refused)
			}
		}
	}
}

// TestFront changes two members of the workspace's document, leaves out what holds for its
// own issuer alone, and tells the published client id to all who ask.
func TestFront(t *testing.T) {
	t.Parallel()
	signed := strings.TrimSuffix(server, "}") + `,"authorization_response_iss_parameter_supported":true,"signed_metadata":"e30.e30.x"}`
	r := &Resource{Server: workspace(t, func(string) (int, string) { return 200, signed }), ClientID: "app"}
	raw, err := r.ServerMetadata(t.Context(), "https://g.test/x")
	var got map[string]any
	if err != nil || json.Unmarshal(raw, &got) != nil || got["issuer"] != "https://g.test/x" || got["registration_endpoint"] != "https://g.test/x/oauth/register" ||
		got["token_endpoint"] != "https://w.test/oidc/v1/token" || len(got) != 5 {
		t.Errorf("%s, %v", raw, err)
	}
	for request, fine := range map[string]bool{
		`{"redirect_uris":["http://127.0.0.1:1/cb","cursor://x/cb"]}`: true, `{"redirect_uris":[]}`: false, `{"redirect_uris":["/cb"]}`: false,
		`{"redirect_uris":["https://a.test/#x"]}`: false, `[]`: false,
	} {
		answer, err := r.Register([]byte(request))
		if (err == nil) != fine || fine && !strings.Contains(string(answer), `"client_id":"app"`) {
			t.Errorf("%s: %s, %v", request, answer, err)
		}
	}
	silent := &Resource{Server: workspace(t, documents)}
	if _, err := silent.ServerMetadata(context.Background(), "https://g.test"); !errors.Is(err, ErrNoFront) {
		t.Errorf("without a client id: %v", err)
	}
}

func TestChallenge(t *testing.T) {
	t.Parallel()
	e := refusal.New(refusal.MissingScope, "It lacks \"a\\b\"\né.").WithHint("x")
	got := Challenge("https://g.test", "/mcp/a", "s", e)
	if want := `Bearer error="insufficient_scope", error_description="It lacks 'a'b'''.", resource_metadata="https://g.test/.well-known/oauth-protected-resource/mcp/a", scope="s"`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
