package policy

import (
	"errors"
	"strings"
	"testing"
)

func parsed(t *testing.T, text string) *Policy {
	t.Helper()
	file, err := Parse("p", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return New(TargetOf("github", "", ""), file)
}

func TestPeople(t *testing.T) {
	t.Parallel()
	ada := Person{"ada@a.test", []string{"users", "admins"}}
	for text, denied := range map[string]bool{
		"users: [ada@a.test]":                                true,
		"users: [ADA@a.test]":                                true, // however it is spelled
		"users: [bob@a.test]":                                false,
		"users: ['*@a.test']":                                true,
		"groups: [admins]":                                   true,
		"groups: [guests]":                                   false,
		"users: [bob@a.test]\ngroups: [users]":               true, // either
		"not_users: [ada@a.test]":                            false,
		"not_users: [Ada@a.test]":                            true, // who is spared is named exactly
		"not_groups: [admins]":                               false,
		"not_groups: [adm?ns, x]":                            false,
		"not_groups: [guests]":                               true,
		"groups: [users]\nnot_groups: [admins]":              false,
		"users: [bob@a.test]\nrules: [{tools: {deny: [b]}}]": false,
		"groups: [users]\nrules: [{groups: [guests], read_only: true}]": true,
	} {
		if got := parsed(t, text+"\ntools: {deny: [a]}").For(ada).Tool(Tool{Name: "a"}).Denied; got != denied {
			t.Errorf("%q: denied %v", text, got)
		}
	}
}

// TestUnknownPerson: where it cannot be told who calls, nothing passes under a policy that
// is about people, not even what no rule forbids anybody.
func TestUnknownPerson(t *testing.T) {
	t.Parallel()
	why := errors.New("the workspace is away")
	p := parsed(t, "rules: [{users: [x], read_only: true}]").ForUnknown(why)
	for _, ruling := range []Ruling{p.Tool(Tool{Name: "a", ReadOnly: true}), p.Prompt("a"), p.Resource("a:b"), p.Template("a:{b}")} {
		if !ruling.Denied || !strings.Contains(ruling.Rule, "(p:1)") || !strings.Contains(ruling.Rule, "the workspace is away") {
			t.Errorf("%+v", ruling)
		}
	}
	if p := parsed(t, "read_only: true").ForUnknown(why); p.Tool(Tool{Name: "a", ReadOnly: true}).Denied {
		t.Error("who calls matters although the policy is about nobody")
	}
}

func TestWhen(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		when, arguments string
		denied          bool
	}{
		{`{repo: "octo/*"}`, `{"repo":"octo/x"}`, true},
		{`{repo: "octo/*"}`, `{"repo":"OCTO/x"}`, true},
		{`{repo: "octo/*"}`, `{"repo":" octo/x"}`, true},
		{`{repo: "octo/*"}`, `{"repo":"oct\u006f/x"}`, true},
		{`{repo: "octo/*"}`, `{"repo":"acme/x"}`, false},
		{`{repo: "octo/*"}`, `{"repo":["acme/x","octo/x"]}`, true},
		{`{repo: "octo/*"}`, `{"repo":["acme/x"]}`, false},
		{`{repo: "octo/*"}`, `{"repo":{"name":"acme/x"}}`, true}, // of another kind
		{`{repo: "octo/*"}`, `{"repo":null}`, false},
		{`{repo: "octo/*"}`, `{}`, false},
		{`{repo: "octo/*"}`, ``, false},
		{`{repo: [a, b]}`, `{"repo":"b"}`, true},
		{`{repo: {not: "octo/*"}}`, `{"repo":"octo/x"}`, false},
		{`{repo: {not: "octo/*"}}`, `{"repo":"Octo/x"}`, true},
		{`{repo: {not: "octo/*"}}`, `{"repo":"octo/../acme/x"}`, true},
		{`{repo: {not: "octo/*"}}`, `{"repo":"octo/%2e%2e/acme"}`, true},
		{`{repo: {not: "octo/*"}}`, `{"repo":["octo/x","acme/x"]}`, true},
		{`{repo: {not: "octo/*"}}`, `{"repo":["octo/x"]}`, false},
		{`{repo: {not: "octo/*"}}`, `{"repo":[]}`, true},
		{`{repo: {not: "octo/*"}}`, `{"repo":7}`, true},
		{`{repo: {not: "octo/*"}}`, `{}`, true},
		{`{n: 5}`, `{"n":5}`, true},
		{`{n: 5}`, `{"n":5.0}`, true},
		{`{n: 5}`, `{"n":50e-1}`, true},
		{`{n: 5}`, `{"n":"5"}`, true},
		{`{n: 5}`, `{"n":6}`, false},
		{`{n: [all, 5]}`, `{"n":"5"}`, true},
		{`{n: [all, 5]}`, `{"n":"6"}`, false},
		{`{n: 9007199254740993}`, `{"n":9007199254740992}`, true}, // a double is both
		{`{n: 9007199254740993}`, `{"n":9007199254740990}`, false},
		{`{n: {not: 9007199254740993}}`, `{"n":9007199254740993}`, false},
		{`{n: {not: 9007199254740993}}`, `{"n":9007199254740992}`, true},
		{`{n: {not: 0.1}}`, `{"n":0.1}`, false},
		{`{n: 100}`, `{"n":100.00000000000000001}`, true}, // a double is 100
		{`{n: 100}`, `{"n":"100.00000000000000001"}`, true},
		{`{n: 100}`, `{"n":99.7}`, true}, // a whole number is, where it is rounded
		{`{n: 100}`, `{"n":98.7}`, false},
		{`{n: -1}`, `{"n":-1.5}`, true},
		{`{n: [all, 100]}`, `{"n":"0x64"}`, true},
		{`{n: [all, 100]}`, `{"n":"１００"}`, true},
		{`{n: [all, 100]}`, `{"n":"none"}`, false},
		{`{n: {gte: 100}}`, `{"n":99.99999999999999999999}`, true},
		{`{n: {gte: 100}}`, `{"n":98.5}`, false},
		{`{n: {lt: 0}}`, `{"n":-0.0000000000000000000001}`, true},
		{`{n: {gt: 100}}`, `{"n":1e300}`, true},
		{`{n: {gt: 100}}`, `{"n":100}`, false},
		{`{n: {gte: 100}}`, `{"n":1e2}`, true},
		{`{n: {gt: 100}}`, `{"n":"1000"}`, true},
		{`{n: {gt: 100}}`, `{"n":1e999999999}`, true},
		{`{n: {gt: 100}}`, `{"n":"a lot"}`, true},
		{`{n: {gt: 100}}`, `{}`, false},
		{`{n: {gt: 100, lte: 200}}`, `{"n":201}`, false},
		{`{n: {lt: -1.5}}`, `{"n":-2}`, true},
		{`{force: true}`, `{"force":true}`, true},
		{`{force: true}`, `{"force":"True"}`, true},
		{`{force: true}`, `{"force":1}`, true},
		{`{force: true}`, `{"force":false}`, false},
		{`{force: {not: false}}`, `{"force":false}`, false},
		{`{force: {present: true}}`, `{"force":0}`, true},
		{`{force: {present: true}}`, `{}`, false},
		{`{force: {present: true}}`, `{"force":null}`, true},
		{`{force: {present: false}}`, `{"force":null}`, true},
		{`{force: {present: false}}`, `{"force":0}`, false},
		{`{/filter/owner: octo}`, `{"filter":{"owner":"octo"}}`, true},
		{`{/filter/owner: octo}`, `{"filter":{"owner":"acme"}}`, false},
		{`{/filter/owner: octo}`, `{"filter":{}}`, false},
		{`{/a~1b: x}`, `{"a/b":"x"}`, true},
		{`{repo: a, owner: b}`, `{"repo":"a","owner":"c"}`, false},
	} {
		p, err := parsed(t, "when: "+tt.when+"\ntools: {deny: [a]}").ForCall([]byte(tt.arguments))
		if err != nil {
			t.Errorf("%s %s: %v", tt.when, tt.arguments, err)
			continue
		}
		if got := p.Tool(Tool{Name: "a"}).Denied; got != tt.denied {
			t.Errorf("when: %s, %s: denied %v", tt.when, tt.arguments, got)
		}
	}
}

func TestAmbiguousArguments(t *testing.T) {
	t.Parallel()
	p := parsed(t, "when: {repo: octo, /filter/owner: x}\ntools: {deny: [a]}")
	for _, arguments := range []string{
		`{"repo":"acme","repo":"octo"}`, `{"repo":"acme","Repo":"octo"}`, `{"repo":"acme","rep\uff4f":"octo"}`, `["octo"]`, `"octo"`,
		`{"repo":"octo","filter":"{\"owner\":\"x\"}"}`, `{"repo":"octo","filter":{"owner":"y","OWNER":"x"}}`,
	} {
		if _, err := p.ForCall([]byte(arguments)); err == nil {
			t.Errorf("%s is read in one way", arguments)
		}
	}
	if p.ForLists().Tool(Tool{Name: "a"}).Denied {
		t.Error("a tool that may be called with other arguments is not listed")
	}
}
