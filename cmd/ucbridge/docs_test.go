package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// notHere are the commands of the documentation that no script can run, each
// with the pattern that stands in the file which exercises it.
var notHere = []struct{ command, file, holds string }{
	{"ucbridge demo --serve", "process_test.go", "func TestDemoServe"},
	{"ucbridge demo --install claude-code", "process_test.go", "func TestDemoInstall"},
	{"ucbridge serve --auth oauth", "testdata/script/serve-oauth.txtar", "serve --auth oauth"},
	{"ucbridge serve --auth federation", "../../e2e/oauth_test.go", `"--auth", "federation"`},
	{"ucbridge serve --auth obo", "testdata/script/serve-obo.txtar", "serve --auth obo"},
	{"make app", "../../e2e/dist_test.go", "app"},
	{"cd bin/app && databricks", "../../dist/app/databricks.yml", "gateway"},
	{"export PATH=", "script_test.go", "PATH"},
	{"tar xzf ucbridge_", "../../e2e/newcomer_test.go", "untar("},
}

// TestDocs runs every command that README, CONTRIBUTING and the pages in docs
// show, one page a script, against a workspace of its own.
func TestDocs(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var scripts []string
	for _, page := range append(pages, "../../README.md", "../../CONTRIBUTING.md") {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		commands := shellCommands(string(text))
		if len(commands) == 0 {
			continue
		}
		name := filepath.Join(dir, strings.TrimSuffix(filepath.Base(page), ".md")+".txtar")
		if err := os.WriteFile(name, []byte(docsScript(t, page, commands)), 0o600); err != nil {
			t.Fatal(err)
		}
		scripts = append(scripts, name)
	}
	testscript.Run(t, testscript.Params{Files: scripts, Setup: setUpDemo, RequireExplicitExec: true, Cmds: scriptCommands})
}

// docsScript is a script of the commands of a page. What follows ucbridge serve and goes
// to it finds it running.
func docsScript(t *testing.T, page string, commands []string) string {
	var script, files strings.Builder
	script.WriteString(docsPrelude)
	serving := false
	for i, command := range commands {
		if strings.HasPrefix(command, "curl ") && serving {
			fmt.Fprintf(&script, "[exec:curl] exec sh curl%d.sh\n[exec:curl] stdout '\"result\":'\n", i)
			fmt.Fprintf(&files, "-- curl%d.sh --\n%s\n", i, strings.ReplaceAll(command, "http://127.0.0.1:8700", "$GATEWAY"))
			continue
		}
		if serving {
			script.WriteString("unserve\n")
		}
		line := scriptLine(t, page, command)
		script.WriteString(line)
		serving = strings.HasPrefix(line, "serve ")
	}
	if serving {
		script.WriteString("unserve\n")
	}
	return script.String() + files.String() +
		"-- databrickscfg --\n-- in.jsonl --\n{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}\n-- servers.yml --\n" + serversFile(t)
}

// serversFile is the file of --servers and --config that docs/servers.md shows.
func serversFile(t *testing.T) string {
	page, err := os.ReadFile("../../docs/servers.md")
	if err != nil {
		t.Fatal(err)
	}
	block := yamlBlock.FindSubmatch(page)
	if block == nil {
		t.Fatal("docs/servers.md shows no file of servers")
	}
	return string(block[1])
}

// TestReadmeIsShort holds README to what people read: the rest belongs to docs.
func TestReadmeIsShort(t *testing.T) {
	t.Parallel()
	const most = 900
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if words := len(strings.Fields(string(text))); words > most {
		t.Errorf("README has %d words, at most %d are wanted", words, most)
	}
}

// docsPrelude is a laptop on which the quick start can begin: a Databricks CLI
// that signs in, and Cursor and Claude Code.
const docsPrelude = `env DATABRICKS_TOKEN=
env DATABRICKS_HOST=
env DATABRICKS_CLI_PATH=$FAKE_CLI
env DATABRICKS_CONFIG_FILE=$WORK/databrickscfg
exec ucbridge login --host $WORKSPACE --profile DEFAULT
mkdir $HOME/.cursor $HOME/.claude .cursor
`

var shellBlock = regexp.MustCompile("(?s)```sh\n(.*?)```")

// shellCommands returns the lines of all sh blocks, without comments.
func shellCommands(text string) []string {
	var all []string
	for _, block := range shellBlock.FindAllStringSubmatch(text, -1) {
		for line := range strings.Lines(strings.ReplaceAll(block[1], "\\\n", "")) {
			line, _, _ = strings.Cut(line, " #")
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
				all = append(all, line)
			}
		}
	}
	return all
}

// scriptLine turns one command of a page into a line of a script.
func scriptLine(t *testing.T, page, command string) string {
	for _, e := range notHere {
		if strings.HasPrefix(command, e.command) {
			if held, err := os.ReadFile(e.file); err != nil || !strings.Contains(string(held), e.holds) {
				t.Errorf("%s: %q is to be exercised by %s: %v", page, command, e.file, err)
			}
			return "# elsewhere: " + command + "\n"
		}
	}
	if target, ok := strings.CutPrefix(command, "make "); ok {
		makefile, err := os.ReadFile("../../Makefile")
		if name, _, _ := strings.Cut(target, " "); err != nil || !strings.Contains(string(makefile), "\n"+name+":") {
			t.Errorf("%s: there is no target for %q (%v)", page, command, err)
		}
		return "# a target of the Makefile: " + command + "\n"
	}
	words := strings.Fields(strings.ReplaceAll(command, "https://your-workspace", "$WORKSPACE"))
	switch {
	case len(words) < 2 || words[0] != "ucbridge":
		t.Errorf("%s: %q is neither run here nor named as run elsewhere", page, command)
		return ""
	case words[1] == "stdio":
		return fmt.Sprintf("stdin in.jsonl\nbridge %s\n", strings.Join(words[2:], " "))
	case words[1] == "serve":
		return fmt.Sprintf("serve %s\n", strings.Join(words[2:], " "))
	case words[1] == "policy" && slices.Contains(words, "test"):
		return "" // its exit code is its answer
	}
	return "exec " + strings.Join(words, " ") + "\n"
}

var yamlBlock = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// TestPoliciesOfTheDocs holds that each policy of the documentation is one that a script
// tries.
func TestPoliciesOfTheDocs(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/policy.md")
	if err != nil {
		t.Fatal(err)
	}
	scripts, err := filepath.Glob("testdata/script/policy-*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	blocks := yamlBlock.FindAllStringSubmatch(string(page), -1)
	if len(blocks) < 2 {
		t.Errorf("%d policies", len(blocks))
	}
	for _, block := range blocks {
		if !slices.ContainsFunc(scripts, func(name string) bool {
			script, err := os.ReadFile(name)
			return err == nil && strings.Contains(string(script), "\n"+block[1])
		}) {
			t.Errorf("no script tries\n%s", block[1])
		}
	}
}
