package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"ucbridge/bridge/programtest"
)

// TestNewcomer follows README from the archive of a release to a tool in Claude Code: a
// workspace by "ucbridge demo --serve", the sign-in by a browser with the Databricks CLI,
// the commands of the quick start, and a session in which the model wants a tool.
func TestNewcomer(t *testing.T) {
	t.Parallel()
	cli, claude := databricksCLI(t), claudePath(t)
	home, bin := t.TempDir(), t.TempDir()
	untar(t, pack(t).file(".tar.gz"), bin)
	ucbridge := filepath.Join(bin, "ucbridge")
	env := map[string]string{
		"HOME": home, "PATH": bin + ":" + filepath.Dir(cli) + ":/usr/bin:/bin", "TERM": "xterm",
		"BROWSER": detachedBrowser(t, home), "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "ENABLE_TOOL_SEARCH": "false",
	}
	demo := exec.Command(ucbridge, "demo", "--serve")
	demo.Env = environ(t, env)
	host := start(t, demo).await(t, `ucbridge login --host (http://\S+) --profile DEFAULT`)

	run := func(command ...string) string {
		t.Helper()
		return runIn(t, home, environ(t, env), command...)
	}
	for _, step := range quickStart(t) {
		step = strings.ReplaceAll(step, "https://your-workspace", host)
		program := ucbridge
		if words := strings.Fields(step); words[0] == "databricks" {
			program = cli
		}
		out := run(append([]string{program}, strings.Fields(step)[1:]...)...)
		if strings.Contains(out, "✗") {
			t.Errorf("%s:\n%s", step, out)
		}
	}
	model := startEchoModel(t)
	env["ANTHROPIC_BASE_URL"], env["ANTHROPIC_API_KEY"] = model.address, "none"
	told := model.during(func() { run(claude, "-p", "say hello", "--allowedTools", "mcp__github__echo") })
	if !strings.Contains(told, "hello") {
		t.Errorf("the tool said %q; %s", told, run(claude, "mcp", "get", "github"))
	}
}

// quickStart are the commands under that head of README.
func quickStart(t *testing.T) []string {
	t.Helper()
	text := string(ok(os.ReadFile("../README.md"))(t))
	found := regexp.MustCompile("(?s)## Quick start\n.*?```sh\n(.*?)```").FindStringSubmatch(text)
	if found == nil {
		t.Fatal("README has no quick start")
	}
	return strings.Split(strings.TrimSpace(found[1]), "\n")
}

// detachedBrowser writes a browser that the Databricks CLI need not wait for: it waits
// for the command to end, and the page it shows for the CLI.
func detachedBrowser(t *testing.T, folder string) string {
	t.Helper()
	browser := filepath.Join(folder, "browser")
	script := "#!/bin/sh\nexec >/dev/null 2>&1\n" + curl(t) + " -sS -L -o /dev/null \"$1\" &\n"
	programtest.Write(t, browser, []byte(script))
	return browser
}
