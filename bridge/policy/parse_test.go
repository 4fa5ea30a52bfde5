package policy

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// everyKey is a policy with every key there is, and what policy show makes of it.
const everyKey = `
read_only: true
tools:
  allow: ["get_*"]
  deny: ["*_secret"]
  reads: [search]
  writes: [get_and_set]
  confirm: [merge_*]
prompts: {allow: []}
resources: {deny: ["file:*"]}
methods: ["vendor/*"]
confirm: true
limits: {calls_per_minute: 60, tools: {"create_*": 5}, max_call: 64KiB}
pins: enforce
secrets: {arguments: block, results: mask}
max_result: 8000 tokens
rules:
  - users: ["*@b.test"]
    groups: [guests]
    not_users: [ada@a.test]
    not_groups: [admins]
    tools: {deny: [x]}
    rules:
      - when: {repo: "octo/*", size: {gt: 10, lte: 2e3}, draft: true, force: {present: false}, /filter/owner: {not: [octo, 7]}}
        read_only: true
connections:
  github: {pins: warn}
audit:
  file: LOG
  required: true
  values: true
  max_size: 1MiB
  keep: 3
meta: {warehouse_id: "17", num_results: 5}
`

func TestParsePolicy(t *testing.T) {
	t.Parallel()
	log := "/var/log/ucbridge.jsonl"
	if runtime.GOOS == "windows" {
		log = "C:" + log
	}
	file, err := Parse("p", []byte(strings.Replace(everyKey, "LOG", log, 1)))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range file.Rules {
		for _, line := range r.Lines() {
			got = append(got, r.Connection.Glob+" | "+line.Rule+" | "+line.At.String())
		}
	}
	for _, line := range file.Audit.Lines() {
		got = append(got, line.Rule+" | "+line.At.String())
	}
	want := []string{
		`* | read_only | p:2`, `* | tools deny "*_secret" | p:5`, `* | tools allow "get_*" | p:4`, `* | prompts allow nothing | p:9`,
		`* | resources deny "file:*" | p:10`, `* | tools reads "search" | p:6`, `* | tools writes "get_and_set" | p:7`, `* | confirm destructive calls | p:12`,
		`* | tools confirm "merge_*" | p:8`, `* | methods "vendor/*" | p:11`, `* | limits 60 calls a minute to "*" | p:13`, `* | limits 5 calls a minute to "create_*" | p:13`,
		`* | limits max_call 65536 bytes | p:13`, `* | pins enforce | p:14`, `* | secrets arguments block | p:15`, `* | secrets results mask | p:15`,
		`* | meta warehouse_id = "17" | p:34`, `* | meta num_results = 5 | p:34`, `* | max_result 32000 bytes | p:16`, `* | tools deny "x", for users "*@b.test", groups "guests", not_users "ada@a.test", not_groups "admins" | p:22`,
		`* | read_only, for users "*@b.test", groups "guests", not_users "ada@a.test", not_groups "admins", when repo is "octo/*", when size gt 10 and lte 2e3, when draft is true, when force is not given, when /filter/owner is not "octo" or 7 | p:25`,
		`github | pins warn | p:27`,
		`audit "` + log + `" | p:28`, `audit required | p:30`, `audit values | p:31`, `audit max_size 1048576 bytes | p:32`, `audit keep 3 files | p:33`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if file.Audit.MaxSize.Bytes != 1<<20 || file.Audit.Keep != 3 {
		t.Errorf("audit %+v", file.Audit)
	}
	if p := (&Policy{Files: []*File{file}}).Pinning(); p.Mode != PinEnforce {
		t.Errorf("of enforce and warn the stricter is %v", p.Mode)
	}
}

func TestParseFaults(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"[a]":                                      "p:1:1: a policy must be a mapping",
		"tools:\n\tdeny: [a]":                      "p:2:1: a tab: indent with spaces",
		"read_only: 1":                             "p:1:12: read_only: want true or false",
		"tools: [a]":                               "p:1:8: tools must be a mapping",
		"tools: {deny: a}":                         `p:1:15: deny: want a list of globs, such as [get_*, "*_secret"]`,
		"tools: {deny: [1]}":                       "p:1:16: deny: want a text, in quotes where it is no plain word",
		"tools: {deny: ['']}":                      "p:1:16: deny: want a text, in quotes where it is no plain word",
		"limits: {calls_per_minute: 0}":            "p:1:28: calls_per_minute: want a whole number above 0",
		"limits: {calls_per_minute: -1}":           "p:1:28: calls_per_minute: want a whole number above 0",
		"limits: {max_call: big}":                  `p:1:20: "big" is not a size above 0, such as 64KiB or 8000 bytes`,
		"max_result: 1 word":                       `p:1:13: "1 word" is not a size above 0, such as 64KiB or 8000 bytes`,
		"pins: on":                                 "p:1:7: pins: want one of off, warn, enforce",
		"secrets: {results: block}":                "p:1:20: results: want one of off, mask",
		"audit: {file: a.jsonl}":                   "p:1:15: file: want an absolute path",
		"tools: &x {deny: [a]}":                    "p:1:8: tools must be a mapping",
		"users: []":                                "p:1:8: users: want at least one",
		"rules: {read_only: true}":                 "p:1:8: rules: want a list of sections",
		"rules: [{audit: {}}]":                     `p:1:10: unknown key "audit" in rules: want one of confirm, groups, limits, max_result, meta, methods, not_groups, not_users, pins, prompts, read_only, resources, rules, secrets, tools, users, when`,
		"when: {a: {}}":                            `p:1:11: nothing is said of "a"`,
		"when: {a: []}":                            "p:1:11: a: want at least one value",
		"when: {a: {over: 1}}":                     `p:1:12: unknown key "over" in when "a": want one of gt, gte, is, lt, lte, not, present`,
		"when: {a: {gt: x}}":                       "p:1:16: gt: want a number",
		"when: {a: .inf}":                          "p:1:11: a: want a text, a number of at most 64 characters, true or false",
		"when: {a: {lt: 1e9999}}":                  "p:1:16: lt: want a number",
		"when: {a: 1}\npins: warn":                 "p:2:1: pins cannot depend on arguments: put it into a section without when",
		"when: {a: 1}\nrules: [{methods: [x]}]":    "p:2:20: methods cannot depend on arguments: put it into a section without when",
		"\xff\xfet\x00":                            "p: the file is in UTF-16: save it as UTF-8",
		"tools:\n  deny: [l\u00f6s, l\xf6schen_*]": "p:2:16: not a character of UTF-8: save the file as UTF-8",
		"1: b": "p:1:1: a key in a policy is not a name",
	} {
		_, err := Parse("p", []byte(text))
		if err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

func TestParseByteOrderMark(t *testing.T) {
	t.Parallel()
	file, err := Parse("p", []byte("\ufefftools: {deny: [a]}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := file.Rules[0].Tools.Deny; len(got) != 1 || got[0].Glob != "a" {
		t.Errorf("deny is %+v", got)
	}
}

// FuzzPolicy holds that a policy is read or refused with a place, and that what is
// read can be shown.
func FuzzPolicy(f *testing.F) {
	f.Add(everyKey)
	f.Add("read_only: true\n---\n")
	f.Add("tools: {deny: [*a, <<: b]}")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := Parse("p", []byte(text))
		var fault *FileError
		if err != nil && !errors.As(err, &fault) {
			t.Errorf("%q: %v", text, err)
		}
		if err != nil {
			return
		}
		for _, r := range file.Rules {
			r.Lines()
		}
	})
}

func TestGlobs(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		glob, name string
		want       bool
	}{
		{"a", "a", true}, {"a", "ab", false}, {"*", "", true}, {"*", "a/b", true}, {"a*c", "abbc", true}, {"a*c", "abbcd", false},
		{"*a*b*", "xxaxxbxx", true}, {"?", "é", true}, {"??", "é", false}, {"a?", "a", false}, {"get_*", "get_", true}, {"", "", true}, {"", "a", false},
		{"[a]", "a", false}, {"a\\*", "a*", false}, {"*é", "aé", true}, {"**", "x", true},
	} {
		if got := (Pattern{Glob: tt.glob}).Matches(tt.name); got != tt.want {
			t.Errorf("%q matches %q: %v", tt.glob, tt.name, got)
		}
	}
}
