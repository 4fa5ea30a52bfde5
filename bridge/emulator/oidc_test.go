package emulator

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// exchange posts a form to the token endpoint.
func exchange(t *testing.T, w *Workspace, form url.Values) (int, tokenAnswer) {
	t.Helper()
	resp, err := http.PostForm(w.URL()+"/oidc/v1/token", form)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer tokenAnswer
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, answer
}

// A code of the browser's serves once, and only the program that asked for it.
func TestAuthorizationCode(t *testing.T) {
	t.Parallel()
	w, err := Start(Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	challenge := sha256.Sum256([]byte("verifier"))
	visit := func(redirect string) *http.Response {
		query := url.Values{
			"response_type": {"code"}, "client_id": {"databricks-cli"}, "redirect_uri": {redirect}, "state": {"s"}, "scope": {"all-apis offline_access"},
			"code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])}, "code_challenge_method": {"S256"},
		}
		resp, err := client.Get(w.URL() + "/oidc/v1/authorize?" + query.Encode())
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp
	}
	if resp := visit("https://evil.example/cb"); resp.StatusCode != http.StatusBadRequest {
		t.Errorf("a code for another machine: %s", resp.Status)
	}
	code := func() url.Values {
		back, err := visit("http://localhost:8020").Location()
		if err != nil || back.Host != "localhost:8020" || back.Query().Get("state") != "s" {
			t.Fatalf("sent to %v, %v", back, err)
		}
		return url.Values{"grant_type": {"authorization_code"}, "code": {back.Query().Get("code")}, "redirect_uri": {"http://localhost:8020"}, "client_id": {"databricks-cli"}}
	}
	stolen := code()
	stolen.Set("code_verifier", "another")
	if status, answer := exchange(t, w, stolen); status != 400 || answer.Error != "invalid_grant" {
		t.Errorf("with another verifier: %d %+v", status, answer)
	}
	good := code()
	good.Set("code_verifier", "verifier")
	status, answer := exchange(t, w, good)
	if status != 200 || answer.AccessToken == "" || answer.RefreshToken == "" || answer.Scope != scopeAll {
		t.Errorf("%d %+v", status, answer)
	}
	if status, again := exchange(t, w, good); status != 400 {
		t.Errorf("a code served twice: %d %+v", status, again)
	}
	if p, refused := w.directory.authenticate(http.Header{"Authorization": {"Bearer " + answer.AccessToken}}); refused != nil || p.name != "ada@example.com" {
		t.Errorf("%+v, %v", p, refused)
	}
}

func TestTokenExchange(t *testing.T) {
	t.Parallel()
	w, err := Start(Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	w.AddServicePrincipal(ServicePrincipal{ClientID: "robot", IDToken: "id-token"})
	form := url.Values{"grant_type": {grantExchange}, "subject_token": {"id-token"}, "client_id": {"robot"}, "scope": {"all-apis"}}
	if status, answer := exchange(t, w, form); status != 200 || !strings.HasPrefix(answer.AccessToken, "eyJ") || answer.RefreshToken != "" {
		t.Errorf("%d %+v", status, answer)
	}
	form.Set("client_id", "demo-client")
	if status, answer := exchange(t, w, form); status != 400 || answer.Error != "invalid_grant" {
		t.Errorf("another's identity: %d %+v", status, answer)
	}
}
