package databricks

import (
	"net/http"
	"strings"
	"testing"

	"ucbridge/bridge/refusal"
)

// What stands in between is named, with a cure; it says nothing of the credentials,
// which are not renewed, and nothing is sent again.
func TestIntercepted(t *testing.T) {
	t.Parallel()
	page := "<html><head><title>Access \x1b[2J Denied</title>"
	for _, tt := range []struct {
		name    string
		status  int
		header  http.Header
		message string
		hint    string
	}{
		{"squid's page", 403, http.Header{"Server": {"squid/5.7"}}, "(squid/5.7): HTTP 403", "allow w.test; token and connection are not at fault"},
		{"squid cannot connect", 503, http.Header{"Server": {"squid/5.7"}, "X-Squid-Error": {"ERR_CONNECT_FAIL 111"}}, "squid/5.7 ERR_CONNECT_FAIL 111", "cannot reach w.test"},
		{"page without a name", 403, nil, "Denied): HTTP 403", "not at fault"},
		{"captive portal", 302, http.Header{"Location": {"https://portal.corp.example/login?x"}}, "(portal.corp.example): HTTP 302", "sign in to the network"},
		{"network sign-in", 511, nil, "HTTP 511", "sign in to the network"},
		{"proxy inside TLS", 407, nil, "HTTP 407", "sign in to the proxy"},
		{"a portal's page in place of the answer", 200, nil, "Denied): HTTP 200", "sign in to the network"},
		{"headers too long", 431, http.Header{"Server": {"haproxy"}}, "(haproxy): HTTP 431", "in a header; shorten it"},
		{"headers too long for nginx", 400, http.Header{"Server": {"nginx/1.22.1"}}, "(nginx/1.22.1): HTTP 400", "in a header; shorten it"},
		{"no page", 502, http.Header{"Server": {"Caddy"}}, "(Caddy): HTTP 502", "cannot reach w.test"},
		{"limit", 413, http.Header{"Server": {"nginx"}}, "(nginx): HTTP 413", "this one has 40 bytes"},
		{"silence", 504, http.Header{"Server": {"nginx"}}, "(nginx): HTTP 504", "silent for long"},
	} {
		sent := 0
		r := roundTripper(func(req *http.Request) (*http.Response, error) {
			if req.Method != http.MethodPost {
				return answer(req, 404, "", ""), nil
			}
			sent++
			kind, body := "text/html", page
			if tt.header.Get("Server") == "Caddy" { // which says nothing
				kind, body = "", ""
			}
			resp := answer(req, tt.status, kind, body)
			for name, values := range tt.header {
				resp.Header[name] = values
			}
			return resp, nil
		}).open(t, Options{Target: github, Host: "https://w.test"}, withToken(testToken))
		_, _, err := roundTrip(r, post(t, r, ping))
		e := refusalOf(t, err)
		if e.Data.Reason != refusal.Intercepted || !strings.Contains(e.Message, tt.message) || !strings.Contains(e.Data.Hint, tt.hint) || sent != 1 {
			t.Errorf("%s: %s %q, hint %q, sent %d times", tt.name, e.Data.Reason, e.Message, e.Data.Hint, sent)
		}
		for _, wrong := range []string{"credential", "renew", "access token", "make a new"} {
			if strings.Contains(e.Message+e.Data.Hint, wrong) {
				t.Errorf("%s: %q speaks of %s", tt.name, e.Error(), wrong)
			}
		}
	}
}
