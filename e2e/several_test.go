package e2e

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mark3labs/mcp-go/client"

	"ucbridge/bridge/emulator"
)

// severalServers is one entry for three servers of different makers: server-everything,
// the Go SDK's everything-server, and the workspace's sample, which is mcp-go's. A policy
// hides the one tool of the sample that has another's name.
func severalServers(t *testing.T) (entry mcpServer, everything, goEverything string) {
	t.Helper()
	everything, goEverything = startEverything(t), startGoEverything(t)
	w := startWorkspace(t, everything)
	w.AddConnection(emulator.Connection{Name: "gosdk", Upstream: goEverything, Bearer: "upstream-secret", MCP: true})
	policy := filepath.Join(t.TempDir(), "policy.yml")
	if err := os.WriteFile(policy, []byte("connections: {github: {tools: {deny: [echo]}}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := routes[0]
	r.args = []string{"--connection", "everything", "--connection", "gosdk", "--connection", "github", "--route", "proxy", "--policy", policy}
	return bridge(t, w, r), everything, goEverything
}

// lists are the members of a report that are others where there are several servers.
var lists = []string{"server", "serverVersion", "capabilities", "instructions", "tools", "resources", "templates", "prompts", "Server", "Tools", "Resources", "Templates", "Prompts", "unknownResource", "UnknownResource"}

func withoutLists(report map[string]any) map[string]any {
	for _, name := range lists {
		delete(report, name)
	}
	return report
}

// TestSeveralServers has four clients use every feature of one of three servers behind
// one entry: it is what the server alone gives.
func TestSeveralServers(t *testing.T) {
	t.Parallel()
	entry, everything, goEverything := severalServers(t)
	// The client of v2 would speak 2026-07-28, as two of the servers do; what features.mjs
	// does with it is of the older revisions.
	for _, generation := range []string{"v1"} {
		t.Run("TypeScript "+generation, func(t *testing.T) {
			t.Parallel()
			want := withoutLists(useFeatures(t, generation, direct(everything), false))
			entry := entry
			got := useFeatures(t, generation, entry, false)
			if tools, _ := got["tools"].([]any); len(tools) < 20 {
				t.Errorf("%d tools", len(tools))
			}
			if diff := cmp.Diff(want, withoutLists(got)); diff != "" {
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
		out := string(runNode(t, inspectorJS, "--cli", "--config", configFile(t, entry), "--server", "everything", "--method", "tools/list"))
		for _, tool := range []string{`"echo"`, `"test_simple_text"`, `"search_repositories"`, `"ucbridge_status"`} {
			if !strings.Contains(out, tool) {
				t.Errorf("no %s in %.300s", tool, out)
			}
		}
	})
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
