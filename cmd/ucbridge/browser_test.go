package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBrowserCommand(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		goos, browser string
		want          []string
	}{
		{"linux", "", []string{"xdg-open"}},
		{"freebsd", "", []string{"xdg-open"}},
		{"darwin", "", []string{"open"}},
		{"windows", "", []string{"rundll32", "url.dll,FileProtocolHandler"}},
		{"linux", "firefox --new-window", []string{"firefox", "--new-window"}},
		{"linux", " ", []string{"xdg-open"}},
		{"darwin", "none", nil},
	} {
		if diff := cmp.Diff(tt.want, browserCommand(tt.goos, tt.browser)); diff != "" {
			t.Errorf("%s, BROWSER=%q (-want +got):\n%s", tt.goos, tt.browser, diff)
		}
	}
}

func TestCheckLink(t *testing.T) {
	t.Parallel()
	for link, want := range map[string]bool{
		"https://w.test/explore/connections/github?o=1": true,
		"http://127.0.0.1:8700/explore":                 true,
		"http://[::1]:8700/explore":                     true,
		"http://localhost/explore":                      true,
		"http://w.test/explore":                         false,
		"http://127.0.0.1.evil.example/":                false,
		"http://localhost.evil.example/":                false,
		"file:///etc/passwd":                            false,
		"javascript:alert(1)":                           false,
		"--version":                                     false,
		"":                                              false,
	} {
		if err := checkLink(link); (err == nil) != want {
			t.Errorf("%q: %v", link, err)
		}
	}
}
