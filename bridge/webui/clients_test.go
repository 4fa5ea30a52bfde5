package webui

import (
	"encoding/base64"
	"html"
	"net/url"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"ucbridge/bridge/shell"
)

// TestClientsThatSignIn shows entries by address without a token, and links that open
// clients with them.
func TestClientsThatSignIn(t *testing.T) {
	s := setSignIn(t)
	begun := s.send("/oauth/start", "", nil)
	cookie := cookieOf(s.send(s.follow(begun.header.Get("Location")), "", nil, cookieOf(begun)))
	page := s.send("/tools/mcp/github", "", nil, cookie)
	page.holds(t, 200, "codex mcp add github --url "+s.http.URL+"/mcp/github", `"serverUrl": "`+s.http.URL+`/mcp/github"`, "ucbridge install zed --connection github",
		"give it demo-app", "!UCBRIDGE_TOKEN", "!Authorization")
	for _, c := range clients {
		if !strings.Contains(page.text(), c.title) {
			t.Errorf("%s is missing", c.title)
		}
	}
	links := regexp.MustCompile(`href="((?:cursor|lmstudio):[^"]*)"`).FindAllStringSubmatch(page.body, -1)
	if len(links) != 2 || !strings.Contains(page.body, `href="vscode:mcp/install?%7B`) {
		t.Fatalf("links %v", links)
	}
	for _, link := range links {
		to := ok(url.Parse(html.UnescapeString(link[1])))(t)
		config := ok(base64.StdEncoding.DecodeString(to.Query().Get("config")))(t)
		if to.Query().Get("name") != "github" || string(config) != `{"url": "`+s.http.URL+`/mcp/github"}` {
			t.Errorf("%s leads to %s", link[1], config)
		}
	}
}

// TestUsage shows a visitor what they made of tools, drawn without a script.
func TestUsage(t *testing.T) {
	s := set(t, nil, nil)
	s.send("/", ada, nil).holds(t, 200, "!Your use of tools")
	for range 2 {
		s.send("/tools/mcp/github?tool=echo", ada, url.Values{"argument.text": {"hello"}})
	}
	page := s.send("/", ada, nil)
	page.holds(t, 200, "Your use of tools", "github echo 2 0 0")
	if strings.Count(page.body, "<rect") != 1 || !strings.Contains(page.body, `aria-label="2 calls in the last 24 hours"`) || strings.Contains(page.body, "<script") {
		t.Errorf("no plot: %s", page.body)
	}
	s.send("/", bob, nil).holds(t, 200, "!Your use of tools")
}

// TestLocalProgram shows the person at this machine the true path and credentials.
func TestLocalProgram(t *testing.T) {
	s := setLocal(t, "the-secret")
	s.pages.opts.Program = &Program{Path: "/opt/bin/ucbridge", Args: []string{"--profile", "work"}, ConfigFile: "/home/ada/cfg"}
	s.send("/", "", nil, "Authorization: Bearer the-secret").holds(t, 200,
		`"command": "/opt/bin/ucbridge", "args": ["stdio", "--connection", "github", "--profile", "work"], "env": {"DATABRICKS_CONFIG_FILE": "/home/ada/cfg"}`,
		"!/path/to/ucbridge", shell.WithVariable(runtime.GOOS, "DATABRICKS_CONFIG_FILE", "/home/ada/cfg", "ucbridge install claude-code --connection github --profile work"), "ucbridge install zed --connection github --profile work")
}
