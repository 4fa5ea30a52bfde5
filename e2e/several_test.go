package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mark3labs/mcp-go/client"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"ucbridge/bridge/emulator"
	"ucbridge/bridge/loopbacktest"
)

// severalServers is one entry for servers of different makers: server-everything, the Go
// SDK's everything-server, the workspace's sample, which is mcp-go's, and github-mcp-server
// where it is installed. A policy hides the one tool of the sample that has another's name.
func severalServers(t *testing.T) (entry mcpServer, everything, goEverything string) {
	t.Helper()
	everything, goEverything = startEverything(t), startGoEverything(t)
	w := startWorkspace(t, everything)
	w.AddConnection(emulator.Connection{Name: "gosdk", Upstream: goEverything, Bearer: "upstream-secret", MCP: true})
	targets := []string{"--connection", "everything", "--connection", "gosdk", "--connection", "github"}
	if gitHub, installed := startGitHub(t); installed {
		w.AddConnection(emulator.Connection{Name: "hub", Upstream: gitHub, Bearer: gitHubToken, MCP: true})
		targets = append(targets, "--connection", "hub")
	}
	policy := filepath.Join(t.TempDir(), "policy.yml")
	if err := os.WriteFile(policy, []byte("connections: {github: {tools: {deny: [echo]}}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := routes[0]
	r.args = append(targets, "--route", "proxy", "--policy", policy)
	entry = bridge(t, w, r)
	warm(t, entry, "echo", "test_simple_text", "close_issue")
	return entry, everything, goEverything
}

// warm has an entry start until a tool of each server has come. What the servers said is
// remembered, and so later starts do not depend on how fast each of them is on a machine
// that is busy.
func warm(t *testing.T, entry mcpServer, tools ...string) {
	t.Helper()
	c := newGoClient(true)
	e := oneEntry{t, ok(c.Connect(t.Context(), entry.transport(t), nil))(t), c}
	for _, tool := range tools {
		e.awaitTool(tool, true)
	}
	if err := e.session.Close(); err != nil {
		t.Fatal(err)
	}
}

// lists are the members of a report that are others where there are several servers.
var lists = []string{"server", "serverVersion", "capabilities", "instructions", "tools", "resources", "templates", "prompts", "Server", "Tools", "Resources", "Templates", "Prompts", "unknownResource", "UnknownResource"}

func withoutLists(report map[string]any) map[string]any {
	for _, name := range lists {
		delete(report, name)
	}
	return report
}

// withoutRevision is a report without what 2026-07-28 alone has in a result, and without
// what it no longer has.
func withoutRevision(report map[string]any) map[string]any {
	for _, name := range []string{"revision", "Logging", "Logs", "ping", "level", "log", "subscribed", "update"} {
		delete(report, name)
	}
	for _, value := range report {
		if result, ok := value.(map[string]any); ok {
			for _, member := range []string{"resultType", "ttlMs", "cacheScope"} {
				delete(result, member)
			}
		}
	}
	return report
}

// TestSeveralServers has clients of five makers use every feature of one of three servers behind
// one entry: it is what the server alone gives.
func TestSeveralServers(t *testing.T) {
	t.Parallel()
	entry, everything, goEverything := severalServers(t)
	for _, generation := range []string{"v1", "v2-legacy", "v2"} {
		t.Run("TypeScript "+generation, func(t *testing.T) {
			t.Parallel()
			want := withoutLists(useFeatures(t, generation, direct(everything), false))
			got := useFeatures(t, generation, entry, false)
			if tools, _ := got["tools"].([]any); len(tools) < 20 {
				t.Errorf("%d tools", len(tools))
			}
			if generation == "v2" {
				if got["revision"] != modernRevision { // one of the servers speaks it
					t.Errorf("the client speaks %v", got["revision"])
				}
				want, got = withoutRevision(want), withoutRevision(got)
			}
			if diff := cmp.Diff(want, withoutLists(got)); diff != "" {
				t.Errorf("(-alone +beside two):\n%s", diff)
			}
		})
	}
	for _, revision := range []string{legacyRevision, modernRevision} {
		t.Run("Go SDK "+revision, func(t *testing.T) {
			t.Parallel()
			client := func(revision string) *goClient {
				c := newGoClient(false)
				c.revision = revision
				return c
			}
			want := withoutLists(useGoFeatures(t, direct(goEverything).transport(t), client(legacyRevision), false))
			got := withoutLists(useGoFeatures(t, entry.transport(t), client(revision), false))
			if revision == modernRevision {
				want, got = withoutRevision(want), withoutRevision(got)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-alone +beside two):\n%s", diff)
			}
		})
	}
	t.Run("mcp-go", func(t *testing.T) {
		t.Parallel()
		want := withoutLists(useMCPGo(t, ok(client.NewStreamableHttpClient(goEverything))(t)))
		if diff := cmp.Diff(want, withoutLists(useMCPGo(t, mcpGoClient(t, entry)))); diff != "" {
			t.Errorf("(-alone +beside two):\n%s", diff)
		}
	})
	t.Run("inspector", func(t *testing.T) {
		t.Parallel()
		list := ok(json.Marshal(inspect(t, entry, []string{"--method", "tools/list"})))(t)
		for _, tool := range []string{`"echo"`, `"test_simple_text"`, `search_repositories"`, `"ucbridge_status"`} {
			if !strings.Contains(string(list), tool) {
				t.Errorf("no %s in %.300s", tool, list)
			}
		}
		for tool, of := range map[string]struct{ argument, server string }{
			"get-sum": {"a=2 b=40", everything}, "test_simple_text": {"x=y", goEverything},
		} {
			call := append([]string{"--method", "tools/call", "--tool-name", tool, "--tool-arg"}, strings.Fields(of.argument)...)
			want := withoutRevision(map[string]any{"result": inspect(t, direct(of.server), call)})
			got := withoutRevision(map[string]any{"result": inspect(t, entry, call)})
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-alone +beside two):\n%s", tool, diff)
			}
		}
	})
}

// startGitHub starts github-mcp-server, where it is installed, before an API of GitHub's
// that knows one user, and returns its URL.
func startGitHub(t *testing.T) (url string, installed bool) {
	t.Helper()
	program, err := exec.LookPath("github-mcp-server")
	if err != nil {
		return "", false
	}
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v3/user" || r.Header.Get("Authorization") != "Bearer "+gitHubToken {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"login":"ada-at-github","id":7}`)
	}))
	t.Cleanup(api.Close)
	port := loopbacktest.UnusedPort(t)
	start(t, exec.Command(program, "http", "--listen-host", "127.0.0.1", "--port", port, "--gh-host", api.URL))
	awaitListener(t, "127.0.0.1:"+port)
	return "http://127.0.0.1:" + port + "/", true
}

// gitHubToken is what a connection has for GitHub; the prefix is that of an OAuth token.
const gitHubToken = "gho_upstream"

// TestSeveralWithGitHub: github-mcp-server beside the two others, each of which answers,
// in each era of the client.
func TestSeveralWithGitHub(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("github-mcp-server"); err != nil {
		t.Skip("github-mcp-server is not installed")
	}
	entry, _, _ := severalServers(t)
	for _, revision := range []string{legacyRevision, modernRevision} {
		c := newGoClient(true)
		session := ok(c.Connect(t.Context(), entry.transport(t), &mcp.ClientSessionOptions{ProtocolVersion: revision}))(t)
		for tool, want := range map[string]string{"get_me": "ada-at-github", "echo": "hello", "test_simple_text": "simple text"} {
			result := ok(session.CallTool(t.Context(), &mcp.CallToolParams{Name: tool, Arguments: map[string]any{"message": "hello"}}))(t)
			if text := string(ok(json.Marshal(result))(t)); result.IsError || !strings.Contains(text, want) {
				t.Errorf("%s: %s says %s", revision, tool, text)
			}
		}
		if err := session.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestSeveralInClaudeCode: Claude Code has one entry for all servers of the demo, offers
// its model the tools of each and calls one of each. The last is one that its user has to
// sign in to: it comes when they have.
func TestSeveralInClaudeCode(t *testing.T) {
	t.Parallel()
	claude, home := claudePath(t), t.TempDir()
	env := map[string]string{
		"HOME": home, "PATH": filepath.Dir(ucbridge) + ":/usr/bin:/bin", "TERM": "xterm", "NO_PROXY": "127.0.0.1",
		"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "ENABLE_TOOL_SEARCH": "false",
	}
	demo := exec.Command(ucbridge, "demo", "--serve")
	demo.Env = environ(t, env)
	said := start(t, demo)
	said.await(t, `(This workspace is up)`)
	run := func(command ...string) string {
		t.Helper()
		return runIn(t, home, environ(t, env), command...)
	}
	env["DATABRICKS_CONFIG_FILE"] = filepath.Join(home, ".config", "ucbridge", "demo", "databrickscfg")
	run(ucbridge, "install", "claude-code", "--all-servers")
	delete(env, "DATABRICKS_CONFIG_FILE")
	if out := run(claude, "mcp", "list"); !regexp.MustCompile(`(?m)^databricks: .* - ✔ Connected$`).MatchString(out) {
		t.Fatalf("claude mcp list:\n%s", out)
	}
	model := startEchoModel(t)
	env["ANTHROPIC_BASE_URL"], env["ANTHROPIC_API_KEY"] = model.address, "none"
	servers := []string{"github", "system_ai_github", "github_u2m_connection"}
	for i, server := range servers {
		if server == "github_u2m_connection" {
			visit(t, said.await(t, `--host (http://\S+)`)+"/explore/connections/"+server)
		}
		tool := "mcp__databricks__" + server + "_echo"
		model.wanted = regexp.MustCompile(`"(` + tool + `)"`)
		if told := model.during(func() { run(claude, "-p", "say hello", "--allowedTools", tool) }); !strings.Contains(told, "hello") {
			t.Errorf("%s said %q", tool, told)
		}
		for j, other := range servers {
			if got, want := model.offers("mcp__databricks__"+other+"_create_issue"), j < 2 || i == 2; got != want {
				t.Errorf("calling %s, the tools of %s were offered: %v, want %v", server, other, got, want)
			}
		}
	}
}

// visit opens a page of an emulated workspace in ada's browser.
func visit(t *testing.T, page string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, page, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer dapi-demo-ada")
	resp := ok(http.DefaultClient.Do(req))(t)
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: HTTP %d", page, resp.StatusCode)
	}
}
