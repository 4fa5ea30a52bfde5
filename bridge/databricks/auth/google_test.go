package auth

import (
	"bytes"
	"cmp"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/databricks/databricks-sdk-go/config"
	gocmp "github.com/google/go-cmp/cmp"
)

const gcpHost = "https://1234.5.gcp.databricks.com"

// google is Google's part of a sign-in, as golang.org/x/oauth2 and the IAM Service
// Account Credentials API's reference have it. It notes who asked for what.
type google struct {
	t     *testing.T
	key   *rsa.PrivateKey
	asked []string
}

func (g *google) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	method := r.URL.Host + r.URL.Path
	answer := func(status int, body string) (*http.Response, error) {
		return &http.Response{
			StatusCode: status, Request: r, Body: io.NopCloser(strings.NewReader(body)),
			Header: http.Header{"Content-Type": {"application/json"}},
		}, nil
	}
	switch {
	case strings.HasSuffix(r.URL.Host, ".gcp.databricks.com"):
		return answer(http.StatusNotFound, `{"error_code":"ENDPOINT_NOT_FOUND","message":"not here"}`)
	case method == "token.google.test/token":
		claims := g.claims(body)
		g.asked = append(g.asked, fmt.Sprintf("token: iss=%v aud=%v target_audience=%v scope=%v",
			claims["iss"], claims["aud"], claims["target_audience"], claims["scope"]))
		if claims["target_audience"] != nil {
			return answer(200, `{"id_token":"`+unsignedIDToken()+`"}`)
		}
		return answer(200, `{"access_token":"sa-access","token_type":"Bearer","expires_in":3599}`)
	case method == "oauth2.googleapis.com/token":
		form, _ := url.ParseQuery(string(body))
		g.asked = append(g.asked, "user: "+form.Get("grant_type")+" "+form.Get("refresh_token"))
		return answer(200, `{"access_token":"user-access","token_type":"Bearer","expires_in":3599}`)
	case r.URL.Host == "iamcredentials.googleapis.com":
		g.asked = append(g.asked, fmt.Sprintf("%s by %s for %s: %s", r.URL.Path, r.Header.Get("Authorization"),
			cmp.Or(r.Header.Get("X-Goog-User-Project"), "nobody"), body))
		if strings.HasSuffix(r.URL.Path, ":generateIdToken") {
			return answer(200, `{"token":"impersonated-id"}`)
		}
		return answer(200, `{"accessToken":"impersonated-access","expireTime":"2999-01-01T00:00:00Z"}`)
	}
	return nil, errors.New("no such host " + r.URL.Host)
}

// claims checks the signature of a JWT grant and returns its claims.
func (g *google) claims(form []byte) (claims map[string]any) {
	values, err := url.ParseQuery(string(form))
	if err != nil {
		g.t.Error(err)
	}
	parts := strings.Split(values.Get("assertion"), ".")
	if len(parts) != 3 {
		g.t.Errorf("not a JWT: %q", form)
		return nil
	}
	signed := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err := errors.Join(err, rsa.VerifyPKCS1v15(&g.key.PublicKey, crypto.SHA256, signed[:], signature)); err != nil {
		g.t.Error(err)
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err := errors.Join(err, json.Unmarshal(payload, &claims)); err != nil {
		g.t.Error(err)
	}
	return claims
}

// unsignedIDToken is an ID token as x/oauth2 reads one: it looks at exp only.
func unsignedIDToken() string {
	part := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	return part(`{"alg":"RS256"}`) + "." + part(`{"iss":"https://accounts.google.com","exp":32503680000}`) + "." + part("signature")
}

// newGoogle returns Google and the key file of a service account there.
func newGoogle(t *testing.T) (*google, string) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	file, err := json.Marshal(map[string]string{
		"type": "service_account", "client_email": "robot@x.test", "private_key_id": "1", "token_uri": "https://token.google.test/token",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
	})
	if err != nil {
		t.Fatal(err)
	}
	return &google{t: t, key: key}, string(file)
}

const (
	userFile = `{"type":"authorized_user","client_id":"c","client_secret":"s","refresh_token":"r","quota_project_id":"billed"}`
	scopes   = "https://www.googleapis.com/auth/cloud-platform https://www.googleapis.com/auth/compute"

	askedID = `/v1/projects/-/serviceAccounts/target@x.test:generateIdToken by Bearer %s for %s: ` +
		`{"audience":"https://1234.5.gcp.databricks.com","includeEmail":true}`
	askedAccess = `/v1/projects/-/serviceAccounts/target@x.test:generateAccessToken by Bearer %s for %s: ` +
		`{"lifetime":"3600s","scope":["https://www.googleapis.com/auth/cloud-platform","https://www.googleapis.com/auth/compute"]}`
)

// TestGoogle signs in with each kind of Google credentials, and looks at what Google
// and the workspace see of it.
func TestGoogle(t *testing.T) {
	g, key := newGoogle(t)
	source, err := json.Marshal(map[string]any{
		"type": "impersonated_service_account", "source_credentials": json.RawMessage(userFile),
		"service_account_impersonation_url": "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/target@x.test:generateAccessToken",
	})
	if err != nil {
		t.Fatal(err)
	}
	impersonate := func(cfg *config.Config) { cfg.GoogleServiceAccount = "target@x.test" }
	tests := []struct {
		name      string
		adc       string // content of the Application Default Credentials
		configure func(*config.Config)
		want      []string // what Google was asked, sorted
		id        string
		access    string
	}{
		{"a service account's key", "", func(cfg *config.Config) { cfg.GoogleCredentials = key }, []string{
			"token: iss=robot@x.test aud=https://token.google.test/token target_audience=<nil> scope=" + scopes,
			"token: iss=robot@x.test aud=https://token.google.test/token target_audience=" + gcpHost + " scope=<nil>",
		}, unsignedIDToken(), "sa-access"},
		{"an impersonated account's file", "", func(cfg *config.Config) { cfg.GoogleCredentials = string(source) }, []string{
			fmt.Sprintf(askedAccess, "user-access", "nobody"),
			// The token that asks for the ID token has a scope less.
			strings.Replace(fmt.Sprintf(askedAccess, "user-access", "nobody"), `,"https://www.googleapis.com/auth/compute"`, "", 1),
			fmt.Sprintf(askedID, "impersonated-access", "nobody"),
			"user: refresh_token r", "user: refresh_token r",
		}, "impersonated-id", "impersonated-access"},
		{"a user who may impersonate", userFile, impersonate, []string{
			fmt.Sprintf(askedAccess, "user-access", "billed"),
			fmt.Sprintf(askedID, "user-access", "billed"),
			"user: refresh_token r", "user: refresh_token r",
		}, "impersonated-id", "impersonated-access"},
		{"an account that may impersonate", key, impersonate, []string{
			fmt.Sprintf(askedAccess, "sa-access", "nobody"),
			fmt.Sprintf(askedID, "sa-access", "nobody"),
			"token: iss=robot@x.test aud=https://token.google.test/token target_audience=<nil> scope=https://www.googleapis.com/auth/cloud-platform",
			"token: iss=robot@x.test aud=https://token.google.test/token target_audience=<nil> scope=https://www.googleapis.com/auth/cloud-platform",
		}, "impersonated-id", "impersonated-access"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g.t, g.asked = t, nil
			if tt.adc != "" {
				file := filepath.Join(t.TempDir(), "adc.json")
				if err := os.WriteFile(file, []byte(tt.adc), 0o600); err != nil {
					t.Fatal(err)
				}
				t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", file)
			}
			g.check(t, tt.configure, tt.want, tt.id, tt.access)
		})
	}
}

// TestGoogleMachine signs in on a machine of Google's, whose metadata server knows
// who it is.
func TestGoogleMachine(t *testing.T) {
	g, _ := newGoogle(t)
	var asked []string
	machine := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Header.Get("Metadata-Flavor")+" "+r.URL.Path)
		w.Header().Set("Metadata-Flavor", "Google")
		fmt.Fprint(w, `{"access_token":"machine-access","token_type":"Bearer","expires_in":3599}`)
	}))
	defer machine.Close()
	defer http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	t.Setenv("GCE_METADATA_HOST", strings.TrimPrefix(machine.URL, "http://"))
	g.check(t, func(cfg *config.Config) { cfg.GoogleServiceAccount = "target@x.test" }, []string{
		fmt.Sprintf(askedAccess, "machine-access", "nobody"),
		fmt.Sprintf(askedID, "machine-access", "nobody"),
	}, "impersonated-id", "impersonated-access")
	if !slices.Contains(asked, "Google /computeMetadata/v1/instance/service-accounts/default/token") {
		t.Errorf("asked of the machine: %q", asked)
	}
}

// check signs one request.
func (g *google) check(t *testing.T, configure func(*config.Config), want []string, id, access string) {
	t.Helper()
	c := answers(g.RoundTrip).credentials(t, gcpHost, configure)
	signature, err := c.Sign(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(g.asked)
	if diff := gocmp.Diff(want, g.asked); diff != "" {
		t.Errorf("Google was asked (-want +got):\n%s", diff)
	}
	got := [2]string{signature.Header.Get("Authorization"), signature.Header.Get("X-Databricks-GCP-SA-Access-Token")}
	if got != [2]string{"Bearer " + id, access} {
		t.Errorf("signed with %q, want %q and %q", got, id, access)
	}
}

// TestGoogleRefuses: what Google says to a sign-in that it refuses reaches the user.
func TestGoogleRefuses(t *testing.T) {
	g, key := newGoogle(t)
	refusing := answers(func(r *http.Request) (*http.Response, error) {
		if r.URL.Host != "token.google.test" {
			return g.RoundTrip(r)
		}
		return &http.Response{
			StatusCode: http.StatusBadRequest, Request: r, Header: http.Header{},
			Body: io.NopCloser(bytes.NewReader([]byte(`{"error":"invalid_grant","error_description":"account not found"}`))),
		}, nil
	})
	c := refusing.credentials(t, gcpHost, func(cfg *config.Config) { cfg.GoogleCredentials = key })
	if _, err := c.Sign(t.Context()); err == nil {
		t.Error("no error")
	}
	for _, bad := range []string{`{"type":"service_account","client_email":"x","private_key":"no key"}`, `{"type":"of another world"}`, `{`} {
		c := answers(g.RoundTrip).credentials(t, gcpHost, func(cfg *config.Config) { cfg.GoogleCredentials = bad })
		if _, err := c.Sign(t.Context()); err == nil {
			t.Errorf("%s: no error", bad)
		}
	}
}
