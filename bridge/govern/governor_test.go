package govern

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ucbridge/bridge/policy"
)

// TestPolicyChanges: a session that runs loses a tool within two seconds after it is
// denied, and is told; a file that cannot be read lets nothing pass; one that is gone, and
// with it all rules, lets pass what it forbade.
func TestPolicyChanges(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, log := filepath.Join(dir, "policy.yaml"), filepath.Join(dir, "audit.jsonl")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file+".new", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(file+".new", file); err != nil {
			t.Fatal(err)
		}
	}
	const before = "tools: {deny: [unhinted]}"
	write(before)
	synctest.Test(t, func(t *testing.T) {
		sources, target := policy.Sources{Managed: policy.ManagedAt("", ""), User: file}, policy.TargetOf("github", "", "")
		th := openWith(t, before, Options{
			Name: "github", Log: slog.New(slog.DiscardHandler), Route: func() string { return "proxy" }, Watch: sources.Watch(target),
		})
		id := 0
		passes := func(tool string) bool {
			t.Helper()
			id++
			th.say(call(id, tool))
			return len(th.sent()) == 1
		}
		if !passes("delete_repo") || passes("unhinted") {
			t.Error("the first policy does not hold")
		}
		th.heard = nil
		write("tools: {deny: [delete_*]}\naudit: {file: " + log + "}\nlimits: {calls_per_minute: 2}")
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if passes("delete_repo") || !passes("unhinted") {
			t.Error("the second policy does not hold")
		}
		if all := strings.Join(th.heard, "\n"); strings.Count(all, "notifications/tools/list_changed") != 1 {
			t.Errorf("heard %s", all)
		}
		if !passes("read_file") || passes("read_file") {
			t.Error("its limits do not")
		}
		write("tools: {dney: [x]}")
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if passes("read_file") || passes("unhinted") {
			t.Error("a broken policy lets something pass")
		}
		th.mu.Lock()
		th.heard = nil
		th.mu.Unlock()
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if !passes("delete_repo") {
			t.Error("a policy that is gone forbids")
		}
		for _, list := range []string{"tools", "prompts", "resources"} { // none of which could be read
			if all := strings.Join(th.heard, "\n"); strings.Count(all, "notifications/"+list+"/list_changed") != 1 {
				t.Errorf("%s: heard %s", list, all)
			}
		}
	})
	if len(rowsOf(t, log)) == 0 {
		t.Error("the log of the second policy is not kept")
	}
}

// TestPolicyAppears: a session that began without a policy obeys one that appears, and
// what was asked before is answered; one that goes again lets everything pass.
func TestPolicyAppears(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "policy.yaml")
	synctest.Test(t, func(t *testing.T) {
		sources, target := policy.Sources{Managed: policy.ManagedAt("", ""), User: file}, policy.TargetOf("github", "", "")
		var g *Governor
		th := &gateHarness{t: t, pages: twoPages, spoken: make(chan struct{}, 1000)}
		g = New(Options{Name: "github", Policy: new(policy.Policy), Watch: sources.Watch(target), Log: slog.New(slog.DiscardHandler), Route: func() string { return "proxy" }})
		defer g.Close()
		th.gate = g.Gate(t.Context(), &Tools{}, th.passed, th.hear)
		th.gate.Serve(th)
		th.say(call(1, "delete_repo"), call(2, "delete_repo"))
		if n := len(th.sent()); n != 2 {
			t.Fatalf("%d calls pass without a policy", n)
		}
		th.gate.Emit([]byte(`{"jsonrpc":"2.0","id":1,"result":{"n":1}}`))
		if err := os.WriteFile(file, []byte("tools: {deny: [delete_*]}"), 0o600); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		th.gate.Emit([]byte(`{"jsonrpc":"2.0","id":2,"result":{"n":2}}`))
		th.say(call(3, "delete_repo"))
		if sent := th.sent(); len(sent) > 0 {
			t.Errorf("under the policy passes %s", sent)
		}
		synctest.Wait()
		th.mu.Lock()
		all := strings.Join(th.heard, "\n")
		th.mu.Unlock()
		for _, want := range []string{`"n":1`, `"n":2`, "notifications/tools/list_changed", "notifications/prompts/list_changed", "notifications/resources/list_changed", `deny \"delete_*\"`} {
			if !strings.Contains(all, want) {
				t.Errorf("%s is missing in\n%s", want, all)
			}
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		th.say(call(4, "delete_repo"))
		if n := len(th.sent()); n != 1 {
			t.Errorf("%d calls pass when the policy is gone", n)
		}
		if read, broken := g.Reloads(); read != 2 || broken != 0 {
			t.Errorf("read again %d times, and %d times in vain", read, broken)
		}
	})
}
