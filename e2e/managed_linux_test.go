package e2e

import (
	"bytes"
	"context"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// managedDesk is a desk on a machine that an administrator keeps: a folder is its /etc.
type managedDesk struct {
	desk
	etc string
}

// newManagedDesk skips the test where this user may not have a namespace.
func newManagedDesk(t *testing.T) managedDesk {
	t.Helper()
	o := managedDesk{newDesk(t), t.TempDir()}
	for _, name := range []string{"passwd", "group", "hosts", "nsswitch.conf", "resolv.conf", "ld.so.cache"} {
		if text, err := os.ReadFile(filepath.Join("/etc", name)); err == nil {
			o.writeRules(t, name, string(text))
		}
	}
	if _, err := o.try(t, "true"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("no mount namespace, and CI must have it: %v", err)
		}
		t.Skipf("no mount namespace is to be had: %v", err)
	}
	return o
}

// writeRules writes a file of the administrator's; without text it removes it.
func (o managedDesk) writeRules(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join(o.etc, name)
	err := os.MkdirAll(filepath.Dir(file), 0o755)
	if err == nil && text == "" {
		err = os.RemoveAll(file)
	} else if err == nil {
		err = os.WriteFile(file, []byte(text), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// try runs a program to its end and returns all that it printed.
func (o managedDesk) try(t *testing.T, command ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	env := maps.Clone(o.env)
	env["DATABRICKS_CONFIG_FILE"] = filepath.Join(o.home, "workspace.cfg")
	cmd := exec.CommandContext(ctx, "/bin/sh", append([]string{"-c", `mount --bind "$0" /etc && exec "$@"`, o.etc}, command...)...)
	cmd.Env, cmd.Dir, cmd.WaitDelay = environ(t, env), o.home, 5*time.Second
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
		Pdeathsig:   syscall.SIGKILL,
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), err
}

// must is try for what works.
func (o managedDesk) must(t *testing.T, command ...string) string {
	t.Helper()
	out, err := o.try(t, command...)
	if err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
	return out
}

// governed is a client that an administrator governs.
type governed struct {
	name    string
	list    []string // the command that lists its servers
	starts  string   // an expression: that list says that "github" is started
	servers string   // where install --managed puts it, below /etc
	cases   []govern
}

// govern is one state of the rules. RULE stands for the one that install prints.
type govern struct {
	what    string
	file    string // of the rules, below /etc, or in the user's home
	rules   string
	blocked bool
	file2   string
	rules2  string
}

// governedClients are the real clients, and states of their rules.
func governedClients(t *testing.T) []governed {
	t.Helper()
	node := nodePath(t)
	const settings, more, own = "claude-code/managed-settings.json", "claude-code/managed-settings.d/10-more.json", "~.claude/settings.json"
	const requirements, system = "codex/requirements.toml", "gemini-cli/settings.json"
	return []governed{
		{
			name: "claude-code", list: []string{claudePath(t), "mcp", "list"}, starts: `(?m)^github: .* ✔ Connected$`, servers: "claude-code/managed-mcp.json",
			cases: []govern{
				{what: "the rule", file: settings, rules: `{"allowedMcpServers": [RULE]}`},
				{what: "no server allowed", file: settings, rules: `{"allowedMcpServers": []}`, blocked: true},
				{what: "the name", file: settings, rules: `{"allowedMcpServers": [{"serverName": "github"}]}`},
				{what: "the name beside a command", file: settings, rules: `{"allowedMcpServers": [{"serverName": "github"}, {"serverCommand": ["npx"]}]}`, blocked: true},
				{what: "a command without its arguments", file: settings, rules: `{"allowedMcpServers": [{"serverCommand": ["UCBRIDGE"]}]}`, blocked: true},
				{what: "two files", file: settings, rules: `{"allowedMcpServers": []}`, file2: more, rules2: `{"allowedMcpServers": [RULE]}`},
				{what: "the user's own list", file: settings, rules: `{"allowedMcpServers": []}`, file2: own, rules2: `{"allowedMcpServers": [RULE]}`},
				{what: "the user's own list does not count", file: settings, rules: `{"allowManagedMcpServersOnly": true, "allowedMcpServers": []}`, file2: own, rules2: `{"allowedMcpServers": [RULE]}`, blocked: true},
				{what: "denied by name", file: settings, rules: `{"deniedMcpServers": [{"serverName": "github"}]}`, blocked: true},
				{what: "allowed and denied", file: settings, rules: `{"allowedMcpServers": [RULE], "deniedMcpServers": [RULE]}`, blocked: true},
				{what: "denied by the user", file: own, rules: `{"deniedMcpServers": [{"serverName": "github"}]}`, blocked: true},
				{what: "servers that are rolled out", file: "claude-code/managed-mcp.json", rules: `{"mcpServers": {}}`, blocked: true},
			},
		},
		{
			name: "codex", list: []string{node, script(t, "@openai", "codex", "bin", "codex.js"), "mcp", "list"}, starts: `(?m)^github .* enabled `, servers: "codex/config.toml",
			cases: []govern{
				{what: "the rule", file: requirements, rules: "RULE\n"},
				{what: "no server allowed", file: requirements, rules: "[mcp_servers]\n", blocked: true},
				{what: "the program with any arguments", file: requirements, rules: "[mcp_servers.github.identity]\ncommand = \"UCBRIDGE\"\n"},
				{what: "another program", file: requirements, rules: "[mcp_servers.github.identity]\ncommand = \"npx\"\n", blocked: true},
				{what: "another name", file: requirements, rules: "[mcp_servers.gitlab.identity]\ncommand = \"UCBRIDGE\"\n", blocked: true},
				{what: "other arguments", file: requirements, rules: "[mcp_servers.github]\nidentity = { command = { executable = \"UCBRIDGE\", args = [{ match = \"prefix\", value = \"std\" }] } }\n", blocked: true},
				{what: "expressions", file: requirements, rules: "[mcp_servers.github]\nidentity = { command = { executable = \"UCBRIDGE\", args = [{ match = \"prefix\", value = \"std\" }, { match = \"regex\", expression = \"--con.*\" }, { match = \"exact\", value = \"github\" }] } }\n"},
				{what: "rules on other things", file: requirements, rules: "allowed_approval_policies = [\"on-request\"]\n"},
			},
		},
		{
			name: "gemini-cli", list: []string{node, script(t, "@google", "gemini-cli", "bundle", "gemini.js"), "mcp", "list"}, starts: `✓ .*github: .* - Connected`, servers: system,
			cases: []govern{
				{what: "the rule", file: system, rules: `{"mcp": {"allowed": ["corp", RULE]}}`},
				{what: "in capitals", file: system, rules: `{"mcp": {"allowed": ["GitHub"]}}`},
				{what: "no server allowed", file: system, rules: `{"mcp": {"allowed": []}}`, blocked: true},
				{what: "excluded", file: system, rules: `{"mcp": {"allowed": [RULE], "excluded": [RULE]}}`, blocked: true},
				{what: "a list of defaults", file: "gemini-cli/system-defaults.json", rules: `{"mcp": {"allowed": ["corp"]}}`, file2: system, rules2: `{"mcp": {"allowed": [RULE]}}`, blocked: true},
				{what: "two lists of what is excluded", file: "gemini-cli/system-defaults.json", rules: `{"mcp": {"excluded": [RULE]}}`, file2: system, rules2: `{"mcp": {"excluded": ["corp"]}}`, blocked: true},
				{what: "what only a console can say", file: system, rules: `{"admin": {"mcp": {"enabled": false}}}`},
			},
		},
	}
}

// TestManaged has real clients read what install --managed writes, and rules of many
// kinds, and compares what each starts with what doctor says of it.
func TestManaged(t *testing.T) {
	t.Parallel()
	for _, c := range governedClients(t) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := newManagedDesk(t)
			o.testRolledOut(t, c)
			o.must(t, ucbridge, "install", c.name, "--connection", "github")
			rule := o.rule(t, c)
			for _, g := range c.cases {
				t.Run(g.what, func(t *testing.T) { o.testRules(t, c, g, rule) })
			}
		})
	}
}

// rule is the one that install prints for an entry of the user's.
func (o managedDesk) rule(t *testing.T, c governed) string {
	t.Helper()
	said := o.must(t, ucbridge, "install", c.name, "--managed", "--connection", "github", "--dry-run")
	_, lines, ok := strings.Cut(said, "where there is such a list:\n")
	if !ok {
		t.Fatalf("no rule:\n%s", said)
	}
	lines, _, _ = strings.Cut(lines, "ucbridge: ") // a warning
	return strings.TrimSpace(strings.ReplaceAll("\n"+lines, "\n#   ", "\n"))
}

// testRolledOut has the client start what is rolled out, for a user who has nothing.
func (o managedDesk) testRolledOut(t *testing.T, c governed) {
	o.must(t, ucbridge, "install", c.name, "--managed", "--connection", "github")
	if out, started := listed(c.starts, true, func() string { return o.must(t, c.list...) }); !started {
		t.Errorf("%s does not start what is rolled out:\n%s", c.name, out)
	}
	o.must(t, ucbridge, "uninstall", c.name, "--managed")
	if _, err := os.Stat(filepath.Join(o.etc, c.servers)); !os.IsNotExist(err) {
		t.Errorf("%s is there after uninstall: %v", c.servers, err)
	}
	if out := o.must(t, c.list...); strings.Contains(out, "github") {
		t.Errorf("after uninstall:\n%s", out)
	}
}

// testRules compares the client with doctor.
func (o managedDesk) testRules(t *testing.T, c governed, g govern, rule string) {
	text := strings.NewReplacer("RULE", rule, "UCBRIDGE", ucbridge)
	for _, f := range [][2]string{{g.file, g.rules}, {g.file2, g.rules2}} {
		if f[0] == "" {
			continue
		}
		if name, ok := strings.CutPrefix(f[0], "~"); ok {
			o.write(t, name, text.Replace(f[1]))
			defer os.Remove(filepath.Join(o.home, name))
			continue
		}
		o.writeRules(t, f[0], text.Replace(f[1]))
		defer o.writeRules(t, f[0], "")
	}
	out, started := listed(c.starts, !g.blocked, func() string { return o.must(t, c.list...) })
	if started == g.blocked {
		t.Errorf("%s starts it: %v\n%s", c.name, started, out)
	}
	said, _ := o.try(t, ucbridge, "doctor") // it fails where a client is blocked
	if blocked := strings.Contains(said, "does not start github, by "); blocked != g.blocked {
		t.Errorf("doctor says that it is blocked: %v\n%s", blocked, said)
	}
}
