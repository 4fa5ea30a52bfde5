package govern

import (
	"fmt"
	"strings"
	"testing"

	"ucbridge/bridge/policy"
)

// TestRulingsAreKept for as long as the policy and what the server says of a tool are the
// same, and not where they depend on arguments; how many is bounded.
func TestRulingsAreKept(t *testing.T) {
	t.Parallel()
	th := open(t, "tools: {deny: ['delete_*']}\nlimits: {calls_per_minute: 1000000}")
	r := th.gate.filter.g.rules()
	tool := policy.Tool{Name: "read_file", ReadOnly: true}
	first := r.judge(r.policy, tool)
	if len(first.limits) != 1 || first.ruling.Denied || r.judge(r.policy, tool) != first {
		t.Errorf("%+v", first)
	}
	for i := range 3 * maxRulings {
		r.judge(r.policy, policy.Tool{Name: fmt.Sprint("tool", i)})
	}
	long := policy.Tool{Name: "delete_" + strings.Repeat("x", maxRuledName)}
	if !r.judge(r.policy, long).ruling.Denied || r.rulings.kept[long] != nil || len(r.rulings.kept) > maxRulings {
		t.Errorf("%d rulings", len(r.rulings.kept))
	}
	swapped, err := policy.Parse("p.yaml", []byte("tools: {deny: ['read_*']}"))
	if err != nil {
		t.Fatal(err)
	}
	th.gate.filter.g.swap(policy.New(policy.TargetOf("github", "", ""), swapped))
	if now := th.gate.filter.g.rules(); !now.judge(now.policy, tool).ruling.Denied {
		t.Error("another policy is in force, and a ruling of the last one holds")
	}
}

// TestRulingsOfCalls: where the server says something else of a tool, or a call has other
// arguments, it is ruled on anew.
func TestRulingsOfCalls(t *testing.T) {
	t.Parallel()
	passes := func(th *gateHarness, line string) bool {
		t.Helper()
		th.say(line)
		return len(th.sent()) == 1
	}
	th := open(t, "read_only: true")
	th.pages = []string{`{"tools":[{"name":"a","annotations":{"readOnlyHint":true}}]}`}
	for range 2 {
		if !passes(th, call(1, "a")) {
			t.Error("a tool that reads does not pass")
		}
		th.gate.filter.open = pending{}
	}
	th.pages = []string{`{"tools":[{"name":"a"}]}`}
	th.gate.Emit([]byte(`{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}`))
	if passes(th, call(1, "a")) {
		t.Error("a tool passes that reads no more")
	}

	th = open(t, "rules: [{when: {path: {is: secret}}, tools: {deny: ['*']}}]")
	for i, path := range []string{"x", "secret", "x", "secret"} {
		line := strings.Replace(call(i, "read_file"), `"x"`, `"`+path+`"`, 1)
		if passes(th, line) != (path == "x") {
			t.Errorf("%d: %s", i, line)
		}
	}
}

// TestRulingBeforeMasking: rules judge arguments as the client sent them, and the server
// gets what is masked.
func TestRulingBeforeMasking(t *testing.T) {
	t.Parallel()
	secret := secretOf["GitHub token"]
	for when, passes := range map[string]bool{
		secret:                          false,
		"'*masked by ucbridge*'":        true,
		"{not: '" + secret[:8] + "*'}":  true,
		"{not: '*masked by ucbridge*'}": false,
		"[other, " + secret + "]":       false,
	} {
		th := open(t, "secrets: {arguments: mask}\nrules: [{when: {path: "+when+"}, tools: {deny: ['*']}}]")
		line := strings.Replace(call(1, "read_file"), `"x"`, `"`+secret+`"`, 1)
		th.say(line)
		if sent := th.sent(); (len(sent) == 1) != passes || passes && !strings.Contains(sent[0], "masked by ucbridge") {
			t.Errorf("when path is %s: sent %q", when, sent)
		}
	}
}
