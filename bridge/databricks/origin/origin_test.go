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
