package databricks

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"ucbridge/bridge/databricks/auth"
	"ucbridge/bridge/databricks/network"
)

// A probe sends no token, whatever there is to send.
func TestProbe(t *testing.T) {
	t.Parallel()
	asked := make(chan *http.Request, 1)
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		asked <- r
		rw.Write([]byte(`{"oidc_endpoint":"https://x.test/oidc"}`))
	}))
	defer s.Close()
	c, err := openAPI(t, Options{Host: s.URL}, withToken(testToken)).Probe(t.Context())
	if err != nil || !c.Databricks || !c.Dated || c.Authority != (network.Authority{}) {
		t.Errorf("%+v, %v", c, err)
	}
	if r := <-asked; r.RequestURI != auth.MetadataPath || len(r.Header["Authorization"]) > 0 {
		t.Errorf("asked %s with %v", r.RequestURI, r.Header)
	}
}
