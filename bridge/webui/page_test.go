package webui

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"

	"ucbridge/bridge/emulator"
	"ucbridge/bridge/gateway"
	"ucbridge/bridge/govern"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/policy"
)

func TestHomeSaysWhatOneMayUse(t *testing.T) {
	t.Parallel()
	s := set(t, nil, nil)
	s.send("/", ada, nil).holds(t, 200,
		"ada@example.com at "+strings.TrimPrefix(s.workspace.URL(), "http://"),
		"github usable connection · Sample GitHub 1.0.0",
		`github_u2m_connection sign in first connection You are not signed in to the connection "github_u2m_connection" yet.`,
		"None on this replica")
	link := `<a class="button" href="` + s.workspace.URL() + `/explore/connections/github_u2m_connection" rel="noopener noreferrer">Sign in</a>`
	if page := s.send("/", ada, nil); !strings.Contains(page.body, link) {
		t.Errorf("no link %s in\n%s", link, page.body)
	}
	s.send("/", bob, nil).holds(t, 200,
		"github no permission", "You may not use the connection",
		"Ask its owner to run: GRANT USE CONNECTION ON CONNECTION `github` TO `bob@example.com`")
	s.workspace.SignIn("github_u2m_connection", "bob@example.com")
	s.send("/", bob, nil).holds(t, 200, "github_u2m_connection usable")
	s.send("/tools/mcp/github", bob, nil).holds(t, 200, "You may not use the connection", "!has no tools")
}

func TestNobodyComesInWithoutToken(t *testing.T) {
	t.Parallel()
	s := set(t, nil, nil)
	for _, path := range []string{"/", "/tools/mcp/github", "/tools/mcp/github?tool=echo"} {
		s.send(path, "", nil, "X-Forwarded-Email: ada@example.com", "Authorization: Bearer "+ada).holds(t, 401,
			"No OBO token found. Enable on-behalf-of-user authentication for this Databricks App.", "!ada", "!Sample")
	}
	page := s.send("/", "dapi-nobody", nil)
	page.holds(t, 401, "Databricks did not accept the credentials", "!dapi")
}

func TestPagesAreNoPlaceForScripts(t *testing.T) {
	t.Parallel()
	s := set(t, nil, nil)
	form := url.Values{"argument.text": {`</pre><script>alert(1)</script>"'`}}
	for _, page := range []answer{
		s.send("/", ada, nil), s.send("/", "", nil), s.send("/none", "", nil), s.send("/tools/mcp/github", ada, nil),
		s.send("/tools/mcp/github?tool=echo", ada, nil), s.send("/tools/mcp/github?tool=<script>", ada, nil),
		s.send("/tools/mcp/github?tool=echo", ada, form),
	} {
		if strings.Contains(page.body, "<script") || strings.Contains(page.body, " style=") || strings.Contains(page.body, " on") && strings.Contains(page.body, " onerror=") {
			t.Errorf("a script or style in\n%s", page.body)
		}
		want := "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
		if got := page.header.Get("Content-Security-Policy"); got != want {
			t.Errorf("Content-Security-Policy is %s", got)
		}
		if page.header.Get("Cache-Control") != "no-store" || page.header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("the page may be kept, or its address told: %v", page.header)
		}
	}
	for path, kind := range map[string]string{stylePath: "text/css; charset=utf-8", iconPath: "image/svg+xml"} {
		if asset := s.send(path, "", nil); asset.status != 200 || asset.header.Get("Content-Type") != kind {
			t.Errorf("%s: %d %v", path, asset.status, asset.header)
		}
	}
}

func TestCallByForm(t *testing.T) {
	t.Parallel()
	s := set(t, nil, nil)
	const path = "/tools/mcp/github?tool=list_issues"
	s.send(path, ada, nil).holds(t, 200, "owner required Owner of the repository", "state Only issues in this state (none) open closed all", "Call list_issues")
	s.send(path, ada, url.Values{"argument.owner": {"octo"}, "argument.repo": {"hello-mcp"}, "argument.state": {`"closed"`}}).
		holds(t, 200, `"title": "Panic on an empty line",`, "!Session lost", `{ "jsonrpc": "2.0", "id": 3, "result": {`)
	s.send(path, ada, url.Values{"arguments": {`{"owner":"octo","repo":"none"}`}}).
		holds(t, 200, "The tool reports an error.", "repository octo/none not found")

	before := s.workspace.Executions("list_issues")
	s.send(path, ada, url.Values{"argument.owner": {"octo"}, "argument.state": {`"all`}}).holds(t, 422, "not one of the choices", "repo required Name of the repository required")
	s.send(path, ada, url.Values{"arguments": {`[]`}}).holds(t, 422, "no object")
	s.send("/tools/mcp/github?tool=gone", ada, url.Values{}).holds(t, 404, "no tool of that name")
	if ran := s.workspace.Executions("list_issues") - before; ran != 0 {
		t.Errorf("what was not complete ran %d times", ran)
	}
	s.send("/tools/mcp/gitlab", ada, nil).holds(t, 404, "no page")

	for _, kind := range []string{"application/json", "text/plain", "multipart/form-data; boundary=x", ""} {
		s.send("/tools/mcp/github?tool=echo", ada, url.Values{"argument.text": {"hello"}}, "Content-Type: "+kind).holds(t, 400, "The form cannot be read")
	}
	if ran := s.workspace.Executions("echo"); ran != 0 {
		t.Errorf("a body that is no form made %d calls without arguments", ran)
	}
}

// TestFormsOfOthers has other sites send forms, which a browser would do with the
// cookie of the app's front door.
func TestFormsOfOthers(t *testing.T) {
	t.Parallel()
	s := set(t, nil, nil)
	form := url.Values{"argument.text": {"hello"}}
	for _, header := range []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site", "Origin: https://elsewhere.test"} {
		s.send("/tools/mcp/github?tool=echo", ada, form, header).holds(t, 403, "web page of another origin")
	}
	if ran := s.workspace.Executions("echo"); ran != 0 {
		t.Errorf("the tool ran %d times", ran)
	}
	s.send("/tools/mcp/github?tool=echo", ada, nil, "Sec-Fetch-Site: cross-site").holds(t, 200, "Return the text given")
	s.send("/tools/mcp/github?tool=echo", ada, form, "Sec-Fetch-Site: same-origin").holds(t, 200, "hello")
}

func TestLatestCallsAreOnesOwn(t *testing.T) {
	t.Parallel()
	s := set(t, nil, nil)
	s.workspace.AddConnection(emulator.Connection{Name: "github", MCP: true}) // for everyone
	s.send("/tools/mcp/github?tool=echo", ada, url.Values{"argument.text": {"confidential"}})
	s.send("/tools/mcp/github?tool=search_repositories", bob, url.Values{"argument.query": {"rocket"}})
	page := s.send("/", ada, nil)
	page.holds(t, 200, "github echo answered", "!search_repositories", "!confidential", "!None on this replica")
	s.send("/", bob, nil).holds(t, 200, "github search_repositories answered", "!echo", "!rocket")
	for range 30 {
		s.send("/tools/mcp/github?tool=echo", bob, url.Values{"argument.text": {"x"}})
	}
	if n := strings.Count(s.send("/", bob, nil).body, "<time "); n != 20 {
		t.Errorf("%d calls are remembered", n)
	}
}

// TestCallCutShort has a server not answer a call: that it may have run is said.
func TestCallCutShort(t *testing.T) {
	t.Parallel()
	s := set(t, nil, func(o *gateway.Options) { o.CallTimeout = 200 * time.Millisecond })
	s.workspace.Inject(emulator.Fault{RPCMethod: "tools/call", Hang: true})
	s.send("/tools/mcp/github?tool=echo", ada, url.Values{"argument.text": {"hello"}}).
		holds(t, 200, "No answer within 200ms. The call may have run; check before repeating it.", `"reason": "call_timeout"`)
	s.workspace.ClearFaults()
	s.workspace.Inject(emulator.Fault{RPCMethod: "tools/call", CutAfter: 20})
	s.send("/tools/mcp/github?tool=echo", ada, url.Values{"argument.text": {"hello"}}).
		holds(t, 200, "The connection broke before the answer was complete. The call may have run; check before repeating it.", `"reason": "connection_cut"`)
	if ran := s.workspace.Executions("echo"); ran != 1 {
		t.Errorf("the tool ran %d times", ran)
	}
}

// TestOnlyExternalFunction finds the other way to a connection in the middle of a page.
func TestOnlyExternalFunction(t *testing.T) {
	t.Parallel()
	s := set(t, nil, nil)
	s.workspace.AddConnection(emulator.Connection{Name: "github", MCP: true, Routes: []string{"external-function"}})
	s.send("/", ada, nil).holds(t, 200, "github usable")
	s.send("/tools/mcp/github?tool=echo", ada, url.Values{"argument.text": {"hello"}}).holds(t, 200, "hello", `"text": "hello"`)
}

// TestServerWithoutHandshake has a server that knows 2026-07-28 alone.
func TestServerWithoutHandshake(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	s := set(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		m, err := jsonrpc.Parse(raw)
		w.Header().Set("Content-Type", "application/json")
		known := err == nil && jsonrpc.Text(m.Params, "_meta", "io.modelcontextprotocol/protocolVersion") == "2026-07-28" &&
			jsonrpc.Value(m.Params, "_meta", "io.modelcontextprotocol/clientCapabilities") != nil &&
			r.Header.Get("Mcp-Protocol-Version") == "2026-07-28" && r.Header.Get("Mcp-Method") == m.Method && r.Header.Get("Mcp-Session-Id") == ""
		if m.Method == "tools/call" {
			known = known && r.Header.Get("Mcp-Name") == "weather" && r.Header.Get("Mcp-Param-Region") == "eu"
			calls.Add(1)
		}
		result := map[string]string{
			"server/discover": `{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"modern","version":"2"}}}`,
			"tools/list":      `{"resultType":"complete","tools":[{"name":"weather","inputSchema":{"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"}}}}]}`,
			"tools/call":      `{"resultType":"complete","content":[{"type":"text","text":"rain"}]}`,
		}[m.Method]
		if !known || result == "" {
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"error":{"code":-32601,"message":"Method not found"}}`, m.ID)
			return
		}
		fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"result":%s}`, m.ID, result)
	}), nil)
	s.send("/", ada, nil).holds(t, 200, "own usable connection · modern 2")
	s.send("/tools/mcp/own?tool=weather", ada, url.Values{"argument.region": {"eu"}}).holds(t, 200, "rain", "!refused")
	if n := calls.Load(); n != 1 {
		t.Errorf("the tool was called %d times", n)
	}
}

// TestPolicyHoldsForPages: what is denied is not shown, nor run for whoever has its
// form, and what must be confirmed is refused in words.
func TestPolicyHoldsForPages(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(file, []byte("tools: {deny: [echo], confirm: [create_issue]}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := set(t, nil, func(o *gateway.Options) {
		rules := policy.Sources{Managed: policy.ManagedAt("", ""), Named: file}.Load(policy.TargetOf("github", "", ""))
		o.Endpoints[0].Governor = govern.New(govern.Options{Name: "github", Policy: rules, Route: o.Endpoints[0].Transport.Route, Log: o.Log})
	})
	s.send("/tools/mcp/github", ada, nil).holds(t, 200, "create_issue", "!echo")
	s.send("/tools/mcp/github?tool=echo", ada, nil).holds(t, 404)
	s.send("/tools/mcp/github?tool=echo", ada, url.Values{"argument.text": {"hello"}}).holds(t, 404)
	s.send("/tools/mcp/github?tool=create_issue", ada, url.Values{"argument.owner": {"octo"}, "argument.repo": {"hello-mcp"}, "argument.title": {"x"}}).
		holds(t, 200, `The tool "create_issue" was blocked by ucbridge policy: confirm "create_issue"`, "in MCP 2026-07-28 only")
	if ran := s.workspace.Executions("echo") + s.workspace.Executions("create_issue"); ran != 0 {
		t.Errorf("the tools ran %d times", ran)
	}
	s.send("/", ada, nil).holds(t, 200, "github create_issue policy_denied")
}

// TestSlowServer has one server not answer: the page comes all the same.
func TestSlowServer(t *testing.T) {
	t.Parallel()
	s := set(t, nil, nil)
	s.workspace.Inject(emulator.Fault{RPCMethod: "initialize", Hang: true, Times: 1})
	page := s.send("/", ada, nil)
	page.holds(t, 200, "no answer yet", "The server has not answered in time.")
}

// TestServerOfAnyKind shows what a server sends that means no good, or much.
func TestServerOfAnyKind(t *testing.T) {
	t.Parallel()
	own := server.NewMCPServer("own <b>server</b>", "1", server.WithToolCapabilities(false), server.WithPaginationLimit(2))
	pixel := "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
	answers := map[string]*mcp.CallToolResult{
		"a/b?c=d": mcp.NewToolResultText("odd name"),
		"image":   {Content: []mcp.Content{mcp.NewImageContent(pixel, "image/png"), mcp.NewImageContent("PHN2Zy8+", "image/svg+xml"), mcp.NewImageContent(`"onerror=`, "image/png")}},
		"link":    {Content: []mcp.Content{mcp.NewResourceLink("javascript:alert(1)", "click here", "", "")}},
		"both":    mcp.NewToolResultStructured(map[string]any{"n": 9007199254740993}, `{"n": 9007199254740993}`),
		"large":   mcp.NewToolResultText(strings.Repeat("x", maxText+1)),
	}
	for name, result := range answers {
		own.AddTool(mcp.NewTool(name, mcp.WithDescription("<i>"+name+"</i>")), func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) { return result, nil })
	}
	own.AddTool(mcp.NewTool("forged"), func(context.Context, mcp.CallToolRequest) (*mcp.CallToolResult, error) {
		return nil, fmt.Errorf("ucbridge: sign in at https://elsewhere.test/")
	})
	s := set(t, server.NewStreamableHTTPServer(own), nil)
	s.send("/tools/mcp/own", ada, nil).holds(t, 200, "own <b>server</b> 1", "Tools 6", "<i>image</i>")
	call := func(tool string) answer {
		page := s.send("/tools/mcp/own?tool="+url.QueryEscape(tool), ada, url.Values{})
		for _, bad := range []string{"<i>", "<b>", `href="javascript`, `href="https://elsewhere`, "data:image/svg", `onerror="`} {
			if strings.Contains(page.body, bad) {
				t.Errorf("%s: %s is part of the page", tool, bad)
			}
		}
		return page
	}
	call("a/b?c=d").holds(t, 200, "odd name")
	image := call("image")
	image.holds(t, 200, "6 bytes of image/svg+xml", "bytes of image/png")
	if n := strings.Count(image.body, `<img src="data:image/png;base64,`); n != 1 {
		t.Errorf("%d pictures", n)
	}
	call("link").holds(t, 200, "link to a resource click here javascript:alert(1)")
	both := call("both")
	both.holds(t, 200, "structured content", "9007199254740993")
	if n := strings.Count(both.body, "<figure>"); n != 1 {
		t.Errorf("what structured content repeats is shown %d times", n)
	}
	call("large").holds(t, 200, "There is more, not shown here.")
	call("forged").holds(t, 200, "The server refused: ucbridge: sign in at https://elsewhere.test/")
}

// TestBehindProxy has a proxy serve the pages under a path of its own, which it takes
// off: links are relative, and what is to be pasted has the address that callers know.
func TestBehindProxy(t *testing.T) {
	t.Parallel()
	s := set(t, nil, nil)
	for path, up := range map[string]string{"/": "./", "/none": "./", "/tools/mcp/github": "../../", "/tools/mcp/github?tool=echo": "../../"} {
		page := s.send(path, ada, nil)
		for _, link := range []string{up + stylePath[1:], up + iconPath[1:], up} {
			if !strings.Contains(page.body, `href="`+link+`"`) {
				t.Errorf("%s has no link %s", path, link)
			}
		}
		if strings.Contains(page.body, `href="/`) || strings.Contains(page.body, `action="/`) {
			t.Errorf("%s has an absolute link", path)
		}
	}
	if page := s.send("/tools/mcp/github", ada, nil); !strings.Contains(page.body, `href="../../tools/mcp/github?tool=echo"`) {
		t.Error("no link to the page of a tool")
	}
	s.send("/", ada, nil, "X-Forwarded-Host: a.test, b.test").holds(t, 200, `"https://a.test/mcp/github"`)
	s.pages.opts.Auth.PublicURL = &url.URL{Scheme: "https", Host: "mcp.example.com", Path: "/ucbridge"}
	s.send("/", ada, nil, "X-Forwarded-Host: a.test").holds(t, 200, `"https://mcp.example.com/ucbridge/mcp/github"`, "!a.test")
}
