package origin

import (
	"net/url"
	"testing"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"w.test":                       "https://w.test",
		" HTTPS://W.Test:443/?o=42 ":   "https://w.test:443",
		"http://127.0.0.1:8080/":       "http://127.0.0.1:8080",
		"http://[::1]:8080":            "http://[::1]:8080",
		"http://localhost":             "http://localhost",
		"http://w.test":                "",
		"ftp://w.test":                 "",
		"w x.test":                     "",
		"-w.test":                      "",
		"https://w.test$(id)/":         "",
		"http://localhost.example.com": "",
	} {
		got, err := Parse(given)
		if (err == nil) != (want != "") || err == nil && got.String() != want {
			t.Errorf("%q: %v, %v; want %q", given, got, err, want)
		}
	}
}

func TestSame(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{"https://w.test/a", "HTTPS://W.TEST.:443/b?c", true},
		{"https://w.test", "http://w.test", false},
		{"https://w.test", "https://w.test:8443", false},
		{"https://w.test", "https://w.test.evil.example", false},
	} {
		a, _ := url.Parse(tt.a)
		b, _ := url.Parse(tt.b)
		if got := Same(a, b); got != tt.want {
			t.Errorf("%s, %s: %v", a, b, got)
		}
	}
}

func TestApp(t *testing.T) {
	t.Parallel()
	for address, want := range map[string][2]string{
		"https://mcp-github-1234.aws.databricksapps.com/mcp": {"mcp-github", "1234"},
		"https://plain.aws.databricksapps.com":               {"plain", ""},
		"https://mcp-x-.aws.databricksapps.com":              {"mcp-x-", ""},
		"https://mcp-x-1.aws.databricksapps.com.evil.test":   {},
		"http://mcp-x-1.aws.databricksapps.com":              {},
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		name, workspace, ok := App(u)
		if got := [2]string{name, workspace}; got != want || ok != (want[0] != "") {
			t.Errorf("%s: %q, %v; want %q", address, got, ok, want)
		}
	}
}

func TestIsAccount(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"https://accounts.cloud.databricks.com/oidc/accounts/1/v1/token": true,
		"https://accounts.azuredatabricks.net":                           true,
		"https://accounts.gcp.databricks.com":                            true,
		"http://accounts.cloud.databricks.com":                           false,
		"https://other.cloud.databricks.com":                             false,
		"https://accounts.databricks.com.evil.test":                      false,
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if got := IsAccount(u); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
}
