package govern

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/policy"
)

// effect is something that goes otherwise because of one key of a policy.
type effect struct {
	// without is a policy that lacks the key, with the same one that has it.
	without, with string
	// do returns what happens under a policy. With the key it contains want, without
	// the key it does not.
	do   func(*gateTrial) string
	want string
}

// gateTrial is a gate under one of the policies of an effect.
type gateTrial struct {
	*gateHarness
	dir string // of the log and the pins
}

// outcome is what the client hears of a message, and what reaches the server.
func outcome(lines ...string) func(*gateTrial) string {
	return func(g *gateTrial) string {
		heard := strings.Join(g.say(lines...), "\n")
		return fmt.Sprintf("heard %s\nsent %s", heard, strings.Join(g.sent(), "\n"))
	}
}

// result is what the client hears where the server answers a call with that.
func result(raw string) func(*gateTrial) string {
	return func(g *gateTrial) string {
		g.answer = func(m jsonrpc.Message) string { return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":%s}`, m.ID, raw) }
		return outcome(call(1, "read_file"))(g)
	}
}

// audited is what stands in the log's folder after a call.
func audited(calls int) func(*gateTrial) string {
	return func(g *gateTrial) string {
		g.answer = func(m jsonrpc.Message) string { return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{}}`, m.ID) }
		for i := range calls {
			g.say(call(i, "read_file"))
			time.Sleep(time.Second) // the row is written, if it can be
		}
		files, _ := filepath.Glob(filepath.Join(g.dir, "audit*"))
		out := fmt.Sprintf("sent %d, %d files\n", len(g.sent()), len(files))
		for _, name := range files {
			raw, _ := os.ReadFile(name)
			out += string(raw)
		}
		return out
	}
}

// effects has every key that a policy may have. DIR stands for a folder of the test.
var effects = map[string]effect{
	"read_only":     {"pins: warn", "pins: warn\nread_only: true", outcome(call(1, "delete_repo")), `"isError":true`},
	"tools.allow":   {"pins: warn", "pins: warn\ntools: {allow: [read_*]}", outcome(call(1, "delete_repo")), `"isError":true`},
	"tools.deny":    {"pins: warn", "pins: warn\ntools: {deny: [delete_*]}", outcome(call(1, "delete_repo")), `"isError":true`},
	"tools.reads":   {"read_only: true", "read_only: true\ntools: {reads: [delete_*]}", outcome(call(1, "delete_repo")), "sent {"},
	"tools.writes":  {"read_only: true", "read_only: true\ntools: {writes: [read_*]}", outcome(call(1, "read_file")), `"isError":true`},
	"tools.confirm": {"pins: warn", "pins: warn\ntools: {confirm: [read_*]}", outcome(call(1, "read_file")), "cannot ask"},
	"confirm":       {"pins: warn", "pins: warn\nconfirm: true", outcome(call(1, "delete_repo")), "cannot ask"},
	"prompts.allow": {"pins: warn", "pins: warn\nprompts: {allow: [a]}", outcome(prompt("b")), "policy_denied"},
	"prompts.deny":  {"pins: warn", "pins: warn\nprompts: {deny: [b]}", outcome(prompt("b")), "policy_denied"},
	"resources.allow": {"pins: warn", "pins: warn\nresources: {allow: ['a:*']}",
		outcome(`{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"b:1"}}`), "policy_denied"},
	"resources.deny": {"pins: warn", "pins: warn\nresources: {deny: ['b:*']}",
		outcome(`{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"b:1"}}`), "policy_denied"},
	"methods": {"pins: warn", "pins: warn\nmethods: ['vendor/*']", outcome(`{"jsonrpc":"2.0","id":1,"method":"vendor/x"}`), "sent {"},
	"limits.calls_per_minute": {"pins: warn", "pins: warn\nlimits: {calls_per_minute: 1}",
		outcome(call(1, "read_file"), call(2, "read_file")), "1 calls a minute"},
	"limits.tools": {"pins: warn", "pins: warn\nlimits: {tools: {'read_*': 1}}",
		outcome(call(1, "read_file"), call(2, "read_file")), "1 calls a minute"},
	"limits.max_call": {"pins: warn", "pins: warn\nlimits: {max_call: 10}", outcome(call(1, "read_file")), "max_call"},
	"pins": {"read_only: false\ntools: {allow: ['*']}", "pins: enforce\ntools: {allow: ['*']}", func(g *gateTrial) string {
		g.list("tools/list", "tools", `{"name":"a","description":"one"}`)
		return g.list("tools/list", "tools", `{"name":"a","description":"two"}`)
	}, `"tools":[]`},
	"secrets.arguments": {"pins: warn", "pins: warn\nsecrets: {arguments: block}",
		outcome(strings.Replace(call(1, "read_file"), `"x"`, `"`+secretOf["JWT"]+`"`, 1)), "contain a JWT"},
	"secrets.results": {"pins: warn", "pins: warn\nsecrets: {results: mask}",
		result(`{"content":[{"type":"text","text":"` + secretOf["JWT"] + `"}]}`), "JWT masked"},
	"meta": {"pins: warn", "pins: warn\nmeta: {warehouse_id: w}", outcome(call(1, "read_file")), `"_meta":{"warehouse_id":"w"}`},
	"max_result": {"pins: warn", "pins: warn\nmax_result: 4",
		result(`{"content":[{"type":"text","text":"abcdefghijklmnopqrstuvwxyz"}]}`), "text was cut"},
	"rules":       {"pins: warn", "pins: warn\nrules: [{read_only: true}]", outcome(call(1, "delete_repo")), `"isError":true`},
	"users":       {"read_only: true", "users: [bob@a.test]\nread_only: true", outcome(call(1, "delete_repo")), "sent {"},
	"groups":      {"read_only: true", "groups: [guests]\nread_only: true", outcome(call(1, "delete_repo")), "sent {"},
	"not_users":   {"read_only: true", "not_users: [ada@a.test]\nread_only: true", outcome(call(1, "delete_repo")), "sent {"},
	"not_groups":  {"read_only: true", "not_groups: [admins]\nread_only: true", outcome(call(1, "delete_repo")), "sent {"},
	"when":        {"read_only: true", "when: {path: y}\nread_only: true", outcome(call(1, "delete_repo")), "sent {"},
	"connections": {"pins: warn", "pins: warn\nconnections: {github: {read_only: true}}", outcome(call(1, "delete_repo")), `"isError":true`},
	"audit.file":  {"pins: warn", "pins: warn\naudit: {file: DIR/audit.jsonl}", audited(1), `"tool":"read_file"`},
	"audit.required": {"audit: {file: DIR/file/audit.jsonl}", "audit: {file: DIR/file/audit.jsonl, required: true}", audited(2),
		"sent 0"}, // DIR/file is no folder
	"audit.values":   {"audit: {file: DIR/audit.jsonl}", "audit: {file: DIR/audit.jsonl, values: true}", audited(1), `"values":{"path":"x"}`},
	"audit.max_size": {"audit: {file: DIR/audit.jsonl}", "audit: {file: DIR/audit.jsonl, max_size: 10B}", audited(3), "3 files"},
	"audit.keep": {"audit: {file: DIR/audit.jsonl, max_size: 10B}", "audit: {file: DIR/audit.jsonl, max_size: 10B, keep: 1}",
		audited(4), "2 files"},
}

func prompt(name string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"prompts/get","params":{"name":"%s"}}`, name)
}

// keysOf returns the keys that a policy may have at a path such as "tools.", in the
// words of the parser itself.
func keysOf(path string) []string {
	text := "no_such_key: 1"
	for _, outer := range slices.Backward(strings.FieldsFunc(path, func(r rune) bool { return r == '.' })) {
		text = outer + ": {" + text + "}"
	}
	_, err := policy.Parse("p", []byte(text))
	if err == nil {
		return nil
	}
	list := regexp.MustCompile(`unknown key "no_such_key" in .*: want one of (.*)$`).FindStringSubmatch(err.Error())
	if list == nil {
		return nil // the value is no mapping with keys of its own
	}
	var all []string
	for _, key := range strings.Split(list[1], ", ") {
		if inner := keysOf(path + key + "."); inner != nil {
			all = append(all, inner...)
			continue
		}
		all = append(all, path+key)
	}
	return all
}

// TestEveryKeyHasAnEffect: a rule that parses and does nothing would be worse than
// none. A new key needs an entry in effects, a line in "policy show", and a place in
// the help text.
func TestEveryKeyHasAnEffect(t *testing.T) {
	t.Parallel()
	help, err := os.ReadFile("../../cmd/ucbridge/testdata/help/policy.txt")
	if err != nil {
		t.Fatal(err)
	}
	keys := keysOf("")
	for key := range effects {
		if !slices.Contains(keys, key) {
			t.Errorf("%s is no key of a policy", key)
		}
	}
	for _, key := range keys {
		t.Run(key, func(t *testing.T) {
			name := key[strings.LastIndexByte(key, '.')+1:]
			if !regexp.MustCompile(`\b` + name + `:`).Match(help) {
				t.Errorf("the help of policy does not name %s", name)
			}
			e, ok := effects[key]
			if !ok {
				t.Fatalf("no effect of %s is tested", key)
			}
			if !strings.Contains(e.with, name+":") || e.with == e.without {
				t.Errorf("the policy does not use it:\n%s", e.with)
			}
			if diff := cmp.Diff(shownLines(t, e.without), shownLines(t, e.with)); diff == "" {
				t.Error("policy show does not tell of it")
			}
			if got := trial(t, e.with, e.do); !strings.Contains(got, e.want) {
				t.Errorf("with it %q is missing in\n%s", e.want, got)
			}
			if got := trial(t, e.without, e.do); strings.Contains(got, e.want) {
				t.Errorf("without it there is %q, too:\n%s", e.want, got)
			}
		})
	}
}

// shownLines are the rules as policy show prints them, without their places.
func shownLines(t *testing.T, rules string) []string {
	t.Helper()
	file, err := policy.Parse("p", []byte(strings.ReplaceAll(rules, "DIR", t.TempDir())))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	said := 0 // sections that say something
	for _, r := range file.Rules {
		lines := r.Lines()
		if len(lines) > 0 {
			said++
		}
		for _, line := range lines {
			all = append(all, r.Connection.Glob+" "+line.Rule)
		}
	}
	kept := 0
	for _, f := range policy.New(policy.TargetOf("github", "", ""), file).Files {
		kept += len(f.Rules)
	}
	if kept != said {
		t.Errorf("%q has %d sections that policy show tells of, and %d that count", rules, said, kept)
	}
	if file.Audit != nil {
		for _, line := range file.Audit.Lines() {
			all = append(all, line.Rule)
		}
	}
	return all
}

// trial does something under a policy.
func trial(t *testing.T, rules string, do func(*gateTrial) string) (out string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	rules = strings.ReplaceAll(rules, "DIR", dir)
	synctest.Test(t, func(t *testing.T) {
		g := &gateTrial{openPinned(t, rules, filepath.Join(dir, "pins"), new(bytes.Buffer)), dir}
		out = do(g)
	})
	return out
}
