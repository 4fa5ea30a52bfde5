package databricks

import (
	"crypto/x509/pkix"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAuthority(t *testing.T) {
	t.Parallel()
	name := func(common string, organisation ...string) pkix.Name {
		return pkix.Name{CommonName: common, Organization: organisation}
	}
	for _, tt := range []struct {
		name pkix.Name
		want Authority
	}{
		{name("DigiCert Global Root G2", "DigiCert Inc"), Authority{"DigiCert Global Root G2 (DigiCert Inc)", true}},
		{name("ISRG Root X1", "Internet Security Research Group"), Authority{"ISRG Root X1 (Internet Security Research Group)", true}},
		{name("Amazon Root CA 1", "Amazon"), Authority{"Amazon Root CA 1", true}},
		{name("Zscaler Root CA", "Zscaler Inc."), Authority{"Zscaler Root CA (Zscaler Inc.)", false}},
		{name("DigiCert Global Root G2"), Authority{"DigiCert Global Root G2", false}}, // anybody can write that
		{name(""), Authority{"an authority without a name", false}},
	} {
		if got := authorityOf(tt.name); got != tt.want {
			t.Errorf("%v: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

// A contact sends no token, whatever there is to send.
func TestContact(t *testing.T) {
	t.Parallel()
	asked := make(chan *http.Request, 1)
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		asked <- r
		rw.Write([]byte(`{"oidc_endpoint":"https://x.test/oidc"}`))
	}))
	defer s.Close()
	c, err := openAPI(t, Options{Host: s.URL}, withToken(testToken)).Contact(t.Context())
	if err != nil || !c.Databricks || !c.Dated || c.Authority != (Authority{}) {
		t.Errorf("%+v, %v", c, err)
	}
	if r := <-asked; r.RequestURI != metadataPath || len(r.Header["Authorization"]) > 0 {
		t.Errorf("asked %s with %v", r.RequestURI, r.Header)
	}
}

func TestSettings(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cfg")
	if err := os.WriteFile(file, []byte("[DEFAULT]\nhost = https://d.test\n[work]\nhost = https://w.test\ntoken = "+testToken+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DATABRICKS_CONFIG_FILE", file)
	t.Setenv("PATH", "")
	w := openAPI(t, Options{Profile: "work"})
	w.transport.credentials.guards = w.transport.credentials.guards[:1] // what this machine has installed does not matter
	got, err := w.Settings()
	want := []Setting{
		{"host", "https://w.test", `profile "work" in ` + file},
		{"token", "", `profile "work" in ` + file},
		{"profile", "work", "--profile"},
		{"config_file", file, "DATABRICKS_CONFIG_FILE"},
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	got, err = openAPI(t, Options{}).Settings()
	if err != nil || got[0] != (Setting{"host", "https://d.test", `profile "DEFAULT" in ` + file}) {
		t.Errorf("%v, %v", got, err)
	}
}
