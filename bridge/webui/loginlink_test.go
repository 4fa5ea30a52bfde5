package webui

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestEntry lets one browser in by the link, others by the token, and nobody else.
func TestEntry(t *testing.T) {
	s := setLocal(t, "the-secret")
	s.send("/", "", nil).holds(t, 401, "Sign in", "!ada", "!the-secret")
	s.send("/tools/mcp/github?tool=echo", "", url.Values{"argument.text": {"x"}}).holds(t, 401, "Sign in")
	s.send("/enter?key=x", "", nil).holds(t, 403, "is wrong or was used already")
	s.send("/", "", nil, "Authorization: Bearer the-secret").holds(t, 200, "ada@example.com", "!the-secret")

	entered := s.send(s.pages.EntryPath(), "", nil)
	cookie := entered.header.Get("Set-Cookie")
	if entered.status != 303 || entered.header.Get("Location") != "./" || !strings.HasSuffix(cookie, "; Path=/; HttpOnly; SameSite=Strict") || strings.Contains(cookie, "the-secret") {
		t.Fatalf("entered: %d, %v", entered.status, entered.header)
	}
	shown, _, _ := strings.Cut(cookie, ";")
	s.send(s.pages.EntryPath(), "", nil).holds(t, 403, "is wrong or was used already")
	if again := s.send(s.pages.EntryPath(), "", nil, "Cookie: "+shown); again.status != 303 {
		t.Errorf("the browser that was let in is not: %d", again.status)
	}
	s.send("/", "", nil, "Cookie: "+shown).holds(t, 200, "ada@example.com", "github usable", "Bearer ${UCBRIDGE_TOKEN}", "!the-secret")
	s.send("/", "", nil, "Cookie: "+shown+"x").holds(t, 401, "Sign in")
	s.send("/tools/mcp/github?tool=echo", "", url.Values{"argument.text": {"hello"}}, "Cookie: "+shown).holds(t, 200, "hello")
	s.send("/tools/mcp/github?tool=echo", "", url.Values{"argument.text": {"hello"}}, "Cookie: "+shown, "Origin: https://elsewhere.test").
		holds(t, 403, "another origin")
	s.send("/", "", nil, "Cookie: "+shown, "Host: rebound.test").holds(t, 403, "serves its own machine only", "!ada")

	// The cookie is for pages. The door of clients does not know it.
	s.send("/mcp/github", "", url.Values{"x": {}}, "Cookie: "+shown).holds(t, 401, "not_authenticated")

	s.send("/enter", "", url.Values{"token": {"x"}}).holds(t, 403, "not the gateway's token")
	if by := s.send("/enter", "", url.Values{"token": {"the-secret"}}); by.status != 303 || by.header.Get("Set-Cookie") != cookie {
		t.Errorf("by token: %d, %v", by.status, by.header)
	}
}

// TestPageOfAll is that of --auth app on this machine: all call as one.
func TestPageOfAll(t *testing.T) {
	s := setLocal(t, "")
	s.send("/tools/mcp/github?tool=echo", "", url.Values{"argument.text": {"hello"}}).holds(t, 200, "hello")
	s.send("/", "", nil).holds(t, 200, "ada@example.com", "Everyone here calls as ada@example.com", "!echo", "!UCBRIDGE_TOKEN")
	s.send("/tools/mcp/github?tool=echo", "", url.Values{"argument.text": {"x"}}, "Origin: https://elsewhere.test").holds(t, 403, "another origin")
	s.send("/", "", nil, "Host: rebound.test").holds(t, 403, "serves its own machine only")
}

// TestLinkLookedAt has something ask for the head of the link, as programs do that
// show a preview of it: it still lets a browser in.
func TestLinkLookedAt(t *testing.T) {
	s := setLocal(t, "the-secret")
	resp, err := http.Head(s.http.URL + s.pages.EntryPath())
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	if resp.Header.Get("Set-Cookie") != "" {
		t.Error("HEAD lets in")
	}
	if entered := s.send(s.pages.EntryPath(), "", nil); entered.status != 303 {
		t.Errorf("the link is used up: %d", entered.status)
	}
}
