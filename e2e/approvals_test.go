package e2e

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"

	"ucbridge/bridge/emulator"
	"ucbridge/bridge/loopbacktest"
)

// signedIn is a person who uses a gateway with a client that cannot ask, and its page.
type signedIn struct {
	t           *testing.T
	base, token string
	session     string
	cookie      string // of the browser, which has signed in
}

// enter has the person's browser sign in to the page, as the user of that name.
func (p *signedIn) enter(name string) error {
	get := func(method, to, cookie string, form url.Values) (*http.Response, error) {
		req, err := http.NewRequestWithContext(p.t.Context(), method, to, strings.NewReader(form.Encode()))
		if err != nil {
			return nil, err
		}
		req.Header = http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Cookie": {cookie}}
		resp, err := http.DefaultTransport.RoundTrip(req)
		if err == nil {
			resp.Body.Close()
		}
		return resp, err
	}
	cookies := func(resp *http.Response) string {
		var all []string
		for _, c := range resp.Cookies() {
			if c.MaxAge >= 0 {
				all = append(all, c.Name+"="+c.Value)
			}
		}
		return strings.Join(all, "; ")
	}
	begun, err := get(http.MethodGet, p.base+"/oauth/start", "", nil)
	if err != nil {
		return err
	}
	back, err := get(http.MethodPost, begun.Header.Get("Location"), "", url.Values{"user": {name}})
	if err != nil {
		return err
	}
	in, err := get(http.MethodGet, back.Header.Get("Location"), cookies(begun), nil)
	if err != nil {
		return err
	}
	if p.cookie = cookies(in); in.StatusCode != http.StatusSeeOther || p.cookie == "" {
		return fmt.Errorf("signing in: %s", in.Status)
	}
	return nil
}

// send sends a request as the person's client or, with a cookie, their browser.
func (p *signedIn) send(path, kind, body string) (*http.Response, string, error) {
	req, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.base+path, strings.NewReader(body))
	if err != nil {
		return nil, "", err
	}
	req.Header = http.Header{"Content-Type": {kind}, "Accept": {"application/json, text/event-stream"}}
	if kind == "application/json" {
		req.Header.Set("Authorization", "Bearer "+p.token)
	} else {
		req.Header.Set("Cookie", p.cookie)
	}
	if p.session != "" {
		req.Header.Set("Mcp-Session-Id", p.session)
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	return resp, string(raw), err
}

var waitingAt = regexp.MustCompile(`/approve\?call=([A-Za-z0-9_-]+)`)

// make makes an issue, which waits for approval at first, and reports whether it was
// acknowledged. What was approved at a replica that is gone is approved again.
func (p *signedIn) make(title string, id int) bool {
	call := fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"create_issue","arguments":{"owner":"octo","repo":"hello-mcp","title":%q}}}`, id, title)
	for range 5 {
		resp, body, err := p.send("/mcp/team", "application/json", call)
		switch waits := waitingAt.FindStringSubmatch(body); {
		case err != nil:
			p.t.Errorf("%s: %v", title, err)
			return false
		case resp.StatusCode == http.StatusBadGateway && !strings.Contains(body, "jsonrpc"):
			return false // the balancer's own, which says nothing of the call
		case waits != nil:
			approval := url.Values{"call": {waits[1]}, "decision": {"approve"}}.Encode()
			resp, page, err := p.send("/approve", "application/x-www-form-urlencoded", approval)
			if err != nil || resp.StatusCode != http.StatusBadGateway && !strings.Contains(page, "It passes once") {
				p.t.Errorf("%s: %v %s", title, err, page)
				return false
			}
		case resp.StatusCode != http.StatusOK || !strings.Contains(body, title+`\"`):
			p.t.Errorf("%s: %d %s", title, resp.StatusCode, body)
			return false
		default:
			return true
		}
	}
	p.t.Errorf("%s was approved five times and never made", title)
	return false
}

// TestReplicasWithApprovals runs three replicas behind nginx, whose users bring tokens of
// their own and approve calls on the page, and kills one in the middle of it. No call is
// made that was not approved, none twice, and each under its user's name.
func TestReplicasWithApprovals(t *testing.T) {
	t.Parallel()
	const users, each, killAfter = 8, 12, 30
	w, err := emulator.Start(emulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	w.AddConnection(emulator.Connection{Name: "team", MCP: true})
	dir := t.TempDir()
	key, rules := filepath.Join(dir, "key"), filepath.Join(dir, "policy.yaml")
	if err := os.WriteFile(key, []byte("A-KEY-THAT-THREE-REPLICAS-SHARE\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(rules, []byte("tools: {confirm: [create_issue]}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	addrs := []string{loopbacktest.UnusedAddress(t), loopbacktest.UnusedAddress(t), loopbacktest.UnusedAddress(t)}
	balancer := startBalancer(t, addrs)
	var replicas []*exec.Cmd
	for _, addr := range addrs {
		cmd := exec.Command(ucbridge, "serve", "--listen", addr, "--auth", "oauth", "--public-url", "http://"+balancer, "--client-id", "demo-app",
			"--key-file", key, "--peer", strings.Join(addrs, ","), "--policy", rules, "--user-rate", "0", "--connection", "team")
		cmd.Env = environ(t, map[string]string{"DATABRICKS_HOST": w.URL()})
		start(t, cmd).await(t, `serving (http://[^/]+)/`)
		replicas = append(replicas, cmd)
	}
	var made atomic.Int64
	var mu sync.Mutex
	acknowledged := make(map[string]bool)
	var all sync.WaitGroup
	for u := range users {
		name := fmt.Sprintf("user%d@example.com", u)
		w.AddUser(emulator.User{Name: name})
		p := &signedIn{t: t, base: "http://" + balancer, token: w.IssueToken(name, "demo-app")}
		if err := p.enter(name); err != nil {
			t.Fatal(err)
		}
		all.Go(func() {
			resp, body, err := p.send("/mcp/team", "application/json", `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"population","version":"1"}}}`)
			if err != nil || resp.StatusCode != http.StatusOK {
				t.Errorf("initialize: %v %s", err, body)
				return
			}
			p.session = resp.Header.Get("Mcp-Session-Id")
			for n := range each {
				title := fmt.Sprintf("issue-%d-%d", u, n)
				if p.make(title, n+2) {
					mu.Lock()
					acknowledged[title] = true
					mu.Unlock()
				}
				if made.Add(1) == killAfter {
					if err := replicas[1].Process.Kill(); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
	t.Logf("%d of %d were acknowledged", len(acknowledged), users*each)
	if lost := users*each - len(acknowledged); lost > 2*users {
		t.Errorf("%d were lost, by %d users", lost, users)
	}
	ran := make(map[string]int)
	for _, x := range w.Exchanges() {
		if x.RPCMethod != "tools/call" || x.Upstream.Method == "" {
			continue
		}
		title := regexp.MustCompile(`issue-(\d+)-\d+`).FindSubmatch(x.Upstream.Body)
		if title == nil || x.User != fmt.Sprintf("user%s@example.com", title[1]) {
			t.Errorf("%s made %s", x.User, bytes.TrimSpace(x.Upstream.Body))
			continue
		}
		ran[string(title[0])]++
	}
	for title, times := range ran {
		if times != 1 {
			t.Errorf("%s was made %d times", title, times)
		}
	}
	for title := range acknowledged {
		if ran[title] != 1 {
			t.Errorf("%s was acknowledged and made %d times", title, ran[title])
		}
	}
}

// TestApprovalByBrowser has somebody open the address that their AI client shows, sign in,
// look at the call and approve it.
func TestApprovalByBrowser(t *testing.T) {
	t.Parallel()
	rules := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(rules, []byte("tools: {confirm: [echo]}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := setSignInAs(t, func(*emulator.Workspace) []string {
		return []string{"--auth", "oauth", "--client-id", "demo-app", "--policy", rules}
	})
	p := &signedIn{t: t, base: s.base, token: s.workspace.IssueToken("ada@example.com", "demo-app")}
	call := func() string {
		t.Helper()
		_, body, err := p.send("/mcp/github", "application/json", `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"echo","arguments":{"text":"<b>spend 100</b>"}}}`)
		if err != nil {
			t.Fatal(err)
		}
		return body
	}
	resp, _, err := p.send("/mcp/github", "application/json", `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"old","version":"1"}}}`)
	if err != nil {
		t.Fatal(err)
	}
	p.session = resp.Header.Get("Mcp-Session-Id")
	address := regexp.MustCompile(`http://\S+/approve\?call=[A-Za-z0-9_-]+`).FindString(call())
	b := s.browser
	b.do(chromedp.Navigate(address), press(`a.button`), press(`button[value="bob@example.com"]`), chromedp.WaitVisible(`.trouble`))
	if text := b.text("main"); !strings.Contains(text, "belongs to another user") || strings.Contains(text, "spend") {
		t.Errorf("bob sees %s", text)
	}
	b.do(press(`header button`), chromedp.WaitVisible(`a.button`))
	b.do(chromedp.Navigate(address), press(`a.button`), press(`button[value="ada@example.com"]`), chromedp.WaitVisible(`.waiting`))
	if text := b.text(".waiting"); !strings.Contains(text, "echo on github") || !strings.Contains(text, `"<b>spend 100</b>"`) {
		t.Errorf("ada sees %s", text)
	}
	b.look("approve")
	b.do(press(`button[value="approve"]`), chromedp.WaitVisible(`.settled`))
	for _, want := range []string{`"text":"\u003cb\u003espend 100`, "waits for its user's approval"} { // once
		if body := call(); !strings.Contains(body, want) && !strings.Contains(body, strings.NewReplacer(`\u003c`, "<", `\u003e`, ">").Replace(want)) {
			t.Errorf("the call is told: %s", body)
		}
	}
}
